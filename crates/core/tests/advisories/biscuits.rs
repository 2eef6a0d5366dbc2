//! Biscuits that somebody other than their signers has put together.

use std::fs;

use base64_simd::URL_SAFE_NO_PAD;
use biscuit_auth::builder::BlockBuilder;
use biscuit_auth::format::schema;
use biscuit_auth::{Algorithm, Biscuit, KeyPair, PrivateKey};
use gatewright::Authorizer;
use prost::Message as _;

use crate::question::{MEMBERS, authorizer, bearer};

/// The root of the published samples.
const SAMPLES: &str = "ed25519/1055c750b1a1505937af1537c626ba3263995c33a64758aaafb1275b0312e284";

fn site(root: &str) -> Authorizer {
    let biscuit = format!("[[biscuit]]\npublic_keys = [\"{root}\"]\nidentity = {{ subject = 'data(\"anybody\") <- true' }}\n");
    authorizer(&[&biscuit, MEMBERS])
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(format!("{}/../../vectors/third-party/biscuit/samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn key_pair(seed: u8) -> KeyPair {
    KeyPair::from(&PrivateKey::from_bytes(&[seed; 32], Algorithm::Ed25519).unwrap())
}

fn encode(token: &schema::Biscuit) -> String {
    URL_SAFE_NO_PAD.encode_to_string(token.encode_to_vec())
}

#[test]
fn cve_2022_31053_a_block_is_signed_by_the_key_of_the_block_before_it() {
    let root = key_pair(1);
    let site = site(&root.public().to_string());
    let mint = |code: &str| Biscuit::builder().code(code).unwrap().build(&root).unwrap();
    let narrow = |token: &Biscuit| token.append(BlockBuilder::new().code("check if true").unwrap()).unwrap();
    let (alice, bob) = (narrow(&mint("user(\"alice\")")), narrow(&mint("user(\"bob\")")));
    assert_eq!(bearer(&site, &alice.to_base64().unwrap()), "allowed");
    let read = |token: &Biscuit| schema::Biscuit::decode(token.to_vec().unwrap().as_slice()).unwrap();
    let (alice, bob) = (read(&alice), read(&bob));
    let mut swapped_authority = alice.clone();
    swapped_authority.authority = bob.authority.clone();
    let mut swapped_block = alice.clone();
    swapped_block.blocks.clone_from(&bob.blocks);
    let mut swapped_content = alice.clone();
    swapped_content.authority.block = bob.authority.block.clone();
    let mut without_block = alice.clone();
    without_block.blocks.clear();
    for forged in [swapped_authority, swapped_block, swapped_content, without_block] {
        assert_eq!(bearer(&site, &encode(&forged)), "signature_invalid");
    }
    assert_eq!(
        bearer(&self::site(SAMPLES), &URL_SAFE_NO_PAD.encode_to_string(sample("test005_invalid_signature.bc"))),
        "signature_invalid"
    );
}

#[test]
fn cve_2024_41949_a_third_partys_block_counts_under_its_own_key_alone() {
    let site = site(SAMPLES);
    for name in ["test024_third_party.bc", "test026_public_keys_interning.bc"] {
        let token = schema::Biscuit::decode(sample(name).as_slice()).unwrap();
        assert_eq!(bearer(&site, &encode(&token)), "allowed", "{name}");
        for block in 0..token.blocks.len() {
            let Some(signature) = &token.blocks[block].external_signature else { continue };
            let mut other_key = token.clone();
            let mut wrong = signature.clone();
            wrong.public_key.key = key_pair(9).public().to_bytes();
            other_key.blocks[block].external_signature = Some(wrong);
            let mut stripped = token.clone();
            stripped.blocks[block].external_signature = None;
            for (what, forged) in [("another key", other_key), ("no key", stripped)] {
                assert_eq!(bearer(&site, &encode(&forged)), "signature_invalid", "{name} block {block}: {what}");
            }
        }
    }
    // Signed by a third party, but not by the one the token trusts.
    let (root, trusted, other) = (key_pair(1), key_pair(2), key_pair(3));
    let code = format!("user(\"alice\"); check if group(\"admin\") trusting {}", trusted.public());
    let token = Biscuit::builder().code(code).unwrap().build(&root).unwrap();
    let signed_by = |pair: &KeyPair| {
        let block = BlockBuilder::new().code("group(\"admin\")").unwrap();
        let block = token.third_party_request().unwrap().create_block(&pair.private(), block).unwrap();
        token.append_third_party(pair.public(), block).unwrap().to_base64().unwrap()
    };
    let site = self::site(&root.public().to_string());
    assert_eq!((bearer(&site, &signed_by(&trusted)), bearer(&site, &signed_by(&other))), ("allowed", "caveat_failed"));
}
