//! Key sets: any text, and sets put together from real keys with members changed.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use gatewright::{Authorizer, KeySet, Request};
use serde_json::{Map, Value, json};
use vectors::key::{Algorithm, ED_1, ED_2, Key, P256_1, RSA_1, RSA_1024_JWK};
use vectors::token::{Signer, claims, hmac_token};

use crate::asked::{ask, authorizer};
use crate::draw::{Draw, at_most};

/// A token verifies under a set only if the set has the public half of its key; a set from a public place never verifies HMAC.
///
/// A first byte below 0x80 lets the rest be the text, one above chooses keys and what is changed of them.
pub fn jwks(data: &[u8]) {
    let Some((kind, rest)) = at_most(data, MAX_SET).split_first() else { return };
    let text = match kind {
        0..0x80 => String::from_utf8_lossy(rest).into_owned(),
        _ => drawn_set(&mut Draw::new(rest)),
    };
    let sets = [KeySet::from_json(&text), KeySet::from_json_with_secrets(&text), KeySet::from_pem(&text)];
    for error in sets.iter().filter_map(|set| set.as_ref().err()) {
        assert!(!error.to_string().is_empty());
    }
    for set in sets.iter().flatten() {
        assert!(!set.is_empty(), "a set without keys is no set");
        assert!(set.dropped().iter().all(|key| !key.reason.is_empty()));
    }
    let Ok(public) = &sets[0] else { return };
    let members = members(&text);
    if let Ok(value) = serde_json::from_str::<Value>(&text) {
        let count = value.get("keys").and_then(Value::as_array).map_or(1, Vec::len);
        assert_eq!(public.len() + public.dropped().len(), count, "a key is neither taken nor reported: {text}");
    }
    for signed in TOKENS.iter() {
        let known = AUTHORIZER.with_keys(vectors::LOGIN, public.clone()).unwrap();
        let headers = [("Authorization", format!("Bearer {}", signed.token))];
        let asked = ask(&known, &Request::new("GET", "https", "app.example.com", "/", &headers));
        let may = signed.public.as_ref().is_some_and(|public| members.contains(&(public.0.to_owned(), public.1.clone())));
        assert!(!asked.is_allowed() || may, "{text}\n{}", asked.explanation);
    }
}

/// Every string member of every object in the text.
fn members(text: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut rest = vec![serde_json::from_str::<Value>(text).unwrap_or_default()];
    while let Some(value) = rest.pop() {
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    if let Value::String(text) = &value {
                        found.insert((name.clone(), text.clone()));
                    }
                    rest.push(value);
                }
            }
            Value::Array(items) => rest.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

fn drawn_set(draw: &mut Draw<'_>) -> String {
    let count = draw.below(4) + 1;
    let keys: Vec<Value> = (0..count).map(|_| drawn_key(draw)).collect();
    let mut text = if draw.one_in(8) { keys[0].to_string() } else { json!({ "keys": keys }).to_string() };
    if draw.one_in(6) && text.is_ascii() {
        let at = draw.below(text.len());
        text.replace_range(at..=at, ["", "0", "\"", ",", "=", "A"][draw.below(6)]);
    }
    text
}

fn drawn_key(draw: &mut Draw<'_>) -> Value {
    let jwk = match draw.below(6) {
        0 => ED_1.jwk(),
        1 => P256_1.jwk(),
        2 => RSA_1.jwk(),
        3 => ED_2.jwk(),
        4 => serde_json::from_str(RSA_1024_JWK).unwrap(),
        _ => json!({ "kty": "oct", "kid": "ed-1", "k": SECRET_BASE64 }),
    };
    let Value::Object(mut jwk) = jwk else { return jwk };
    for _ in 0..draw.below(4) {
        change(&mut jwk, draw);
    }
    jwk.into()
}

fn change(jwk: &mut Map<String, Value>, draw: &mut Draw<'_>) {
    let name = *draw.one_of(&["kid", "kty", "crv", "x", "y", "n", "e", "k", "d", "alg", "use", "key_ops", "x5c", "ext"]);
    let value = match draw.below(8) {
        0 => {
            jwk.remove(name);
            return;
        }
        1 => json!(draw.one_of(&["ed-1", "p256-1", "rsa-1", ""])),
        2 => json!(draw.one_of(&["OKP", "EC", "RSA", "oct", "Ed25519", "P-256", "P-384", "X25519", "secp256k1"])),
        3 => json!(draw.one_of(&["EdDSA", "ES256", "RS256", "HS256", "none", "sig", "enc", "AQAB", "AQ", "AAAA"])),
        4 => json!(draw.some_of(&["verify", "sign", "encrypt"], 0, 2)),
        5 => json!(draw.number()),
        6 => Value::Null,
        _ => {
            let Some(Value::String(text)) = jwk.get(name) else { return };
            let mut text = text.clone();
            let at = draw.below(text.len());
            if text.is_ascii() && !text.is_empty() {
                text.replace_range(at..=at, ["", "A", "AA", "=", "_", "Ω"][draw.below(6)]);
            }
            json!(text)
        }
    };
    jwk.insert(name.to_owned(), value);
}

/// A token, and the member of a public key without which it must not verify; none for an HMAC, which must never.
struct Signed {
    token: String,
    public: Option<(&'static str, String)>,
}

static TOKENS: LazyLock<Vec<Signed>> = LazyLock::new(|| {
    let signer = Signer::default();
    let by = |key: Key, name| {
        let public = key.jwk()[name].as_str().unwrap().to_owned();
        Signed { token: signer.token(key, &claims()), public: Some((name, public)) }
    };
    let hmac = |secret: &[u8]| {
        let header = json!({ "alg": "HS256", "kid": "ed-1" });
        Signed { token: hmac_token(Algorithm::Hs256, secret, &header, &claims()), public: None }
    };
    vec![by(ED_1, "x"), by(P256_1, "x"), by(ED_2, "x"), hmac(SECRET), hmac(b"")]
});

static AUTHORIZER: LazyLock<Authorizer> = LazyLock::new(|| {
    authorizer(
        r#"
        version = 1
        [[issuer]]
        issuer = "https://login.example.com"
        audiences = ["app"]
        algorithms = ["EdDSA", "ES256", "RS256"]
        keys = { jwks_url = "https://login.example.com/jwks" }
        [[rule]]
        id = "members"
        allow = "authenticated"
        "#,
    )
});

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const SECRET_BASE64: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
const MAX_SET: usize = 8 * 1024;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let text = |value: Value| [b"\x00", value.to_string().as_bytes()].concat();
    let certificate = include_str!("../../vectors/keys/client-1.pem");
    let pem = |pem: &str| [b"\x00", pem.as_bytes()].concat();
    vec![
        text(ED_1.jwk()),
        text(json!({ "keys": [ED_1.jwk(), P256_1.jwk(), RSA_1.jwk()] })),
        text(json!({ "keys": [{ "kty": "oct", "k": SECRET_BASE64 }, ED_2.jwk_with(json!({ "use": "sig", "alg": "EdDSA" }))] })),
        pem(vectors::key::RSA_1_PUBLIC_PEM),
        pem(certificate),
        vec![0x80, 1, 0, 0],
    ]
}
