//! Tokens against an issuer: one table for each group of attacks, and the other implementations as oracles.

mod accepted;
mod claims;
mod keys;
mod oracle;
mod signer;
mod structure;

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::crypto::Algorithm;
use crate::jwk::KeySet;
use crate::secret::Secret;
use crate::trace::{Explanation, Off};
use signer::{SECRET, public_jwks, sign, sign_text};

const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);
const ISSUER: &str = "https://login.example.com";

/// An issuer with everything at its default.
fn issuer(algorithms: &[Algorithm]) -> Issuer {
    Issuer {
        issuer: ISSUER.to_owned(),
        audiences: vec!["app".to_owned()],
        algorithms: algorithms.to_vec(),
        types: None,
        leeway: 60,
        max_token: 8192,
        sources: vec![Source::Bearer],
        claims: ClaimMapping::default(),
        unverified_email: false,
        unchecked_cnf: false,
        dpop: DpopUse::WhenBound,
        dpop_replay: DpopReplay::Accept,
    }
}

fn with_keys(issuer: Issuer, keys: KeySet) -> Vec<IssuerKeys> {
    vec![IssuerKeys::new(issuer, Some(Arc::new(keys)), true)]
}

/// An issuer that signs with the shared secret.
fn hmac_issuer() -> Vec<IssuerKeys> {
    with_keys(issuer(&[Algorithm::Hs256]), secret_keys())
}

/// An issuer that signs with public keys, one for each family, by the `kid` of [`signer::kid`].
fn public_issuer() -> Vec<IssuerKeys> {
    let asymmetric = Algorithm::ALL.iter().copied().filter(|algorithm| !algorithm.name().starts_with("HS"));
    with_keys(issuer(&asymmetric.collect::<Vec<_>>()), KeySet::from_json(&public_jwks().to_string()).unwrap())
}

fn secret_keys() -> KeySet {
    KeySet::from_secret(&Secret::from_bytes(SECRET.to_vec())).unwrap()
}

/// Claims that are accepted.
fn good_claims() -> Json {
    json!({ "iss": ISSUER, "aud": "app", "sub": "alice", "exp": NOW.as_secs() + 600, "iat": NOW.as_secs() })
}

/// The same with one member set, or removed if it is null.
fn claims_with(name: &str, value: Json) -> Json {
    let mut claims = good_claims();
    match value {
        Json::Null => claims.as_object_mut().unwrap().remove(name),
        value => claims.as_object_mut().unwrap().insert(name.to_owned(), value),
    };
    claims
}

fn verify_at(token: &[u8], issuers: &[IssuerKeys], now: UnixTime) -> Result<VerifiedToken, Failure> {
    let decided = verify(token, &Source::Bearer, issuers, now, &mut Off);
    let mut explanation = Explanation::default();
    let explained = verify(token, &Source::Bearer, issuers, now, &mut explanation);
    assert_eq!(code(&decided), code(&explained));
    assert!(!explanation.steps().is_empty());
    decided
}

/// `accepted`, or the reason code.
fn code(result: &Result<VerifiedToken, Failure>) -> &'static str {
    match result {
        Ok(_) => "accepted",
        Err(Failure::Refused { refusal, .. }) => refusal.rejection.code(),
        Err(Failure::Unknown { outage, .. }) => outage.code(),
    }
}

fn code_of(token: &str, issuers: &[IssuerKeys]) -> &'static str {
    code(&verify_at(token.as_bytes(), issuers, NOW))
}

/// The code of a token of the shared secret with these claims.
fn code_of_claims(claims: &Json) -> &'static str {
    code_of(&sign(Algorithm::Hs256, claims), &hmac_issuer())
}

fn detail_of(claims: &Json) -> String {
    match verify_at(sign(Algorithm::Hs256, claims).as_bytes(), &hmac_issuer(), NOW) {
        Err(Failure::Refused { refusal, .. }) => refusal.detail.into_owned(),
        other => panic!("not refused: {other:?}"),
    }
}
