//! Tokens that are too large, too deep, encrypted or no compact token at all.

use gatewright::Authorizer;
use serde_json::{Value, json};

use crate::question::{MEMBERS, authorizer, bearer, with_keys};
use crate::signer::{Key, LOGIN, base64url, claims, claims_with, unsigned};

fn site() -> Authorizer {
    let issuer = format!(
        "[[issuer]]\nissuer = \"{LOGIN}\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\", \"ES256\"]\nkeys = {{ jwks_url = \"{LOGIN}/jwks\" }}\n"
    );
    with_keys(&authorizer(&[&issuer, MEMBERS]), LOGIN, &json!({ "keys": [Key::Ed25519.jwk(), Key::P256.jwk()] }))
}

/// Asserts that a good token passes and each of these is refused for this reason.
#[track_caller]
fn refused(code: &str, tokens: &[String]) {
    let site = site();
    assert_eq!(bearer(&site, &Key::Ed25519.token(&claims())), "allowed");
    for token in tokens {
        assert_eq!(bearer(&site, token), code, "{}", &token[..token.len().min(200)]);
    }
}

/// A token signed by the issuer whose header says more than usual.
fn with_header(name: &str, value: Value) -> String {
    let mut header = Key::Ed25519.header();
    header[name] = value;
    Key::Ed25519.sign(&header, &claims())
}

/// An encrypted token (RFC 7516 §3.1) with this header: five parts.
fn encrypted(header: &Value) -> String {
    let part = |length: usize| base64url(&vec![7; length]);
    format!("{}.{}.{}.{}.{}", base64url(header.to_string().as_bytes()), part(40), part(12), part(64), part(16))
}

/// Asserts that an encrypted token with these members in its header is refused before anything is derived or unpacked,
/// and so is a signed one that says the same, or names the algorithm alone.
#[track_caller]
fn not_decrypted(members: &Value) {
    refused("token_malformed", &[encrypted(members), unsigned(members, &claims(), &[7; 64])]);
    refused("algorithm_not_allowed", &[unsigned(&json!({ "alg": members["alg"] }), &claims(), &[7; 64])]);
}

fn passwords(iterations: u64) -> Value {
    json!({ "alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2s": "c2FsdHNhbHQ", "p2c": iterations })
}

fn packed() -> Value {
    json!({ "alg": "dir", "enc": "A128GCM", "zip": "DEF" })
}

#[test]
fn cve_2022_36083_no_password_is_stretched() {
    not_decrypted(&passwords(2_147_483_647));
}

#[test]
fn cve_2023_6681_a_token_does_not_say_how_often_a_password_is_stretched() {
    not_decrypted(&passwords(1_000_000_000));
}

#[test]
fn cve_2023_49290_a_count_beyond_all_bounds_is_not_worked_off() {
    not_decrypted(&passwords(u64::MAX));
}

#[test]
fn cve_2023_52428_a_count_of_32_bits_is_not_worked_off() {
    not_decrypted(&passwords(4_294_967_295));
}

#[test]
fn cve_2023_51775_a_large_count_is_not_worked_off() {
    not_decrypted(&passwords(500_000_000));
}

#[test]
fn cve_2023_31582_a_password_is_not_stretched_once() {
    not_decrypted(&passwords(1));
}

#[test]
fn ghsa_2c7c_3mj9_8fqh_a_count_of_zero_is_refused_like_any_other() {
    not_decrypted(&passwords(0));
}

#[test]
fn cve_2024_28176_nothing_is_unpacked() {
    not_decrypted(&packed());
    refused("token_malformed", &[encrypted(&json!({ "alg": "RSA-OAEP", "enc": "A256GCM", "zip": "DEF" }))]);
}

#[test]
fn cve_2024_28180_nothing_is_unpacked_whatever_the_size() {
    not_decrypted(&packed());
    refused(
        "token_too_large",
        &[format!(
            "{}.{}.{}.{}.{}",
            base64url(packed().to_string().as_bytes()),
            "",
            "A".repeat(16),
            "A".repeat(300_000),
            "A".repeat(22)
        )],
    );
}

#[test]
fn cve_2024_28122_a_signed_token_is_not_unpacked() {
    not_decrypted(&packed());
    refused("token_malformed", &[with_header("zip", json!("DEF"))]);
}

#[test]
fn cve_2024_33664_a_bomb_is_not_opened() {
    not_decrypted(&packed());
    refused("token_malformed", &[encrypted(&json!({ "alg": "A128KW", "enc": "A128CBC-HS256", "zip": "DEF" }))]);
}

