use std::fmt::Write as _;

use biscuit_auth::builder::BlockBuilder;
use biscuit_auth::{Biscuit, KeyPair, PrivateKey};

use super::*;
use crate::time::UnixTime;
use crate::trace::{Explanation, Off};

fn root() -> KeyPair {
    key_pair(1)
}

fn key_pair(seed: u8) -> KeyPair {
    KeyPair::from(&PrivateKey::from_bytes(&[seed; 32], biscuit_auth::Algorithm::Ed25519).unwrap())
}

fn mint(code: &str) -> Biscuit {
    Biscuit::builder().code(code).unwrap().build(&root()).unwrap()
}

fn with_block(biscuit: &Biscuit, code: &str) -> Biscuit {
    biscuit.append(BlockBuilder::new().code(code).unwrap()).unwrap()
}

fn with_third_party_block(biscuit: &Biscuit, signer: &KeyPair, code: &str) -> Biscuit {
    let block = BlockBuilder::new().code(code).unwrap();
    let block = biscuit.third_party_request().unwrap().create_block(&signer.private(), block).unwrap();
    biscuit.append_third_party(signer.public(), block).unwrap()
}

fn table(keys: Vec<RootKey>, policy: &str) -> Biscuits {
    let query = |text| Some(IdentityQuery::parse(text).unwrap());
    let queries = IdentityQueries {
        subject: IdentityQuery::parse("data($u) <- user($u)").unwrap(),
        email: query("data($e) <- email($e)"),
        name: None,
        groups: query("data($g) <- group($g)"),
        scopes: None,
    };
    Biscuits::new(keys, queries, OperatorCode::parse(policy).unwrap(), vec![Source::Bearer], 64 * 1024)
}

fn root_key(id: Option<u32>, pair: &KeyPair) -> RootKey {
    RootKey::parse(&pair.public().to_string(), id).unwrap()
}

fn tables() -> Vec<Biscuits> {
    vec![table(vec![root_key(None, &root())], "")]
}

fn verify_biscuit(biscuit: &Biscuit) -> Result<VerifiedBiscuit, Refusal> {
    verify(biscuit.to_base64().unwrap().as_bytes(), &Source::Bearer, &tables(), &mut Off)
}

fn rejection(biscuit: &Biscuit) -> Rejection {
    verify_biscuit(biscuit).unwrap_err().rejection
}

const REQUEST: RequestFacts<'static> = RequestFacts {
    operation: "GET",
    resource: "/reports/7",
    host: "app.example.com",
    now: UnixTime::from_secs(1_767_225_600),
    client: None,
};

fn allowed(biscuit: &Biscuit) -> bool {
    verify_biscuit(biscuit).unwrap().check(&REQUEST, &mut Off).is_ok()
}

#[test]
fn no_byte_of_an_accepted_token_can_be_changed() {
    let alice = mint("user(\"alice\")");
    let appended = with_block(&alice, "check if operation(\"GET\")");
    for token in [&alice, &appended, &with_third_party_block(&appended, &key_pair(5), "ok(1)"), &appended.seal().unwrap()] {
        let bytes = token.to_vec().unwrap();
        for at in 0..bytes.len() {
            for mask in [0x01, 0x08, 0x20, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= mask;
                let text = base64url::encode(&changed);
                let verified = verify(text.as_bytes(), &Source::Bearer, &tables(), &mut Off);
                assert!(verified.is_err(), "byte {at} changed by {mask:#04x}");
            }
        }
    }
}

