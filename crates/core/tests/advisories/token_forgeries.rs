//! Tokens that somebody without the issuer's key has made.

use aws_lc_rs::signature as lc;
use gatewright::Authorizer;
use serde_json::{Value, json};

use crate::question::{MEMBERS, authorizer, bearer, config_error, decide, permit, with_keys};
use crate::signer::{
    Key, LOGIN, RSA_PUBLIC_PEM, SECRET, base64url, claims, claims_with, der, hs256, message, rsa_signature, unsigned,
};

const PARTNER: &str = "https://partner.example.net";

/// The login issuer signs with its keys, a partner shares a secret.
fn site() -> Authorizer {
    site_with("\"EdDSA\", \"ES256\", \"RS256\"")
}

fn site_with(algorithms: &str) -> Authorizer {
    let login = format!(
        "[[issuer]]\nissuer = \"{LOGIN}\"\naudiences = [\"app\"]\nalgorithms = [{algorithms}]\nkeys = {{ jwks_url = \"{LOGIN}/jwks\" }}\n"
    );
    let partner = format!(
        "[[issuer]]\nissuer = \"{PARTNER}\"\naudiences = [\"app\"]\nalgorithms = [\"HS256\"]\nkeys = {{ secret = \"{SECRET}\" }}\n"
    );
    let keys = json!({ "keys": [Key::Ed25519.jwk(), Key::P256.jwk(), Key::Rsa.jwk()] });
    with_keys(&authorizer(&[&login, &partner, MEMBERS]), LOGIN, &keys)
}

/// Asserts that the issuers' own tokens pass and this one is refused for this reason.
#[track_caller]
fn refused(code: &str, token: &str) {
    let site = site();
    for key in [Key::Ed25519, Key::P256, Key::Rsa] {
        assert_eq!(bearer(&site, &key.token(&claims())), "allowed", "{key:?}");
    }
    assert_eq!(
        bearer(&site, &hs256(SECRET.as_bytes(), &json!({ "alg": "HS256" }), &claims_with("iss", json!(PARTNER)))),
        "allowed"
    );
    assert_eq!(bearer(&site, token), code, "{token}");
}

/// Asserts that a public key, in this spelling, is no secret.
#[track_caller]
fn no_secret(spelling: &[u8]) {
    for kid in [Key::Rsa.jwk()["kid"].clone(), json!("p256"), Value::Null] {
        let header = if kid.is_null() { json!({ "alg": "HS256" }) } else { json!({ "alg": "HS256", "kid": kid }) };
        refused("algorithm_not_allowed", &hs256(spelling, &header, &claims()));
    }
}

#[test]
fn cve_2015_2951_alg_none_is_no_algorithm() {
    for alg in ["none", "None", "NONE", "nOnE"] {
        refused("algorithm_not_allowed", &unsigned(&json!({ "alg": alg, "kid": "ed" }), &claims(), &[1; 64]));
        refused("algorithm_not_allowed", &unsigned(&json!({ "alg": alg }), &claims(), b""));
    }
}

#[test]
fn cve_2020_26244_alg_none_is_refused_whatever_else_a_token_says() {
    let header = json!({ "alg": "none", "typ": "JWT", "kid": "rsa" });
    refused("algorithm_not_allowed", &unsigned(&header, &claims_with("nonce", json!("n")), b""));
}

#[test]
fn ghsa_88q6_jcjg_hvmw_alg_none_with_a_signature_of_another_is_refused() {
    let good = Key::Rsa.token(&claims());
    let forged = message(&json!({ "alg": "none", "kid": "rsa" }), &claims_with("sub", json!("root")));
    refused("algorithm_not_allowed", &format!("{forged}.{}", good.rsplit_once('.').unwrap().1));
}

