//! What may be in a key set, and what is left out of it.

use super::*;

/// A good Ed25519 key (RFC 8037 appendix A).
const GOOD: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"good","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn set(keys: &[&str]) -> String {
    format!("{{\"keys\":[{}]}}", keys.join(","))
}

#[test]
fn a_key_that_cannot_be_used_is_dropped_with_its_reason_and_the_good_one_stays() {
    for (bad, reason) in [
        (GOOD.replace("\"kid\"", "\"use\":\"enc\",\"kid\""), "`use` is `enc`"),
        (GOOD.replace("\"kid\"", "\"key_ops\":[\"sign\"],\"kid\""), "key_ops"),
        (GOOD.replace("\"kid\"", "\"alg\":\"RS256\",\"kid\""), "cannot serve"),
        (GOOD.replace("\"kid\"", "\"alg\":\"none\",\"kid\""), "not known"),
        (GOOD.replace("\"kid\"", "\"d\":\"AA\",\"kid\""), "private member `d`"),
        (GOOD.replace("11qY", "="), ""),
        (GOOD.replace("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "AA"), ""),
        (GOOD.replace("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), ""),
        (GOOD.replace("Ed25519", "X25519"), "`crv` is `X25519`"),
        (GOOD.replace("OKP", "okp"), "`kty` is `okp`"),
        (r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#.to_owned(), ""),
        (r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#.to_owned(), "`x` has 1 bytes, wanted 32"),
        (format!("{{\"kty\":\"oct\",\"k\":\"{}\"}}", "A".repeat(43)), "no secret"),
        ("7".to_owned(), "wanted an object"),
    ] {
        let keys = KeySet::from_json(&set(&[&bad, GOOD])).unwrap();
        assert_eq!((keys.len(), keys.dropped().len()), (1, 1), "{bad}");
        assert!(keys.dropped()[0].reason.contains(reason), "{bad}: {}", keys.dropped()[0].reason);
    }
}

#[test]
fn a_set_without_a_usable_key_is_an_error_that_says_why() {
    for (text, part) in [
        ("", ""),
        ("[]", ""),
        ("{}", "neither a JWKS"),
        (r#"{"keys":{}}"#, "wanted an array"),
        (r#"{"keys":[]}"#, "it is empty"),
        (r#"{"keys":[{"kty":"x"}]}"#, "`kty` is `x`"),
        (r#"{"keys":[],"keys":[]}"#, ""),
    ] {
        let error = KeySet::from_json(text).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn a_set_is_limited_in_keys_and_bytes() {
    let many = vec![GOOD; MAX_KEYS + 1];
    assert!(KeySet::from_json(&set(&many)).unwrap_err().to_string().contains("at most 100"));
    assert!(KeySet::from_json(&format!("{}{}", " ".repeat(MAX_TEXT), set(&[GOOD]))).is_err());
}

#[test]
fn secrets_count_only_where_the_operator_gives_them() {
    let secret = format!("{{\"kty\":\"oct\",\"kid\":\"s\",\"k\":\"{}\"}}", "A".repeat(43));
    assert!(KeySet::from_json(&secret).is_err());
    assert_eq!(KeySet::from_json_with_secrets(&secret).unwrap().len(), 1);
    assert!(KeySet::from_json_with_secrets(&set(&[&secret, GOOD])).is_err(), "nobody publishes both together on purpose");
    assert!(KeySet::from_secret(&Secret::from_bytes(vec![7; 31])).is_err(), "RFC 7518 §3.2: as long as the hash");
}

#[test]
fn the_fingerprint_follows_the_keys_and_not_their_writing() {
    let fingerprint = |text: &str| KeySet::from_json(text).unwrap().fingerprint();
    let reordered = r#"{ "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid":"good", "crv":"Ed25519", "kty":"OKP" }"#;
    assert_eq!(fingerprint(GOOD), fingerprint(reordered));
    assert_ne!(fingerprint(GOOD), fingerprint(&GOOD.replace("good", "other")));
}

#[test]
fn a_public_key_in_pem_is_read_and_a_private_one_refused() {
    let spki =
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    let keys = KeySet::from_pem(spki).unwrap();
    assert!(keys.has_key_for(Algorithm::EdDsa) && !keys.has_key_for(Algorithm::Es256));
    assert!(KeySet::from_pem(&spki.replace("PUBLIC", "PRIVATE")).is_err());
    assert!(KeySet::from_pem("ssh-ed25519 AAAA").is_err());
}
