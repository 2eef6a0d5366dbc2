//! Key sets that are weak, forged or change too often.

use gatewright::KeySet;
use serde_json::{Value, json};

use crate::question::{MEMBERS, authorizer, bearer, decide, with_keys};
use crate::signer::{Key, LOGIN, base64url, claims, unsigned};

fn ec(x: &[u8], y: &[u8]) -> Value {
    json!({ "kty": "EC", "crv": "P-256", "kid": "bad", "x": base64url(x), "y": base64url(y) })
}

/// Asserts that a key is left out, and that the good one beside it still counts.
#[track_caller]
fn dropped(jwk: &Value) {
    assert!(KeySet::from_json(&json!({ "keys": [jwk] }).to_string()).is_err(), "{jwk}");
    let set = KeySet::from_json(&json!({ "keys": [jwk, Key::P256.jwk()] }).to_string()).unwrap();
    assert_eq!((set.len(), set.dropped().len()), (1, 1), "{jwk}");
    assert_eq!(set.dropped()[0].kid.as_deref(), Some("bad"));
}

#[test]
fn cve_2016_9121_a_point_off_the_curve_is_no_key() {
    dropped(&ec(&[1; 32], &[2; 32]));
    dropped(&ec(&[0; 32], &[0; 32]));
}

#[test]
fn cve_2017_12974_a_coordinate_off_the_curve_is_no_key() {
    let good = Key::P256.jwk();
    let member = |name: &str| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(good[name].as_str().unwrap()).unwrap();
    let (x, mut y) = (member("x"), member("y"));
    y[31] ^= 1;
    dropped(&ec(&x, &y));
    dropped(&ec(&x[..31], &member("y")));
}

#[test]
fn cve_2026_48524_an_unknown_key_asks_for_its_issuer_and_takes_nothing_away() {
    let issuer = format!(
        "[[issuer]]\nissuer = \"{LOGIN}\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\nkeys = {{ jwks_url = \"{LOGIN}/jwks\" }}\n"
    );
    let site = with_keys(&authorizer(&[&issuer, MEMBERS]), LOGIN, &Key::Ed25519.jwk());
    for number in 0..100 {
        let header = json!({ "alg": "EdDSA", "kid": format!("unknown-{number}") });
        let headers = [("Authorization", format!("Bearer {}", unsigned(&header, &claims(), &[7; 64])))];
        let decision = decide(&site, "/", &headers);
        assert_eq!((decision.code(), decision.wants_keys()), ("key_unknown", Some(LOGIN)), "{number}");
    }
    assert_eq!(bearer(&site, &Key::Ed25519.token(&claims())), "allowed");
    assert!(
        KeySet::from_json("").is_err() && KeySet::from_json("{\"keys\":[]}").is_err(),
        "a failed answer is no set to put in place"
    );
}