#[test]
fn cve_2022_23540_no_algorithm_is_taken_because_none_was_named() {
    refused("algorithm_not_allowed", &unsigned(&json!({ "alg": "none" }), &claims(), b""));
    refused("token_malformed", &unsigned(&json!({ "kid": "ed" }), &claims(), b""));
    let issuer = format!("[[issuer]]\nissuer = \"{LOGIN}\"\naudiences = [\"app\"]\nkeys = {{ jwks_url = \"{LOGIN}/jwks\" }}\n");
    for lines in ["", "algorithms = []\n", "algorithms = [\"none\"]\n"] {
        config_error(&[&format!("{issuer}{lines}"), MEMBERS]);
    }
}

#[test]
fn cve_2015_9235_a_public_pem_is_no_secret() {
    no_secret(RSA_PUBLIC_PEM.as_bytes());
}

#[test]
fn cve_2016_10555_a_public_pem_without_its_last_line_end_is_no_secret() {
    no_secret(RSA_PUBLIC_PEM.trim_end().as_bytes());
}

#[test]
fn cve_2022_23541_keys_and_secrets_of_two_issuers_are_never_mixed_up() {
    no_secret(RSA_PUBLIC_PEM.as_bytes());
    let claims = claims_with("iss", json!(PARTNER));
    refused("algorithm_not_allowed", &Key::Rsa.token(&claims));
    refused("signature_invalid", &hs256(RSA_PUBLIC_PEM.as_bytes(), &json!({ "alg": "HS256" }), &claims));
}

#[test]
fn cve_2022_23539_an_algorithm_of_another_family_than_the_keys_is_refused() {
    for (key, alg, code) in [
        (Key::Rsa, "ES256", "algorithm_not_allowed"),
        (Key::P256, "RS256", "algorithm_not_allowed"),
        (Key::Ed25519, "RS256", "algorithm_not_allowed"),
        (Key::Rsa, "PS256", "algorithm_not_allowed"),
    ] {
        refused(code, &key.sign(&json!({ "alg": alg, "kid": key.jwk()["kid"] }), &claims()));
    }
}

#[test]
fn cve_2023_48238_a_public_key_with_carriage_returns_is_no_secret() {
    no_secret(RSA_PUBLIC_PEM.replace('\n', "\r\n").as_bytes());
}

#[test]
fn cve_2024_37568_a_public_key_on_one_line_is_no_secret() {
    no_secret(RSA_PUBLIC_PEM.replace('\n', "").as_bytes());
}

#[test]
fn cve_2023_48223_a_pkcs_1_pem_is_no_secret() {
    no_secret(pkcs1_pem().as_bytes());
}

#[test]
fn cve_2017_11424_a_pkcs_1_pem_is_no_secret_with_or_without_line_ends() {
    no_secret(pkcs1_pem().trim_end().as_bytes());
    no_secret(pkcs1_pem().replace('\n', "").as_bytes());
}

#[test]
fn cve_2022_29217_an_ssh_public_key_is_no_secret() {
    let x = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(Key::Ed25519.jwk()["x"].as_str().unwrap()).unwrap();
    no_secret(ssh_line("ssh-ed25519", &[&x]).as_bytes());
}

#[test]
fn cve_2024_33663_an_ssh_ecdsa_key_is_no_secret() {
    let member = |name: &str| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(Key::P256.jwk()[name].as_str().unwrap()).unwrap();
    let point = [vec![4], member("x"), member("y")].concat();
    no_secret(ssh_line("ecdsa-sha2-nistp256", &[b"nistp256", &point]).as_bytes());
}

#[test]
fn cve_2026_34950_a_pem_behind_white_space_is_no_secret() {
    for space in ["\n", " ", "\t", "\r\n\r\n"] {
        no_secret(format!("{space}{RSA_PUBLIC_PEM}").as_bytes());
    }
}

#[test]
fn ghsa_ww5h_9m49_7xx4_a_pem_behind_anything_is_no_secret() {
    for junk in ["# comment\n", "\0", "\u{200b}", "x"] {
        no_secret(format!("{junk}{RSA_PUBLIC_PEM}").as_bytes());
    }
}

#[test]
fn ghsa_g3jj_5cmm_3hxx_a_public_jwk_is_no_secret() {
    for key in [Key::Rsa, Key::P256, Key::Ed25519] {
        no_secret(key.jwk().to_string().as_bytes());
    }
}

