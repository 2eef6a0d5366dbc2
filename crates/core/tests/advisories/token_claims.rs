//! Tokens that the issuer has signed, and that are not for us, not for now, or say something of the wrong kind.

use gatewright::Authorizer;
use serde_json::{Value, json};

use crate::question::{MEMBERS, NOW, authorizer, bearer, with_keys};
use crate::signer::{Key, LOGIN, claims, claims_with, claims_without};

fn site() -> Authorizer {
    let issuer = format!(
        "[[issuer]]\nissuer = \"{LOGIN}\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\nkeys = {{ jwks_url = \"{LOGIN}/jwks\" }}\n"
    );
    with_keys(&authorizer(&[&issuer, MEMBERS]), LOGIN, &Key::Ed25519.jwk())
}

/// Asserts that a good token passes and one with these claims is refused for this reason.
#[track_caller]
fn refused(code: &str, wrong: &Value) {
    let site = site();
    assert_eq!(bearer(&site, &Key::Ed25519.token(&claims())), "allowed");
    assert_eq!(bearer(&site, &Key::Ed25519.token(wrong)), code, "{wrong}");
}

#[test]
fn cve_2024_47616_a_token_for_another_api_is_none_for_this() {
    refused("audience_mismatch", &claims_with("aud", json!("databroker")));
}

#[test]
fn cve_2025_62610_a_token_without_an_audience_is_refused() {
    refused("claim_missing", &claims_without("aud"));
    let issuer =
        format!("[[issuer]]\nissuer = \"{LOGIN}\"\nalgorithms = [\"EdDSA\"]\nkeys = {{ jwks_url = \"{LOGIN}/jwks\" }}\n");
    let error = crate::question::config_error(&[&issuer, MEMBERS]);
    assert!(error.contains("audiences"), "{error}");
}

#[test]
fn cve_2026_55669_the_audience_of_an_issuers_token_is_compared() {
    refused("audience_mismatch", &claims_with("aud", json!(["other", "another"])));
    refused("audience_mismatch", &claims_with("aud", json!("APP")));
}

#[test]
fn cve_2020_26160_an_empty_audience_or_one_of_another_kind_is_none() {
    for (aud, code) in [
        (json!([]), "claim_invalid"),
        (json!([""]), "audience_mismatch"),
        (json!(""), "audience_mismatch"),
        (json!(["app", 7]), "claim_invalid"),
        (json!({ "app": true }), "claim_invalid"),
        (json!(null), "claim_invalid"),
    ] {
        refused(code, &claims_with("aud", aud));
    }
}

#[test]
fn cve_2025_30144_an_array_is_no_issuer_even_with_the_right_one_inside() {
    refused("claim_invalid", &claims_with("iss", json!(["https://evil.example", LOGIN])));
    refused("claim_invalid", &claims_with("iss", json!([LOGIN])));
}

#[test]
fn cve_2024_53861_a_part_of_an_issuers_name_is_another_name() {
    for iss in
        ["https://login.example.co", "https://login.example.com/", "login.example.com", "https://login.example.com.evil.com", ""]
    {
        refused("issuer_unknown", &claims_with("iss", json!(iss)));
    }
}

#[test]
fn ghsa_wxg7_w2v3_w38g_the_times_of_a_token_are_looked_at() {
    refused("token_expired", &claims_with("exp", json!(NOW - 3_600)));
    refused("claim_missing", &claims_without("exp"));
    refused("token_not_yet_valid", &claims_with("nbf", json!(NOW + 3_600)));
    refused("claim_invalid", &claims_with("iat", json!("yesterday")));
}

#[test]
fn cve_2026_25537_a_time_of_the_wrong_kind_is_not_an_absent_one() {
    refused("claim_invalid", &claims_with("nbf", json!("99999999999")));
    refused("claim_invalid", &claims_with("exp", json!("1")));
    refused("claim_invalid", &claims_with("nbf", json!({})));
    refused("claim_invalid", &claims_with("nbf", json!(null)));
}

#[test]
fn cve_2024_51744_an_expired_token_with_a_wrong_signature_is_wrong_before_it_is_expired() {
    let expired = claims_with("exp", json!(NOW - 3_600));
    refused("token_expired", &expired);
    let mut forged = Key::Ed25519.token(&expired).into_bytes();
    let at = forged.len() - 10;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    assert_eq!(bearer(&site(), &String::from_utf8(forged).unwrap()), "signature_invalid");
}
