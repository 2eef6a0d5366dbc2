//! First decision for a JWT, policy included, against the bare signature check and against `jsonwebtoken`; and the decision for
//! a remembered token.

use std::cell::RefCell;
use std::hint::black_box;

use aws_lc_rs::signature::{self, ParsedPublicKey};
use benches::{Candidate, compare};
use gatewright::{Authorizer, Config, Decision, Request, UnixTime};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

const TOKENS: usize = 128;
const ROUNDS: usize = 41;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: u64,
    nbf: u64,
    iat: u64,
    jti: String,
    email: String,
    email_verified: bool,
    groups: Vec<String>,
}

fn main() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let secret = [7_u8; 32];
    measure(Algorithm::HS256, &EncodingKey::from_secret(&secret), &secret, now);
    for (algorithm, key) in generated_keys() {
        measure(algorithm, &key, &secret, now);
    }
}

fn generated_keys() -> Vec<(Algorithm, EncodingKey)> {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
    let rsa = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let rsa: Pkcs8V1Der<'_> = rsa.as_der().unwrap();
    let random = SystemRandom::new();
    let ec = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let ed = Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap();
    let rsa_key = EncodingKey::from_rsa_pem(pem(rsa.as_ref()).as_bytes()).unwrap();
    vec![
        (Algorithm::RS256, rsa_key.clone()),
        (Algorithm::PS256, rsa_key),
        (Algorithm::ES256, EncodingKey::from_ec_der(ec.as_ref())),
        (Algorithm::EdDSA, EncodingKey::from_ed_der(ed.as_ref())),
    ]
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", base64_simd::STANDARD.encode_to_string(der))
}

fn measure(algorithm: Algorithm, key: &EncodingKey, secret: &[u8], now: u64) {
    let name = format!("{algorithm:?}");
    let keys = match algorithm {
        Algorithm::HS256 => format!("{{ secret = \"hex:{}\" }}", secret.iter().map(|b| format!("{b:02x}")).collect::<String>()),
        _ => {
            let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
            jwk.common.public_key_use = Some(PublicKeyUse::Signature);
            jwk.common.key_id = Some("k1".to_owned());
            let json = serde_json::to_string(&serde_json::json!({ "keys": [jwk] })).unwrap();
            let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
            format!("{{ jwks = {} }}", inline_toml(&parsed))
        }
    };
    let config = format!(
        "version = 1\n[[issuer]]\nissuer = \"https://login.example.com\"\naudiences = [\"app\"]\nalgorithms = [\"{name}\"]\nkeys = {keys}\n\
         [[rule]]\nid = \"members\"\nhosts = [\"*.example.com\"]\nallow = [{{ groups = [\"staff\"] }}]\n"
    );
    let config = Config::from_toml(&config).unwrap();
    let authorizer = RefCell::new(Authorizer::new(&config).unwrap());

    let mut header = Header::new(algorithm);
    header.kid = (algorithm != Algorithm::HS256).then(|| "k1".to_owned());
    let tokens: Vec<String> = (0..TOKENS).map(|index| jsonwebtoken::encode(&header, &claims(now, index), key).unwrap()).collect();
    let fields: Vec<[(&str, String); 1]> = tokens.iter().map(|token| [("authorization", format!("Bearer {token}"))]).collect();
    let parts: Vec<(&[u8], Vec<u8>)> = tokens
        .iter()
        .map(|token| {
            let (message, signature) = token.rsplit_once('.').unwrap();
            (message.as_bytes(), decode(signature))
        })
        .collect();

    let decoding = match algorithm {
        Algorithm::HS256 => DecodingKey::from_secret(secret),
        _ => DecodingKey::from_jwk(&Jwk::from_encoding_key(key, algorithm).unwrap()).unwrap(),
    };
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&["app"]);
    validation.set_issuer(&["https://login.example.com"]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_nbf = true;

    let decide = |fields: &[(&str, String); 1]| {
        let request = Request::new("GET", "https", "app.example.com", "/reports/7?x=1", fields);
        let decision = authorizer.borrow().decide(&request, UnixTime::from_secs(now));
        assert!(matches!(decision, Decision::Allow(_)), "{decision:?}");
    };
    let bare = bare_check(algorithm, key, secret);
    compare(
        &format!("{name}: first decision"),
        ROUNDS,
        vec![
            Candidate::new("decide (first time, policy included)", TOKENS, || fields.iter().for_each(decide))
                .prepared_by(|| *authorizer.borrow_mut() = Authorizer::new(&config).unwrap()),
            Candidate::new("bare signature check, parsed key", TOKENS, || {
                parts.iter().for_each(|(message, signature)| assert!(black_box(bare(message, signature))));
            }),
            Candidate::new("jsonwebtoken decode + validate", TOKENS, || {
                for token in &tokens {
                    black_box(jsonwebtoken::decode::<Claims>(token, &decoding, &validation).unwrap());
                }
            }),
        ],
    );
    compare(
        &format!("{name}: remembered"),
        ROUNDS,
        vec![
            Candidate::new("decide (one hot token)", 2000, || (0..2000).for_each(|_| decide(&fields[0]))),
            Candidate::new("decide (first time)", TOKENS, || fields.iter().for_each(decide))
                .prepared_by(|| *authorizer.borrow_mut() = Authorizer::new(&config).unwrap()),
        ],
    );
}

fn claims(now: u64, index: usize) -> Claims {
    Claims {
        iss: "https://login.example.com".to_owned(),
        aud: "app".to_owned(),
        sub: format!("user-{index:06}"),
        exp: now + 300,
        nbf: now,
        iat: now,
        jti: format!("{index:032x}"),
        email: "user@example.com".to_owned(),
        email_verified: true,
        groups: vec!["staff".to_owned(), "readers".to_owned()],
    }
}

type Check = Box<dyn Fn(&[u8], &[u8]) -> bool>;

fn bare_check(algorithm: Algorithm, key: &EncodingKey, secret: &[u8]) -> Check {
    if algorithm == Algorithm::HS256 {
        let keyed = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        return Box::new(move |message, signature| keyed.clone().chain_update(message).verify_slice(signature).is_ok());
    }
    let jwk = serde_json::to_value(Jwk::from_encoding_key(key, algorithm).unwrap()).unwrap();
    let member = |name: &str| decode(jwk[name].as_str().unwrap());
    let parsed = match algorithm {
        Algorithm::RS256 | Algorithm::PS256 => {
            let components = signature::RsaPublicKeyComponents { n: member("n"), e: member("e") };
            components
                .to_parsed_public_key(match algorithm {
                    Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    _ => &signature::RSA_PSS_2048_8192_SHA256,
                })
                .unwrap()
        }
        Algorithm::ES256 => {
            let point = [vec![4], member("x"), member("y")].concat();
            ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).unwrap()
        }
        _ => ParsedPublicKey::new(&signature::ED25519, member("x")).unwrap(),
    };
    Box::new(move |message, signature| parsed.verify_sig(message, signature).is_ok())
}

fn decode(text: &str) -> Vec<u8> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).unwrap()
}

/// Writes a JSON value as inline TOML.
fn inline_toml(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Array(items) => format!("[{}]", items.iter().map(inline_toml).collect::<Vec<_>>().join(", ")),
        serde_json::Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| format!("\"{name}\" = {}", inline_toml(value)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}
