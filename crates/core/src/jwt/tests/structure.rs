//! Tokens whose form or header is wrong, and lengths.

use super::*;
use crate::base64url::encode;

#[test]
fn a_token_is_three_parts_of_base64url() {
    let token = sign(Algorithm::Hs256, &good_claims());
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("not three parts") };
    let flattened = json!({ "protected": header, "payload": payload, "signature": signature }).to_string();
    let general = json!({ "payload": payload, "signatures": [{ "protected": header, "signature": signature }] }).to_string();
    for wrong in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "....".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{header}.{payload}.x.y.{signature}"),
        format!("{header}..{payload}.{signature}"),
        format!(" {token}"),
        format!("{token} "),
        format!("{token}\n"),
        format!("{token}\r\n"),
        format!("{token}\0"),
        format!("{token}="),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}=.{signature}"),
        format!("{header}.{payload} .{signature}"),
        format!("{header}\n.{payload}.{signature}"),
        token.replacen('.', "%2e", 1),
        token.replacen('.', "．", 1),
        format!("Bearer {token}"),
        format!("{token},{token}"),
        format!("\"{token}\""),
        flattened.clone(),
        general,
        // One text, two readings: JSON around a compact token (CVE-2022-39227).
        format!("{{\"a\":\"{token}\",{}", flattened.strip_prefix('{').unwrap()),
        format!("{{\"a\":\".{payload}.{signature}\"}}"),
        format!("{header}.{payload}.+/{signature}"),
        format!("{header}.{payload}.{signature}AA"),
    ] {
        assert_eq!(code_of(&wrong, &hmac_issuer()), "token_malformed", "{wrong}");
    }
    assert_eq!(code_of(&format!("{header}.{payload}."), &hmac_issuer()), "signature_invalid");
    assert_eq!(code_of(&format!("{header}.{payload}.{signature}A"), &hmac_issuer()), "signature_invalid");
    assert_eq!(code_of(&format!("{header}.{payload}.{signature}AAAA"), &hmac_issuer()), "signature_invalid");
}

#[test]
fn trailing_bits_make_no_second_spelling() {
    // 32 bytes leave two bits in the last letter: of 64 letters, 16 are canonical, and one of them is right.
    let token = sign(Algorithm::Hs256, &good_claims());
    let start = token.split_at(token.len() - 1).0;
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let count = |code| letters.chars().filter(|letter| code_of(&format!("{start}{letter}"), &hmac_issuer()) == code).count();
    assert_eq!([count("accepted"), count("signature_invalid"), count("token_malformed")], [1, 15, 48]);
}

#[test]
fn length_is_limited_before_anything_is_read() {
    let padded = |length: usize| sign(Algorithm::Hs256, &claims_with("pad", json!("x".repeat(length))));
    let fits = padded(5_900);
    assert!(fits.len() <= 8192);
    assert_eq!(code_of(&fits, &hmac_issuer()), "accepted");
    assert_eq!(code_of(&padded(6_200), &hmac_issuer()), "token_too_large");
    assert_eq!(code_of(&"a".repeat(8193), &hmac_issuer()), "token_too_large");
    assert_eq!(code_of(&".".repeat(10_000_000), &hmac_issuer()), "token_too_large");
}

#[test]
fn an_issuers_own_limit_counts_beside_a_larger_one() {
    let mut roomy = issuer(&[Algorithm::Hs256]);
    roomy.issuer = "https://roomy.example".to_owned();
    roomy.max_token = 65_536;
    let mut issuers = hmac_issuer();
    issuers.extend(with_keys(roomy, secret_keys()));
    let mut claims = claims_with("pad", json!("x".repeat(20_000)));
    assert_eq!(code_of(&sign(Algorithm::Hs256, &claims), &issuers), "token_too_large");
    claims["iss"] = json!("https://roomy.example");
    assert_eq!(code_of(&sign(Algorithm::Hs256, &claims), &issuers), "accepted");
}