#[test]
fn cve_2026_48526_a_public_jwk_set_is_no_secret_however_it_is_written() {
    no_secret(json!({ "keys": [Key::Rsa.jwk()] }).to_string().as_bytes());
    no_secret(serde_json::to_string_pretty(&Key::Rsa.jwk()).unwrap().as_bytes());
    no_secret(Key::Rsa.jwk()["n"].as_str().unwrap().as_bytes());
}

#[test]
fn cve_2018_0114_a_key_in_the_header_verifies_nothing() {
    let mut jwk: Value = serde_json::from_str(include_str!("../../../vectors/keys/ed-2.jwk.json")).unwrap();
    jwk["kid"] = json!("mine");
    let forged = |kid: &str| {
        let header = json!({ "alg": "EdDSA", "kid": kid, "jwk": jwk });
        let input = message(&header, &claims_with("sub", json!("root")));
        let pair = lc::Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der(include_str!("../../../vectors/keys/ed-2.pem"))).unwrap();
        format!("{input}.{}", base64url(pair.sign(input.as_bytes()).as_ref()))
    };
    refused("key_unknown", &forged("mine"));
    refused("signature_invalid", &forged("ed"));
}

#[test]
fn cve_2026_27962_a_key_in_the_header_is_not_even_one_where_no_other_has_come() {
    let header = json!({ "alg": "EdDSA", "jwk": Key::Ed25519.jwk() });
    let issuer = format!(
        "[[issuer]]\nissuer = \"{LOGIN}\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\nkeys = {{ jwks_url = \"{LOGIN}/jwks\" }}\n"
    );
    let site = authorizer(&[&issuer, MEMBERS]);
    assert_eq!(bearer(&site, &Key::Ed25519.sign(&header, &claims())), "keys_unavailable");
    let site = with_keys(&site, LOGIN, &json!({ "keys": [Key::P256.jwk()] }));
    assert_eq!(bearer(&site, &Key::Ed25519.sign(&header, &claims())), "key_unknown");
    let site = with_keys(&site, LOGIN, &json!({ "keys": [Key::Ed25519.jwk()] }));
    assert_eq!(bearer(&site, &Key::Ed25519.sign(&Key::Ed25519.header(), &claims())), "allowed");
}

#[test]
fn cve_2020_28042_an_empty_signature_is_none() {
    for key in [Key::Ed25519, Key::P256, Key::Rsa] {
        refused("signature_invalid", &unsigned(&key.header(), &claims(), b""));
    }
    refused("signature_invalid", &unsigned(&json!({ "alg": "HS256" }), &claims_with("iss", json!(PARTNER)), b""));
}

#[test]
fn cve_2022_21449_a_signature_of_zeros_signs_nothing() {
    let one = [[0_u8; 31].as_slice(), &[1]].concat();
    let half_zero = [one.as_slice(), &[0; 32]].concat();
    for signature in [&[0; 64][..], &half_zero, &[0x30, 6, 2, 1, 0, 2, 1, 0], &[0xff; 64]] {
        refused("signature_invalid", &unsigned(&Key::P256.header(), &claims(), signature));
    }
}

#[test]
fn cve_2025_65945_a_header_does_not_choose_the_secret() {
    let mine = b"a secret that the forger has chosen, long enough";
    for kid in ["../../dev/null", "", "mine", LOGIN] {
        let header = json!({ "alg": "HS256", "kid": kid, "secret": base64url(mine), "k": base64url(mine) });
        refused("signature_invalid", &hs256(mine, &header, &claims_with("iss", json!(PARTNER))));
    }
}

#[test]
fn cve_2022_29226_a_token_is_verified_before_it_counts() {
    refused("token_malformed", "anything");
    refused("token_malformed", "a.b.c");
    refused("signature_invalid", &unsigned(&Key::Ed25519.header(), &claims(), &[7; 64]));
    let partner = claims_with("iss", json!(PARTNER));
    refused("signature_invalid", &hs256(b"no secret of ours, and long enough for it", &json!({ "alg": "HS256" }), &partner));
}

