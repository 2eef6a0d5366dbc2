//! Which key a token is checked with.

use super::signer::{hs256, public_jwk};
use super::*;
use crate::base64url::{decode, encode};

/// A token signed by the P-256 key whose header has these members.
fn token_with_header(header: &Json) -> String {
    sign_text(Algorithm::Es256, &header.to_string(), good_claims().to_string().as_bytes())
}

#[test]
fn a_public_key_is_no_secret_however_it_is_spelled() {
    let jwk = public_jwk(Algorithm::Rs256);
    let n = jwk["n"].as_str().unwrap();
    let spki = spki(&decode(n.as_bytes()).unwrap());
    let base64 = base64_simd::STANDARD.encode_to_string(&spki);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    let pem = |end: &str, lines: &str| format!("-----BEGIN PUBLIC KEY-----{end}{lines}{end}-----END PUBLIC KEY-----");
    let unix = format!("{}\n", pem("\n", &lines.join("\n")));
    let spellings: Vec<Vec<u8>> = vec![
        unix.clone().into(),
        unix.replace('\n', "\r\n").into(),
        unix.trim_end().into(),
        pem("", &base64).into(),
        format!("\n{unix}").into(),
        format!("# key\n{unix}").into(),
        unix.replace("PUBLIC KEY", "RSA PUBLIC KEY").into(),
        spki.clone(),
        spki[24..].to_vec(),
        jwk.to_string().into(),
        serde_json::to_string_pretty(&jwk).unwrap().into(),
        public_jwks().to_string().into(),
        decode(n.as_bytes()).unwrap(),
        n.into(),
        Vec::new(),
    ];
    let issuers = with_keys(
        issuer(&[Algorithm::Rs256, Algorithm::Hs256, Algorithm::Hs512]),
        KeySet::from_json(&json!({ "keys": [jwk] }).to_string()).unwrap(),
    );
    for secret in spellings {
        for header in ["{\"alg\":\"HS256\"}", "{\"alg\":\"HS256\",\"kid\":\"rsa\"}"] {
            let input = format!("{}.{}", encode(header.as_bytes()), encode(good_claims().to_string().as_bytes()));
            let token = format!("{input}.{}", encode(&hs256(&secret, input.as_bytes())));
            assert!(["key_unknown", "algorithm_not_allowed"].contains(&code_of(&token, &issuers)));
            assert_eq!(code_of(&token, &public_issuer()), "algorithm_not_allowed");
        }
    }
}

/// Wraps an RSA modulus of 2048 bits, exponent 65537.
fn spki(modulus: &[u8]) -> Vec<u8> {
    let head = [
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03,
        0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00,
    ];
    [&head, modulus, &[0x02, 0x03, 0x01, 0x00, 0x01]].concat()
}

#[test]
fn keys_in_a_token_are_not_used() {
    let jwk = public_jwk(Algorithm::Es256);
    let mut without_key = public_jwks();
    without_key["keys"].as_array_mut().unwrap().retain(|key| key["kid"] == "p384");
    let others = with_keys(issuer(&[Algorithm::Es256]), KeySet::from_json(&without_key.to_string()).unwrap());
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("abc")),
    ] {
        let token = token_with_header(&json!({ "alg": "ES256", name: value }));
        assert_eq!(code_of(&token, &others), "key_unknown", "{name}");
        let token = token_with_header(&json!({ "alg": "ES256", "kid": "p256", name: value }));
        assert_eq!(code_of(&token, &public_issuer()), "accepted", "{name}");
    }
}

#[test]
fn kid_is_compared_exactly_and_used_for_nothing_else() {
    for kid in ["p257", "P256", "p256 ", "", "../../dev/null", "' OR 1=1 --", "|id", "__proto__", "$(id)", "p384,p256"] {
        let token = token_with_header(&json!({ "alg": "ES256", "kid": kid }));
        assert_eq!(code_of(&token, &public_issuer()), "key_unknown", "{kid}");
    }
    for kid in [json!(1), json!(null), json!(["p256"]), json!("p256\r\n"), json!("p256\0"), json!("k".repeat(5_000))] {
        let token = token_with_header(&json!({ "alg": "ES256", "kid": kid }));
        assert_eq!(code_of(&token, &public_issuer()), "token_malformed", "{kid}");
    }
    // The right key of another family, and another key of the right one.
    assert_eq!(code_of(&token_with_header(&json!({ "alg": "ES256", "kid": "rsa" })), &public_issuer()), "algorithm_not_allowed");
    let other = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "ed25519", "x": encode(&[9; 32]) }] });
    let issuers = with_keys(issuer(&[Algorithm::EdDsa]), KeySet::from_json(&other.to_string()).unwrap());
    assert_eq!(code_of(&sign(Algorithm::EdDsa, &good_claims()), &issuers), "signature_invalid");
}

#[test]
fn without_kid_exactly_one_key_must_fit() {
    let mut keys = public_jwks();
    let token = token_with_header(&json!({ "alg": "ES256" }));
    assert_eq!(code_of(&token, &public_issuer()), "accepted");
    let mut second = public_jwk(Algorithm::Es256);
    second["kid"] = json!("again");
    keys["keys"].as_array_mut().unwrap().push(second);
    let issuers = with_keys(issuer(&[Algorithm::Es256]), KeySet::from_json(&keys.to_string()).unwrap());
    assert_eq!(code_of(&token, &issuers), "key_unknown");
    assert_eq!(code_of(&token_with_header(&json!({ "alg": "ES256", "kid": "again" })), &issuers), "accepted");
}