#[test]
fn cve_2026_34986_an_encrypted_token_without_a_key_is_malformed() {
    let header = base64url(br#"{"alg":"A128KW","enc":"A128GCM"}"#);
    refused("token_malformed", &[format!("{header}..AAAA.AAAA.AAAA"), format!("{header}...."), "....".to_owned()]);
}

#[test]
fn ghsa_c8v6_786g_vjx6_an_encrypted_token_is_no_signed_one() {
    let inner = Key::Ed25519.token(&claims());
    refused(
        "token_malformed",
        &[encrypted(&json!({ "alg": "RSA-OAEP", "enc": "A128GCM", "cty": "JWT" })), format!("{inner}.AAAA.AAAA")],
    );
}

#[test]
fn cve_2025_30204_a_million_dots_are_not_counted_out() {
    refused("token_too_large", &[".".repeat(1_000_000)]);
    refused("token_malformed", &[".".repeat(8_000)]);
}

#[test]
fn cve_2025_27144_a_token_of_nothing_but_dots_is_malformed() {
    refused(
        "token_malformed",
        &[".".repeat(4_000), "a.".repeat(2_000), format!("{}{}", Key::Ed25519.token(&claims()), ".".repeat(100))],
    );
}

#[test]
fn cve_2025_61920_a_part_beyond_all_bounds_is_not_decoded() {
    let good = Key::Ed25519.token(&claims());
    let (header, rest) = good.split_once('.').unwrap();
    refused(
        "token_too_large",
        &[
            format!("{}.{rest}", "A".repeat(1_000_000)),
            format!("{header}.{}.AAAA", "A".repeat(1_000_000)),
            format!("{header}.{rest}{}", "A".repeat(1_000_000)),
        ],
    );
}

#[test]
fn cve_2026_48525_a_payload_that_is_said_to_be_unencoded_is_refused() {
    let mut header = Key::Ed25519.header();
    header["b64"] = json!(false);
    header["crit"] = json!(["b64"]);
    refused("critical_header_unsupported", &[Key::Ed25519.sign(&header, &claims())]);
    refused("token_too_large", &[format!("{}.{}.AAAA", base64url(header.to_string().as_bytes()), "A".repeat(2_000_000))]);
}

/// Asserts that whatever is critical is refused, though the issuer has signed it.
#[track_caller]
fn not_understood(crit: Value) {
    refused("critical_header_unsupported", &[with_header("crit", crit)]);
}

#[test]
fn ghsa_hm7r_c7qw_ghp6_an_unknown_critical_member_is_refused() {
    not_understood(json!(["x-mfa-required"]));
}

#[test]
fn cve_2026_32597_no_list_of_critical_members_is_passed_over() {
    not_understood(json!(["exp"]));
    not_understood(json!([]));
}

#[test]
fn cve_2025_59420_a_critical_member_that_is_there_is_refused() {
    let mut header = Key::Ed25519.header();
    header["cnf"] = json!({ "jkt": "x" });
    header["crit"] = json!(["cnf"]);
    refused("critical_header_unsupported", &[Key::Ed25519.sign(&header, &claims())]);
    not_understood(json!("cnf"));
}

/// The JSON form of a token (RFC 7515 §7.2).
fn as_json(token: &str, general: bool) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let signature = json!({ "protected": parts[0], "signature": parts[2] });
    if general {
        json!({ "payload": parts[1], "signatures": [signature, signature] }).to_string()
    } else {
        json!({ "payload": parts[1], "protected": parts[0], "signature": parts[2] }).to_string()
    }
}

#[test]
fn cve_2016_9122_a_token_with_several_signatures_is_none() {
    let good = Key::Ed25519.token(&claims());
    refused("token_malformed", &[as_json(&good, true), as_json(&good, false)]);
}

#[test]
fn cve_2024_21664_a_json_token_without_a_header_is_malformed() {
    refused(
        "token_malformed",
        &[
            r#"{"signature":""}"#.to_owned(),
            r#"{"payload":"e30","signatures":[{}]}"#.to_owned(),
            r#"{"payload":"e30","signature":"AAAA"}"#.to_owned(),
        ],
    );
}

#[test]
fn cve_2022_39227_a_text_with_two_readings_has_none() {
    let good = Key::Ed25519.token(&claims());
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let forged = base64url(claims_with("sub", json!("root")).to_string().as_bytes());
    refused(
        "token_malformed",
        &[
            format!(r#"{{" {header}.{forged}.":"","protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#),
            format!("{{\"{header}.{forged}.\":\"\",\"payload\":\"{payload}\"}}.{payload}.{signature}"),
        ],
    );
}

#[test]
fn cve_2025_53864_deep_nesting_is_malformed() {
    for depth in [200, 2_000] {
        let payload = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let header = base64url(Key::Ed25519.header().to_string().as_bytes());
        let code = bearer(&site(), &format!("{header}.{}.{}", base64url(payload.as_bytes()), base64url(&[7; 64])));
        assert!(["token_malformed", "signature_invalid"].contains(&code), "{depth}: {code}");
        let header = format!("{{\"alg\":\"EdDSA\",\"x\":{payload}}}");
        refused("token_malformed", &[format!("{}.e30.AAAA", base64url(header.as_bytes()))]);
    }
}

#[test]
fn cve_2019_17195_no_broken_token_is_more_than_malformed() {
    let part = |text: &[u8]| base64url(text);
    let header = part(br#"{"alg":"EdDSA","kid":"ed"}"#);
    refused(
        "token_malformed",
        &[
            format!("{}.e30.AAAA", part(b"{")),
            format!("{}.e30.AAAA", part(b"null")),
            format!("{}.e30.AAAA", part(b"[]")),
            format!("{}.e30.AAAA", part(b"\xff\xfe")),
            format!("{}.e30.AAAA", part(br#"{"alg":null}"#)),
            format!("{}.e30.AAAA", part(br#"{"alg":{}}"#)),
            format!("{header}.%%%%.AAAA"),
            format!("{header}.e30"),
            String::from("."),
        ],
    );
}
