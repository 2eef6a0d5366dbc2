//! Keys of a JWKS: a bad one is dropped, and the good ones beside it still count.

use serde_json::{Value, json};

use super::{no, pass};
use crate::LOGIN;
use crate::case::{Expect, File, get};
use crate::config::{MEMBERS, config, issuer};
use crate::key::{ED_1, Key, P256_1, P384_1, RSA_1, RSA_1024_JWK};
use crate::token::{Signer, base64url, claims, hmac_token};

pub(super) fn keys(signer: &Signer) -> File {
    let mut file = File::new(
        "keys",
        "Keys of a JWKS that nothing may be verified with: each is dropped, and the key beside it still counts.",
        config(&[&issuer(LOGIN, "\"EdDSA\", \"ES256\", \"RS256\"", ""), MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()]);
    let with = |key: Key, members: Value| {
        let mut all = json!({ "kid": key.name });
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        key.jwk_with(all)
    };
    let token = |key: Key| signer.token(key, &claims());
    let zero = |length: usize| base64url(&vec![0; length]);
    let x = |key: Key| key.jwk()["x"].as_str().unwrap().to_owned();
    let rsa_1024: Value = serde_json::from_str(RSA_1024_JWK).unwrap();
    let bad: Vec<(&str, Key, Value)> = vec![
        ("for encryption", ED_1, with(ED_1, json!({ "use": "enc" }))),
        ("for a use nobody knows", ED_1, with(ED_1, json!({ "use": "SIG" }))),
        ("for operations without verify", ED_1, with(ED_1, json!({ "key_ops": ["sign"] }))),
        ("for no operation", ED_1, with(ED_1, json!({ "key_ops": [] }))),
        ("for encryption by its operations", ED_1, with(ED_1, json!({ "key_ops": ["encrypt", "wrapKey"] }))),
        ("for another algorithm", ED_1, with(ED_1, json!({ "alg": "ES256" }))),
        ("for an HMAC", RSA_1, with(RSA_1, json!({ "alg": "HS256" }))),
        ("for key transport", RSA_1, with(RSA_1, json!({ "alg": "RSA-OAEP" }))),
        ("for no algorithm", P256_1, with(P256_1, json!({ "alg": "none" }))),
        ("with a curve that is not its own", P256_1, with(P256_1, json!({ "crv": "P-384" }))),
        ("with a curve nobody knows", P256_1, with(P256_1, json!({ "crv": "P-256K" }))),
        ("of another curve than the algorithm wants", P256_1, {
            let mut jwk = P384_1.jwk();
            jwk["kid"] = json!("p256-1");
            jwk
        }),
        ("with a point off the curve", P256_1, with(P256_1, json!({ "y": x(P256_1) }))),
        ("with the point at infinity", P256_1, with(P256_1, json!({ "x": zero(32), "y": zero(32) }))),
        ("with a coordinate too short", P256_1, with(P256_1, json!({ "x": zero(31) }))),
        ("with a coordinate too long", P256_1, with(P256_1, json!({ "x": zero(33) }))),
        ("with no y", P256_1, {
            let mut jwk = P256_1.jwk();
            jwk.as_object_mut().unwrap().remove("y");
            jwk
        }),
        ("with a y that is a number", P256_1, with(P256_1, json!({ "y": 1 }))),
        ("with 31 bytes of Ed25519", ED_1, with(ED_1, json!({ "x": zero(31) }))),
        ("with 33 bytes of Ed25519", ED_1, with(ED_1, json!({ "x": zero(33) }))),
        ("with no bytes of Ed25519", ED_1, with(ED_1, json!({ "x": "" }))),
        ("with a point of small order (0)", ED_1, with(ED_1, json!({ "x": zero(32) }))),
        ("with a point of small order (1)", ED_1, with(ED_1, json!({ "x": base64url(&[vec![1], vec![0; 31]].concat()) }))),
        (
            "with a point of small order (-1)",
            ED_1,
            with(ED_1, json!({ "x": base64url(&[vec![0xec], vec![0xff; 30], vec![0x7f]].concat()) })),
        ),
        ("of X25519", ED_1, with(ED_1, json!({ "crv": "X25519" }))),
        ("of Ed448", ED_1, with(ED_1, json!({ "crv": "Ed448" }))),
        ("with padding", ED_1, with(ED_1, json!({ "x": format!("{}=", x(ED_1)) }))),
        ("in the standard alphabet", ED_1, with(ED_1, json!({ "x": format!("+/{}", &x(ED_1)[2..]) }))),
        ("of 1,024 bits", RSA_1, {
            let mut jwk = rsa_1024;
            jwk["kid"] = json!("rsa-1");
            jwk
        }),
        ("of 512 bits", RSA_1, with(RSA_1, json!({ "n": base64url(&[0xc1; 64]) }))),
        ("with exponent 1", RSA_1, with(RSA_1, json!({ "e": "AQ" }))),
        ("with an even exponent", RSA_1, with(RSA_1, json!({ "e": "Ag" }))),
        ("with exponent 0", RSA_1, with(RSA_1, json!({ "e": "AA" }))),
        ("with no exponent", RSA_1, with(RSA_1, json!({ "e": "" }))),
        ("with an exponent of 300 bytes", RSA_1, with(RSA_1, json!({ "e": base64url(&[0xff; 300]) }))),
        ("with an even modulus", RSA_1, with(RSA_1, json!({ "n": base64url(&[0xc2; 256]) }))),
        ("with modulus 0", RSA_1, with(RSA_1, json!({ "n": "AA" }))),
        ("of a type nobody knows", ED_1, with(ED_1, json!({ "kty": "LMS" }))),
        ("of a type in another case", ED_1, with(ED_1, json!({ "kty": "okp" }))),
        ("of no type", ED_1, {
            let mut jwk = ED_1.jwk();
            jwk.as_object_mut().unwrap().remove("kty");
            jwk
        }),
        ("with its private half", ED_1, with(ED_1, json!({ "d": zero(32) }))),
        ("whose kid is a number", ED_1, with(ED_1, json!({ "kid": 1 }))),
        ("that is no object", ED_1, json!("ed-1")),
        ("that is null", ED_1, Value::Null),
    ];
    for (name, key, jwk) in bad {
        let beside = if key.name == ED_1.name { P256_1 } else { ED_1 };
        let set = [jwk, beside.jwk()];
        file = file.case(format!("a key {name} verifies nothing"), get("/").bearer(&token(key)).keys(&set), dropped(name)).case(
            format!("the key beside one {name} still counts"),
            get("/").bearer(&token(beside)).keys(&set),
            pass(),
        );
    }
    let secret = b"a secret of sixty-four bytes, which is as long as SHA-512 wants.";
    let oct = json!({ "kty": "oct", "kid": "oct", "k": base64url(secret) });
    let by_secret = |alg: &str| hmac_token(crate::key::Algorithm::Hs256, secret, &json!({ "alg": alg, "kid": "oct" }), &claims());
    file.case(
        "a secret in a public set",
        get("/").bearer(&by_secret("HS256")).keys(&[oct.clone(), ED_1.jwk()]),
        no("algorithm_not_allowed"),
    )
    .case("a secret in a public set, as EdDSA", get("/").bearer(&by_secret("EdDSA")).keys(&[oct, ED_1.jwk()]), no("key_unknown"))
    .case("two keys with one kid", get("/").bearer(&token(ED_1)).keys(&[ED_1.jwk(), ED_1.jwk()]), no("key_unknown"))
}

/// No key has that id, but for the one that is good for another algorithm.
fn dropped(name: &str) -> Expect {
    no(if name.starts_with("of another curve") { "algorithm_not_allowed" } else { "key_unknown" })
}