#[test]
fn alg_is_the_keys_and_written_exactly() {
    let payload = good_claims().to_string();
    let signed = |alg: &str| sign_text(Algorithm::Hs256, &format!("{{\"alg\":{alg}}}"), payload.as_bytes());
    let unsigned = |alg: &str| format!("{}.{}.", encode(format!("{{\"alg\":{alg}}}").as_bytes()), encode(payload.as_bytes()));
    assert_eq!(code_of(&signed("\"HS256\""), &hmac_issuer()), "accepted");
    for none in ["none", "None", "NONE", "nOnE", "noNe", "nonE", "NonE", "nONE", "", " none", "none\\u0000"] {
        let alg = format!("\"{none}\"");
        assert_eq!(code_of(&signed(&alg), &hmac_issuer()), "algorithm_not_allowed", "{none}");
        assert_eq!(code_of(&unsigned(&alg), &hmac_issuer()), "algorithm_not_allowed", "{none}");
    }
    for alg in
        ["HS256 ", " HS256", "hs256", "Hs256", "HS384", "HS512", "RS256", "ES256", "EdDSA", "dir", "A128KW", "PBES2-HS256+A128KW"]
    {
        assert_eq!(code_of(&signed(&format!("\"{alg}\"")), &hmac_issuer()), "algorithm_not_allowed", "{alg}");
    }
    for alg in [
        "null",
        "[\"HS256\"]",
        "256",
        "true",
        "{\"alg\":\"HS256\"}",
        "\"HS256\",\"alg\":\"none\"",
        "\"HS256\",\"\\u0061lg\":\"HS256\"",
    ] {
        assert_eq!(code_of(&signed(alg), &hmac_issuer()), "token_malformed", "{alg}");
    }
    assert_eq!(code_of(&sign_text(Algorithm::Hs256, "{\"typ\":\"JWT\"}", payload.as_bytes()), &hmac_issuer()), "token_malformed");
}

#[test]
fn the_secret_signs_nothing_but_the_algorithms_the_issuer_names() {
    for algorithm in [Algorithm::Hs384, Algorithm::Hs512] {
        assert_eq!(code_of(&sign(algorithm, &good_claims()), &hmac_issuer()), "algorithm_not_allowed");
    }
}

#[test]
fn encrypted_and_huge_tokens_are_refused_at_once() {
    let bomb = encode(b"{\"alg\":\"PBES2-HS512+A256KW\",\"enc\":\"A256GCM\",\"p2c\":2147483647,\"zip\":\"DEF\"}");
    assert_eq!(code_of(&format!("{bomb}.AA.AA.AA.AA"), &hmac_issuer()), "token_malformed");
    assert_eq!(code_of(&format!("{bomb}.AA.AA"), &hmac_issuer()), "token_malformed");
    let header = format!("{{\"alg\":\"HS256\",\"x\":\"{}\"}}", "x".repeat(256 * 1024));
    let token = sign_text(Algorithm::Hs256, &header, good_claims().to_string().as_bytes());
    assert_eq!(code_of(&token, &hmac_issuer()), "token_too_large");
    let deep = format!("{{\"alg\":\"HS256\",\"x\":{}", "[".repeat(4_000));
    assert_eq!(code_of(&sign_text(Algorithm::Hs256, &deep, b"{}"), &hmac_issuer()), "token_malformed");
}

#[test]
fn a_token_counts_only_in_the_sources_of_its_issuer() {
    let token = sign(Algorithm::Hs256, &good_claims());
    let mut cookie = issuer(&[Algorithm::Hs256]);
    cookie.sources = vec![Source::Cookie("token".to_owned())];
    let issuers = with_keys(cookie, secret_keys());
    let at = |source: &Source| code(&verify(token.as_bytes(), source, &issuers, NOW, &mut Off));
    assert_eq!(at(&Source::Cookie("token".to_owned())), "accepted");
    assert_eq!(at(&Source::Cookie("Token".to_owned())), "issuer_unknown");
    assert_eq!(at(&Source::Bearer), "issuer_unknown");
    assert_eq!(at(&Source::Header("token".to_owned())), "issuer_unknown");
}