#[test]
fn a_kid_is_ignored_where_no_key_has_one() {
    let mut key = public_jwk(Algorithm::Es256);
    key.as_object_mut().unwrap().remove("kid");
    let issuers = |keys: Json| with_keys(issuer(&[Algorithm::Es256]), KeySet::from_json(&keys.to_string()).unwrap());
    let token = token_with_header(&json!({ "alg": "ES256", "kid": "any" }));
    assert_eq!(code_of(&token, &issuers(json!({ "keys": [key] }))), "accepted");
    assert_eq!(code_of(&token, &issuers(json!({ "keys": [key, key] }))), "key_unknown");
    // One key with a `kid` is enough for `kid` to count.
    assert_eq!(code_of(&token, &issuers(json!({ "keys": [key, public_jwk(Algorithm::Rs256)] }))), "key_unknown");
}

#[test]
fn two_fitting_keys_of_one_kid_select_none() {
    let key = public_jwk(Algorithm::Es256);
    let mut rsa = public_jwk(Algorithm::Rs256);
    rsa["kid"] = json!("p256");
    let issuers = |keys: Json| with_keys(issuer(&[Algorithm::Es256]), KeySet::from_json(&keys.to_string()).unwrap());
    let token = token_with_header(&json!({ "alg": "ES256", "kid": "p256" }));
    assert_eq!(code_of(&token, &issuers(json!({ "keys": [key, key] }))), "key_unknown");
    assert_eq!(code_of(&token, &issuers(json!({ "keys": [rsa, key] }))), "accepted");
}

#[test]
fn alg_of_a_key_narrows_it_to_one_algorithm() {
    let mut key = public_jwk(Algorithm::Rs256);
    key["alg"] = json!("PS256");
    let algorithms = [Algorithm::Rs256, Algorithm::Ps256];
    let issuers = with_keys(issuer(&algorithms), KeySet::from_json(&json!({ "keys": [key] }).to_string()).unwrap());
    assert_eq!(code_of(&sign(Algorithm::Ps256, &good_claims()), &issuers), "accepted");
    assert_eq!(code_of(&sign(Algorithm::Rs256, &good_claims()), &issuers), "algorithm_not_allowed");
}

#[test]
fn both_names_of_ed25519_mean_the_key_whatever_its_own_name() {
    for own in [json!(null), json!("EdDSA"), json!("Ed25519")] {
        let mut key = public_jwk(Algorithm::EdDsa);
        if !own.is_null() {
            key["alg"] = own;
        }
        let keys = KeySet::from_json(&json!({ "keys": [key] }).to_string()).unwrap();
        for accepted in [Algorithm::EdDsa, Algorithm::Ed25519] {
            for named in [Algorithm::EdDsa, Algorithm::Ed25519] {
                let issuers = with_keys(issuer(&[accepted]), keys.clone());
                assert_eq!(code_of(&sign(named, &good_claims()), &issuers), "accepted");
            }
        }
    }
}

#[test]
fn unknown_keys_are_asked_for_where_newer_ones_can_be_had() {
    let token = token_with_header(&json!({ "alg": "ES256", "kid": "next" }));
    let wants = |issuers: &[IssuerKeys]| match verify_at(token.as_bytes(), issuers, NOW) {
        Err(Failure::Refused { wants_keys, .. } | Failure::Unknown { wants_keys, .. }) => wants_keys,
        Ok(_) => panic!("accepted"),
    };
    let mut issuers = public_issuer();
    assert_eq!(wants(&issuers).as_deref(), Some(ISSUER));
    issuers[0].remote = false;
    assert_eq!(wants(&issuers), None);
    issuers[0].keys = None;
    assert_eq!((code_of(&token, &issuers), wants(&issuers)), ("keys_unavailable", None));
    issuers[0].remote = true;
    assert_eq!((code_of(&token, &issuers), wants(&issuers).as_deref()), ("keys_unavailable", Some(ISSUER)));
}

#[test]
fn a_signature_that_fails_asks_for_no_keys() {
    let mut token = token_with_header(&json!({ "alg": "ES256", "kid": "p256" }));
    token.truncate(token.len() - 86);
    token.push_str(&encode(&[0; 64]));
    let result = verify_at(token.as_bytes(), &public_issuer(), NOW);
    assert_eq!(code(&result), "signature_invalid");
    assert!(matches!(result, Err(Failure::Refused { wants_keys: None, .. })));
}

#[test]
fn an_issuer_is_trusted_with_its_own_keys_only() {
    let mut other = issuer(&[Algorithm::Hs256]);
    other.issuer = "https://other.example".to_owned();
    let mut issuers = public_issuer();
    issuers.extend(with_keys(other, secret_keys()));
    let mut claims = good_claims();
    // The other issuer's secret under this issuer's name, and under its own.
    assert_eq!(code_of(&sign(Algorithm::Hs256, &claims), &issuers), "algorithm_not_allowed");
    claims["iss"] = json!("https://other.example");
    let accepted = verify_at(sign(Algorithm::Hs256, &claims).as_bytes(), &issuers, NOW).unwrap();
    assert_eq!((accepted.issuer, accepted.identity.issuer()), (1, Some("https://other.example")));
}