#[test]
fn the_identity_is_what_the_first_block_says() {
    let biscuit = mint(r#"user("alice"); group("staff"); group("admins"); email("a@example.com")"#);
    let identity = verify_biscuit(&biscuit).unwrap().identity;
    assert_eq!(identity.subject(), "alice");
    assert_eq!(identity.email(), Some("a@example.com"));
    let groups: Vec<&str> = identity.groups().collect();
    assert_eq!(groups, ["admins", "staff"], "sorted: facts have no order");
}

#[test]
fn rules_of_the_first_block_may_derive_the_identity() {
    let biscuit = mint(r#"member("alice", 7); user($u) <- member($u, $n); group("seven") <- member($u, 7)"#);
    assert_eq!(verify_biscuit(&biscuit).unwrap().identity.subject(), "alice");
}

#[test]
fn a_number_can_be_the_subject() {
    assert_eq!(verify_biscuit(&mint("user(1234)")).unwrap().identity.subject(), "1234");
}

#[test]
fn facts_of_later_blocks_say_nothing_about_the_identity() {
    let alice = mint(r#"user("alice")"#);
    for more in [r#"user("root"); group("admins")"#, r#"user($u) <- operation($u)"#, r#"user("root") <- true trusting previous"#]
    {
        for biscuit in [with_block(&alice, more), with_third_party_block(&alice, &key_pair(2), more)] {
            let identity = verify_biscuit(&biscuit).unwrap().identity;
            assert_eq!((identity.subject(), identity.groups().count()), ("alice", 0), "{more}");
        }
    }
    let nobody = with_block(&mint(r#"right("file1")"#), r#"user("root")"#);
    assert_eq!(rejection(&nobody), Rejection::ClaimMissing);
}

#[test]
fn rules_of_the_first_block_that_trust_third_parties_see_none_of_their_facts() {
    let signer = key_pair(2);
    let authority = format!(r#"user("alice"); group($g) <- group($g) trusting authority, {}"#, signer.public());
    let biscuit = with_third_party_block(&mint(&authority), &signer, r#"group("admins")"#);
    assert_eq!(verify_biscuit(&biscuit).unwrap().identity.groups().count(), 0);
}

#[test]
fn an_identity_that_is_not_one_is_refused() {
    assert_eq!(rejection(&mint(r#"user("alice"); user("bob")"#)), Rejection::ClaimInvalid);
    assert_eq!(rejection(&mint("user(true)")), Rejection::ClaimInvalid);
    assert_eq!(rejection(&mint(r#"user("")"#)), Rejection::ClaimInvalid);
    assert_eq!(rejection(&mint("user(\"a\u{0}b\")")), Rejection::ClaimInvalid);
    assert_eq!(rejection(&mint(r#"user("alice"); email("a"); email("b")"#)), Rejection::ClaimInvalid);
}

#[test]
fn checks_see_method_path_host_time_and_address() {
    let alice = mint(r#"user("alice")"#);
    for (check, holds) in [
        (r#"check if operation("GET")"#, true),
        (r#"check if operation("POST")"#, false),
        (r#"check if resource($r), $r.starts_with("/reports/")"#, true),
        (r#"check if resource($r), $r.starts_with("/admin/")"#, false),
        (r#"check if host("app.example.com")"#, true),
        (r#"check if host("other.example.com")"#, false),
        ("check if time($t), $t <= 2026-01-01T00:00:00Z", true),
        ("check if time($t), $t < 2026-01-01T00:00:00Z", false),
        ("check if client_ip($ip)", false),
    ] {
        assert_eq!(allowed(&with_block(&alice, check)), holds, "{check}");
        assert_eq!(allowed(&with_third_party_block(&alice, &key_pair(2), check)), holds, "third party, {check}");
        assert_eq!(allowed(&mint(&format!(r#"user("alice"); {check}"#))), holds, "first block, {check}");
    }
    let from = with_block(&alice, r#"check if client_ip("192.0.2.7")"#);
    let request = RequestFacts { client: Some("192.0.2.7".parse().unwrap()), ..REQUEST };
    assert!(verify_biscuit(&from).unwrap().check(&request, &mut Off).is_ok());
}

#[test]
fn facts_that_a_holder_adds_do_not_satisfy_checks_of_others() {
    let only_get = mint(r#"user("alice"); check if operation("GET"); check if resource("/x")"#);
    for more in [r#"resource("/x")"#, r#"resource("/x") <- operation($any)"#] {
        assert!(!allowed(&with_block(&only_get, more)), "{more}");
    }
}

#[test]
fn a_refusal_names_the_block_and_the_check() {
    let biscuit = with_block(&mint(r#"user("alice")"#), r#"check if operation("GET"); check if resource("/other")"#);
    let mut explanation = Explanation::default();
    let refusal = verify_biscuit(&biscuit).unwrap().check(&REQUEST, &mut explanation).unwrap_err();
    assert_eq!(refusal.rejection, Rejection::CaveatFailed);
    assert_eq!(refusal.detail, "check 1 of block 1, `check if resource(\"/other\")`, does not hold");
    assert!(explanation.to_string().contains("check 1 of block 1"), "{explanation}");
}

#[test]
fn a_check_that_has_no_value_refuses() {
    for check in ["check if 1 / 0 === 1", "check if 9223372036854775807 + 1 !== 0", r#"check if operation($o), $o > 1"#] {
        let refusal =
            verify_biscuit(&mint(&format!(r#"user("alice"); {check}"#))).unwrap().check(&REQUEST, &mut Off).unwrap_err();
        assert_eq!(refusal.rejection, Rejection::CaveatFailed, "{check}");
        assert!(refusal.detail.starts_with("check 0 of block 0"), "{}", refusal.detail);
    }
}

/// One of the facts has no value in the expression: whichever comes first, the answer is the same.
#[test]
fn the_order_of_facts_decides_nothing() {
    for _ in 0..50 {
        let biscuit = mint(r#"user("alice"); p(1); p(true); p("a"); p(2); check if p($x), $x > 0"#);
        assert!(!allowed(&biscuit));
        let biscuit = mint(r#"user("alice"); p(1); p(true); p("a"); p(2); check all p($x), $x > 0"#);
        assert!(!allowed(&biscuit));
    }
}

#[test]
fn the_operators_policy_decides_with_the_tokens_own_facts() {
    let policy = r#"allow if level($l), $l >= 3, operation("GET"); deny if true"#;
    let tables = [table(vec![root_key(None, &root())], policy)];
    let check = |code: &str, more: Option<&str>| {
        let biscuit = mint(code);
        let biscuit = more.map_or(biscuit.clone(), |more| with_block(&biscuit, more));
        let verified = verify(biscuit.to_base64().unwrap().as_bytes(), &Source::Bearer, &tables, &mut Off).unwrap();
        verified.check(&REQUEST, &mut Off).map_err(|refusal| refusal.detail.into_owned())
    };
    assert_eq!(check(r#"user("alice"); level(3)"#, None), Ok(()));
    let denied = Err("rule 1 of `policy` denies".to_owned());
    assert_eq!(check(r#"user("alice"); level(2)"#, None), denied);
    assert_eq!(check(r#"user("alice"); level(2)"#, Some("level(3)")), denied, "a later block's fact");
}

#[test]
fn the_root_key_is_selected_by_its_id() {
    let (one, two) = (key_pair(1), key_pair(2));
    let minted = |pair: &KeyPair, id: Option<u32>| {
        let builder = Biscuit::builder().code(r#"user("alice")"#).unwrap();
        let builder = id.map_or(builder.clone(), |id| builder.root_key_id(id));
        builder.build(pair).unwrap().to_base64().unwrap()
    };
    let code = |keys: &[RootKey], token: &str| {
        verify(token.as_bytes(), &Source::Bearer, &[table(keys.to_vec(), "")], &mut Off)
            .map_or_else(|it| it.rejection.code(), |_| "ok")
    };
    let ring = [root_key(Some(1), &one), root_key(Some(2), &two)];
    assert_eq!(code(&ring, &minted(&one, Some(1))), "ok");
    assert_eq!(code(&ring, &minted(&two, Some(2))), "ok");
    assert_eq!(code(&ring, &minted(&two, Some(1))), "signature_invalid", "the id is the other key's");
    assert_eq!(code(&ring, &minted(&one, Some(3))), "key_unknown");
    assert_eq!(code(&ring, &minted(&one, None)), "key_unknown", "two keys, and the token names none");
    let single = [root_key(None, &one)];
    assert_eq!(code(&single, &minted(&one, Some(9))), "ok", "the key has no id");
    assert_eq!(code(&single, &minted(&one, None)), "ok");
    assert_eq!(code(&single, &minted(&two, None)), "signature_invalid");
}

#[test]
fn what_is_no_biscuit_is_malformed() {
    let token = mint(r#"user("alice")"#).to_base64().unwrap();
    let code = |token: &str| {
        verify(token.as_bytes(), &Source::Bearer, &tables(), &mut Off).map_or_else(|refusal| refusal.rejection.code(), |_| "ok")
    };
    let unpadded = token.trim_end_matches('=');
    assert_eq!((code(&token), code(unpadded)), ("ok", "ok"), "padding may be there or not");
    for wrong in
        ["", "=", "====", "AAAA", "a.b.c", &format!("{unpadded}=="), &format!("{unpadded}%3D"), &token[..token.len() / 2]]
    {
        if wrong != token {
            assert_eq!(code(wrong), "token_malformed", "{wrong}");
        }
    }
    assert_eq!(code(&"A".repeat(70_000)), "token_too_large");
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let biscuit = with_block(&mint(r#"user("alice")"#), r#"check if operation("GET")"#);
    let bytes = biscuit.to_vec().unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let token = base64url::encode(&flipped);
        assert!(verify(token.as_bytes(), &Source::Bearer, &tables(), &mut Off).is_err(), "byte {at}");
    }
}

#[test]
fn a_sealed_token_is_accepted_and_cannot_be_narrowed() {
    let sealed = with_block(&mint(r#"user("alice")"#), r#"check if operation("GET")"#).seal().unwrap();
    assert!(allowed(&sealed));
    assert!(sealed.append(BlockBuilder::new()).is_err());
}

/// CVE-2024-41949: the signature of a third party's block is over the key of the token it was made for.
#[test]
fn cve_2024_41949_a_third_partys_block_counts_for_its_token_alone() {
    let signer = key_pair(2);
    let (alice, bob) = (mint(r#"user("alice")"#), mint(r#"user("bob")"#));
    let block = BlockBuilder::new().code(r#"group("admins")"#).unwrap();
    let block = alice.third_party_request().unwrap().create_block(&signer.private(), block).unwrap();
    assert!(bob.append_third_party(signer.public(), block.clone()).is_err());
    assert!(alice.append_third_party(key_pair(3).public(), block).is_err(), "another key than the signer's");
}

/// `vectors/decisions/biscuit_costly.json` has more of them.
#[test]
fn work_without_end_is_refused_before_anything_is_evaluated() {
    let facts = (0..30).map(|fact| format!("p({fact});")).collect::<String>();
    let costly = with_block(&mint(r#"user("alice")"#), &format!("{facts} check if p($a), p($b), p($c), p($d), p($e), $a < 0"));
    let mut explanation = Explanation::default();
    let token = costly.to_base64().unwrap();
    let refusal = verify(token.as_bytes(), &Source::Bearer, &tables(), &mut explanation).unwrap_err();
    assert_eq!(refusal.rejection, Rejection::TokenTooComplex);
    assert!(refusal.detail.contains("check 0 of block 1"), "{}", refusal.detail);
    assert!(!explanation.to_string().contains("identity"), "{explanation}");
}

/// Whoever has no token can make us look at no more of it than its signature.
#[test]
fn nothing_of_a_token_is_looked_at_before_its_signature_holds() {
    let pattern = format!("(?i){}", "[\\w--\\w]".repeat(20));
    let matching = format!("check if operation($o), {}", vec![format!("$o.matches({pattern:?})"); 50].join(" && "));
    let forged = Biscuit::builder().code(matching).unwrap().build(&key_pair(9)).unwrap();
    let mut explanation = Explanation::default();
    let token = forged.to_base64().unwrap();
    let refusal = verify(token.as_bytes(), &Source::Bearer, &tables(), &mut explanation).unwrap_err();
    assert_eq!(refusal.rejection, Rejection::SignatureInvalid);
    assert!(!explanation.to_string().contains("complexity"), "{explanation}");
}

/// A token may be quick for short paths, and too much for long ones.
#[test]
fn what_grows_with_the_path_is_bounded_by_the_path_that_is_there() {
    let pattern = "^/[a-z/]*x[a-z]{200}$";
    let checks: String = (0..4).map(|_| format!("check if resource($r), $r.matches({pattern:?}) or true;")).collect();
    let verified = verify_biscuit(&with_block(&mint(r#"user("alice")"#), &checks)).unwrap();
    let at = |resource: &str| verified.check(&RequestFacts { resource, ..REQUEST }, &mut Off).map_err(|it| it.rejection);
    assert_eq!(at("/reports/7"), Ok(()));
    assert_eq!(at(&"/a".repeat(4_000)), Err(Rejection::TokenTooComplex));
}

/// `biscuit-auth` 6.0.0 lets `reject if … or …` hold if one of its queries does not match; the specification does not.
#[test]
fn reject_if_fails_when_any_of_its_queries_matches() {
    let alice = mint(r#"user("alice")"#);
    for (check, holds) in [
        (r#"reject if operation("GET") or operation("POST")"#, false),
        (r#"reject if operation("POST") or operation("GET")"#, false),
        (r#"reject if operation("PUT") or operation("POST")"#, true),
        (r#"reject if operation("GET")"#, false),
    ] {
        assert_eq!(allowed(&with_block(&alice, check)), holds, "{check}");
    }
}

/// Anybody can make the twin of an ECDSA signature: a token that was revoked must not come back in its other form.
#[test]
fn a_token_under_a_p256_key_is_revoked_in_both_its_forms() {
    let private = PrivateKey::from_bytes(&[7; 32], biscuit_auth::Algorithm::Secp256r1).unwrap();
    let pair = KeyPair::from(&private);
    let token = Biscuit::builder().code(r#"user("alice")"#).unwrap().build(&pair).unwrap();
    let original = schema::Biscuit::decode(token.to_vec().unwrap().as_slice()).unwrap();
    let (r, s) = p256::ecdsa::Signature::from_der(&original.authority.signature).unwrap().split_scalars();
    let mut twin = original.clone();
    twin.authority.signature = p256::ecdsa::Signature::from_scalars(r, -s).unwrap().to_der().as_bytes().to_vec();
    let tables = [table(vec![root_key(None, &pair)], "")];
    let ids = |token: &schema::Biscuit| {
        let text = base64url::encode(&token.encode_to_vec());
        let mut ids = verify(text.as_bytes(), &Source::Bearer, &tables, &mut Off).unwrap().revocation_ids;
        ids.sort();
        ids
    };
    assert_ne!(original.authority.signature, twin.authority.signature);
    assert_eq!(ids(&original), ids(&twin), "the twin verifies, and has the same ids");
    assert_eq!(ids(&original).len(), 2);
}

#[test]
fn text_of_a_token_in_a_refusal_is_escaped_and_cut() {
    let hostile = format!("check if 1.extern::x{}()", "y".repeat(3_000));
    let refusal =
        verify_biscuit(&with_block(&mint(r#"user("alice")"#), &hostile)).unwrap().check(&REQUEST, &mut Off).unwrap_err();
    assert_eq!(refusal.rejection, Rejection::CaveatFailed);
    assert!(refusal.detail.len() < 400, "{}", refusal.detail);

    let long = format!("check if operation({:?})", "x".repeat(5_000));
    let refusal = verify_biscuit(&with_block(&mint(r#"user("alice")"#), &long)).unwrap().check(&REQUEST, &mut Off).unwrap_err();
    assert_eq!(refusal.detail, "check 0 of block 1, which is too long to be shown, does not hold");
}

/// Terms and closures inside one another, as deep as the format lets them be, on the stack of a usual thread.
#[test]
fn nothing_nests_off_the_end_of_the_stack() {
    let around =
        |open: &str, inner: &str, close: &str, depth: usize| format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
    let arrays = [20, 45, 60].map(|depth| format!("p({})", around("[", "1", "]", depth)));
    let closures = [5, 8, 20].map(|depth| (0..depth).fold("true".to_owned(), |inner, at| format!("[1].any($x{at} -> {inner})")));
    let mut shapes: Vec<String> = arrays.into_iter().chain(closures.map(|it| format!("check if {it}"))).collect();
    shapes.push(format!("check if {}", around("(", "true", ")", 300)));
    shapes.push(format!("check if operation($o), $o.matches({:?})", format!("a{}", "*".repeat(249))));
    shapes.push(format!("check if operation($o), $o.matches({:?})", around("(", "a", ")", 120)));
    // Reading the text takes more of the stack than anything after it.
    let mint_all = || -> Vec<String> {
        let block = |shape: &String| BlockBuilder::new().code(shape).unwrap();
        let minted = shapes.iter().map(|shape| mint(r#"user("alice")"#).append(block(shape)));
        minted.flatten().map(|token| token.to_base64().unwrap()).collect()
    };
    let tokens = std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, mint_all).unwrap().join().unwrap()
    });
    assert!(tokens.len() >= 7, "{}", tokens.len());
    let check = move || {
        for token in tokens {
            let verified = verify(token.as_bytes(), &Source::Bearer, &tables(), &mut Off);
            let _ = verified.map(|verified| verified.check(&REQUEST, &mut Off));
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(check).unwrap().join().unwrap();
}

#[test]
fn what_people_put_into_tokens_is_not_too_complex() {
    let groups = (0..40).fold(String::new(), |mut text, at| {
        let _ = write!(text, "group(\"department-{at}\"); right(\"/project-{at}\", \"read\");");
        text
    });
    let biscuit = mint(&format!(
        r#"user("alice"); {groups} check if time($t), $t < 2030-01-01T00:00:00Z;
           allowed($p) <- resource($p), operation("GET"); check if resource($r), $r.matches("^/(reports|projects)(/[a-z0-9-]+)*$")"#
    ));
    let narrowed = with_block(
        &biscuit,
        r#"check if operation($o), ["GET", "HEAD"].contains($o); check if resource($r), $r.starts_with("/reports/")"#,
    );
    let narrowed = with_block(&narrowed, r#"check if right($prefix, "read"), resource($r) or resource($r), $r.ends_with("/7")"#);
    let narrowed = with_third_party_block(
        &narrowed,
        &key_pair(3),
        r#"group("partner"); check if client_ip("192.0.2.1") or operation("GET")"#,
    );
    assert!(allowed(&narrowed));
}

#[test]
fn a_rule_whose_head_is_not_bound_is_malformed() {
    // The builder refuses to write one; the published sample 18 is such a token.
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/third-party/biscuit/samples");
    #[expect(clippy::disallowed_methods, reason = "the sample is a file")]
    let token = std::fs::read(format!("{folder}/test018_unbound_variables_in_rule.bc")).unwrap();
    let root = "ed25519/1055c750b1a1505937af1537c626ba3263995c33a64758aaafb1275b0312e284";
    let tables = [table(vec![RootKey::parse(root, None).unwrap()], "")];
    let refusal = verify(base64url::encode(&token).as_bytes(), &Source::Bearer, &tables, &mut Off).unwrap_err();
    assert_eq!(refusal.rejection, Rejection::TokenMalformed);
    assert!(refusal.detail.contains("head"), "{}", refusal.detail);
}

#[test]
fn a_token_counts_for_the_sources_and_settings_it_was_verified_with() {
    let verified = verify_biscuit(&mint(r#"user("alice")"#)).unwrap();
    assert!(verified.holds(&Source::Bearer, &tables()));
    assert!(!verified.holds(&Source::Cookie("t".to_owned()), &tables()));
    assert!(!verified.holds(&Source::Bearer, &[table(vec![root_key(None, &key_pair(9))], "")]), "another key");
    assert!(!verified.holds(&Source::Bearer, &[table(vec![root_key(None, &root())], "deny if true")]), "another policy");
    assert!(!verified.holds(&Source::Bearer, &[]));
}
