//! Properties, and another implementation: whatever is accepted here, `jsonwebtoken` accepts where it knows the algorithm.

use jsonwebtoken::{DecodingKey, Validation, decode};
use proptest::prelude::*;

use super::signer::public_jwk;
use super::*;

/// Whether `jsonwebtoken` accepts; `None` if it does not know the algorithm. It reads the clock, so times are left out.
fn oracle_accepts(token: &str, algorithm: Algorithm) -> Option<bool> {
    let known = algorithm.name().parse::<jsonwebtoken::Algorithm>().ok()?;
    let key = match algorithm {
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => DecodingKey::from_secret(SECRET),
        _ => DecodingKey::from_jwk(&serde_json::from_value(public_jwk(algorithm)).unwrap()).unwrap(),
    };
    let mut validation = Validation::new(known);
    validation.validate_exp = false;
    validation.set_audience(&["app"]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    Some(decode::<Json>(token, &key, &validation).is_ok())
}

fn issuers_of(algorithm: Algorithm) -> Vec<IssuerKeys> {
    if algorithm.name().starts_with("HS") { with_keys(issuer(&[algorithm]), secret_keys()) } else { public_issuer() }
}

#[test]
fn the_oracle_accepts_every_algorithm_it_knows() {
    let unknown: Vec<&str> = Algorithm::ALL
        .iter()
        .filter_map(|algorithm| {
            let token = sign(*algorithm, &good_claims());
            assert_eq!(code_of(&token, &issuers_of(*algorithm)), "accepted", "{algorithm:?}");
            match oracle_accepts(&token, *algorithm) {
                None => Some(algorithm.name()),
                Some(accepted) => {
                    assert!(accepted, "{algorithm:?}");
                    None
                }
            }
        })
        .collect();
    assert_eq!(unknown, ["ES512", "Ed25519"]);
}

#[test]
fn a_token_signed_by_the_oracle_is_accepted() {
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET);
    for (algorithm, known) in [
        (Algorithm::Hs256, jsonwebtoken::Algorithm::HS256),
        (Algorithm::Hs384, jsonwebtoken::Algorithm::HS384),
        (Algorithm::Hs512, jsonwebtoken::Algorithm::HS512),
    ] {
        let token = jsonwebtoken::encode(&jsonwebtoken::Header::new(known), &good_claims(), &key).unwrap();
        assert_eq!(code_of(&token, &issuers_of(algorithm)), "accepted", "{algorithm:?}");
    }
}

/// Any token with one byte changed is refused, for every algorithm, byte and a few changes.
#[test]
fn changing_any_byte_of_an_accepted_token_refuses_it() {
    for algorithm in Algorithm::ALL {
        let issuers = issuers_of(*algorithm);
        let token = sign(*algorithm, &good_claims()).into_bytes();
        for position in 0..token.len() {
            for mask in [0x01, 0x03, 0x20] {
                let mut changed = token.clone();
                changed[position] ^= mask;
                assert_ne!(code(&verify(&changed, &Source::Bearer, &issuers, NOW, &mut Off)), "accepted", "{position} {mask}");
            }
        }
    }
}

/// A value that a claim may have, or had better not.
fn any_value() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (1_767_225_000u64..1_767_226_000).prop_map(Json::from),
        (0.0..2e12f64).prop_map(Json::from),
        "[a-z@. ]{0,6}".prop_map(Json::from),
        Just(json!("app")),
        Just(json!(ISSUER)),
        Just(json!(["app"])),
        Just(json!(["app", 1])),
        Just(json!([])),
        Just(json!({ "a": { "a": [1] } })),
    ]
}

fn any_claims() -> impl Strategy<Value = Json> {
    let names = prop::sample::select(vec![
        "iss",
        "aud",
        "exp",
        "sub",
        "nbf",
        "iat",
        "jti",
        "cnf",
        "email",
        "email_verified",
        "name",
        "groups",
        "scope",
        "acr",
        "amr",
        "auth_time",
        "other",
    ]);
    prop::collection::vec((names, any_value()), 0..3).prop_map(|changes| {
        let mut claims = good_claims();
        for (name, value) in changes {
            claims[name] = value;
        }
        claims
    })
}

fn any_header() -> impl Strategy<Value = Json> {
    let names = prop::sample::select(vec!["alg", "typ", "kid", "crit", "b64", "zip", "enc", "cty", "jwk", "jku", "other"]);
    let values = prop_oneof![any_value(), Just(json!("HS256")), Just(json!("none")), Just(json!("at+jwt"))];
    prop::collection::vec((names, values), 0..2).prop_map(|changes| {
        let mut header = json!({ "alg": "HS256", "typ": "JWT" });
        for (name, value) in changes {
            header[name] = value;
        }
        header
    })
}

proptest! {
    #[test]
    fn whatever_is_accepted_the_oracle_accepts(header in any_header(), claims in any_claims()) {
        let token = sign_text(Algorithm::Hs256, &header.to_string(), claims.to_string().as_bytes());
        if code_of(&token, &hmac_issuer()) == "accepted" {
            // It refuses a `jwk` that is no key and the like, which are not looked at here.
            let plain = sign_text(Algorithm::Hs256, "{\"alg\":\"HS256\"}", claims.to_string().as_bytes());
            prop_assert_eq!(oracle_accepts(&plain, Algorithm::Hs256), Some(true), "{} {}", header, claims);
        }
    }

    #[test]
    fn an_accepted_token_has_an_identity_that_is_fit_for_use(claims in any_claims()) {
        let token = sign(Algorithm::Hs256, &claims);
        if let Ok(token) = verify_at(token.as_bytes(), &hmac_issuer(), NOW) {
            prop_assert!(token.not_before <= NOW && NOW < token.expires);
            prop_assert!(!token.identity.subject().is_empty());
            prop_assert!(token.identity.email().is_none() || claims["email_verified"] == true);
        }
    }

    #[test]
    fn any_bytes_are_refused_without_panic(token in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_ne!(code(&verify_at(&token, &hmac_issuer(), NOW)), "accepted");
    }

    #[test]
    fn any_base64url_parts_are_refused_without_panic(
        header in "\\{\"alg\":\"HS256\"[,:\"a-z{}\\[\\]0-9\\\\]{0,20}\\}", payload in "[{}:,\"a-z0-9\\[\\]\\\\]{0,40}",
    ) {
        let token = sign_text(Algorithm::Hs256, &header, payload.as_bytes());
        prop_assert_ne!(code_of(&token, &hmac_issuer()), "accepted");
    }
}
