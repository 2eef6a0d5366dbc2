//! Tokens: their signature, and those that are encrypted instead.

use serde_json::{Value, json};

use super::{malformed, no};
use crate::canonical::canonical;
use crate::case::{File, Identity, allow, get, get_bytes};
use crate::config::{MEMBERS, config, login};
use crate::key::{ED_1, ED_2, Key, P256_1, P256_2, RSA_1};
use crate::token::{Signer, base64url, claims};
use crate::{LOGIN, NOW};

pub(super) fn signatures(signer: &Signer) -> File {
    let ed = login("");
    let es = crate::config::issuer("https://es.example.com", "\"ES256\"", "");
    let rs = crate::config::issuer("https://rs.example.com", "\"RS256\", \"PS256\"", "");
    let mut file = File::new(
        "tokens_signatures",
        "A signature is the key's own over these very bytes, in its one form.",
        config(&[&ed, &es, &rs, MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()])
    .keys("https://es.example.com", &[P256_1.jwk()])
    .keys("https://rs.example.com", &[RSA_1.jwk()]);
    let of = |key: Key, issuer: &str| signer.token(key, &claims().with("iss", issuer));
    for (name, key, other, issuer) in [
        ("Ed25519", ED_1, ED_2, LOGIN),
        ("ES256", P256_1, P256_2, "https://es.example.com"),
        ("RS256", RSA_1, crate::key::RSA_2, "https://rs.example.com"),
    ] {
        let good = of(key, issuer);
        let (text, signature) = (good.rsplit_once('.').unwrap().0, signature_of(&good));
        let with = |signature: &[u8]| get("/").bearer(&format!("{text}.{}", base64url(signature)));
        let later = signer.token(key, &claims().with("iss", issuer).with("exp", NOW + 601));
        let passes = || allow("members", Identity::token("alice", issuer));
        let by_other = signer.signed(
            other,
            other.algorithm,
            &format!(r#"{{"alg":"{}","kid":"{}"}}"#, key.algorithm.name(), key.name),
            &claims().with("iss", issuer).text(),
        );
        let invalid = || no("signature_invalid");
        file = file
            .case(format!("{name}: another key's"), get("/").bearer(&by_other), invalid())
            .case(format!("{name}: zeros"), with(&vec![0; signature.len()]), invalid())
            .case(format!("{name}: all bits"), with(&vec![0xff; signature.len()]), invalid())
            .case(format!("{name}: a byte short"), with(&signature[..signature.len() - 1]), invalid())
            .case(format!("{name}: without its first byte"), with(&signature[1..]), invalid())
            .case(format!("{name}: half of it"), with(&signature[..signature.len() / 2]), invalid())
            .case(format!("{name}: a byte more"), with(&[signature.as_slice(), b"\0"].concat()), invalid())
            .case(format!("{name}: a byte more in front"), with(&[b"\0", signature.as_slice()].concat()), invalid())
            .case(format!("{name}: twice"), with(&[signature.as_slice(), &signature].concat()), invalid())
            .case(format!("{name}: one byte"), with(b"\0"), invalid())
            .case(format!("{name}: of another message"), with(&signature_of(&later)), invalid())
            .case(format!("{name}: that other message passes"), get("/").bearer(&later), passes())
            .case(format!("{name}: and so does this one"), get("/").bearer(&good), passes());
        for at in [0, signature.len() / 2, signature.len() - 1] {
            let mut flipped = signature.clone();
            flipped[at] ^= 0x10;
            file = file.case(format!("{name}: byte {at} changed"), with(&flipped), invalid());
        }
    }
    let good = of(P256_1, "https://es.example.com");
    let (text, _) = good.rsplit_once('.').unwrap();
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let less_one = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550");
    let (zero, one) = (vec![0; 32], [vec![0; 31], vec![1]].concat());
    let values = [("0", &zero), ("1", &one), ("n - 1", &less_one), ("n", &order)];
    for (r_name, r) in values {
        for (s_name, s) in values {
            let token = format!("{text}.{}", base64url(&[r.as_slice(), s].concat()));
            file = file.case(
                format!("ES256: r = {r_name}, s = {s_name} (CVE-2022-21449)"),
                get("/").bearer(&token),
                no("signature_invalid"),
            );
        }
    }
    let der = hex("30060201010201 01".replace(' ', "").as_str());
    file.case("ES256: DER in place of r and s", get("/").bearer(&format!("{text}.{}", base64url(&der))), no("signature_invalid"))
}

/// Returns a token's signature.
fn signature_of(token: &str) -> Vec<u8> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token.rsplit_once('.').unwrap().1).unwrap()
}

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

pub(super) fn encrypted() -> File {
    let part = |header: Value| format!("{}.AAAA.AAAA.AAAA.AAAA", base64url(canonical(&header).as_bytes()));
    let file = File::new(
        "tokens_encrypted",
        "Encrypted tokens are five parts: none is decrypted, decompressed or derived a key for.",
        config(&[&login(""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()]);
    let headers = [
        ("RSA-OAEP", json!({ "alg": "RSA-OAEP", "enc": "A256GCM" })),
        ("RSA1_5", json!({ "alg": "RSA1_5", "enc": "A128CBC-HS256" })),
        ("dir", json!({ "alg": "dir", "enc": "A128GCM" })),
        ("compressed", json!({ "alg": "dir", "enc": "A128GCM", "zip": "DEF" })),
        (
            "a password and two billion rounds",
            json!({ "alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2_147_483_647_u32, "p2s": "AAAA" }),
        ),
        (
            "ECDH-ES with a point off the curve",
            json!({ "alg": "ECDH-ES", "enc": "A128GCM", "epk": { "kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA" } }),
        ),
        ("nested", json!({ "alg": "dir", "enc": "A128GCM", "cty": "JWT" })),
    ];
    let file =
        headers.into_iter().fold(file, |file, (name, header)| file.case(name, get("/").bearer(&part(header)), malformed()));
    file.case(
        "in a cookie nobody named it is not even looked at",
        get_bytes(b"/").cookie("token", &part(json!({}))),
        no("credential_missing"),
    )
}