#[test]
fn cve_2021_21378_a_token_of_an_unknown_issuer_is_not_a_missing_one() {
    let token = Key::Ed25519.token(&claims_with("iss", json!("https://unknown.example.org")));
    refused("issuer_unknown", &token);
    let open = authorizer(&[
        &format!(
            "[[issuer]]\nissuer = \"{LOGIN}\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\nkeys = {{ jwks_url = \"{LOGIN}/jwks\" }}\n"
        ),
        "[[rule]]\nid = \"open\"\npaths = [\"/**\"]\nallow = \"anyone\"\n",
    ]);
    let headers = [("Authorization", format!("Bearer {token}"))];
    assert!(permit(decide(&open, "/", &headers)).identity().is_none(), "where anyone may pass it is nobody");
}

#[test]
fn cve_2026_22817_the_header_chooses_no_algorithm_that_is_not_listed() {
    let keys = json!({ "keys": [Key::Rsa.jwk()] });
    let site = with_keys(&site_with("\"RS256\""), LOGIN, &keys);
    let signed = |alg: &str, scheme: &'static dyn lc::RsaEncoding| {
        let input = message(&json!({ "alg": alg, "kid": "rsa" }), &claims());
        format!("{input}.{}", base64url(&rsa_signature(scheme, input.as_bytes())))
    };
    assert_eq!(bearer(&site, &signed("RS256", &lc::RSA_PKCS1_SHA256)), "allowed");
    assert_eq!(bearer(&site, &signed("RS512", &lc::RSA_PKCS1_SHA512)), "algorithm_not_allowed");
    assert_eq!(bearer(&site, &signed("PS256", &lc::RSA_PSS_SHA256)), "algorithm_not_allowed");
}

#[test]
fn cve_2026_22818_a_key_without_alg_is_no_key_for_hmac() {
    assert!(Key::Rsa.jwk().get("alg").is_none());
    no_secret(&der(RSA_PUBLIC_PEM));
    no_secret(b"");
}

#[test]
fn cve_2026_48523_a_keys_own_algorithm_and_the_headers_have_to_be_one() {
    let mut jwk = Key::Rsa.jwk();
    jwk["alg"] = json!("RS384");
    let site = with_keys(&site_with("\"RS256\""), LOGIN, &json!({ "keys": [jwk] }));
    let signed = |alg: &str, scheme: &'static dyn lc::RsaEncoding| {
        let input = message(&json!({ "alg": alg, "kid": "rsa" }), &claims());
        format!("{input}.{}", base64url(&rsa_signature(scheme, input.as_bytes())))
    };
    for (alg, scheme) in [("RS256", &lc::RSA_PKCS1_SHA384), ("RS256", &lc::RSA_PKCS1_SHA256), ("RS384", &lc::RSA_PKCS1_SHA384)] {
        assert_eq!(bearer(&site, &signed(alg, scheme)), "algorithm_not_allowed", "{alg}");
    }
    let listed = with_keys(&site_with("\"RS384\""), LOGIN, &json!({ "keys": [jwk] }));
    assert_eq!(bearer(&listed, &signed("RS384", &lc::RSA_PKCS1_SHA384)), "allowed");
}

/// The RSA key as PKCS #1: what stands in the bit string at the end of the SPKI.
fn pkcs1_pem() -> String {
    let base64 = base64_simd::STANDARD.encode_to_string(&der(RSA_PUBLIC_PEM)[24..]);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", lines.join("\n"))
}

/// A line of `authorized_keys` (RFC 4253 §6.6).
fn ssh_line(kind: &str, parts: &[&[u8]]) -> String {
    let mut blob = Vec::new();
    for part in [&[kind.as_bytes()], parts].concat() {
        blob.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
        blob.extend(part);
    }
    format!("{kind} {}", base64_simd::STANDARD.encode_to_string(blob))
}
