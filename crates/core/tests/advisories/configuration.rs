//! Mistakes of the operator that open a door elsewhere; here the policy is not taken.

use gatewright::{Authorizer, Config};

use crate::question::{MEMBERS, authorizer, bearer, config_error};
use crate::signer::{Key, LOGIN, SECRET, claims, hs256};

/// An issuer with these keys.
fn issuer(algorithm: &str, keys: &str) -> String {
    format!("[[issuer]]\nissuer = \"{LOGIN}\"\naudiences = [\"app\"]\nalgorithms = [\"{algorithm}\"]\nkeys = {keys}\n")
}

/// An issuer with this secret is refused; with a long one it is not, and its tokens count.
#[track_caller]
fn secret_refused(secret: &str) {
    let good = authorizer(&[&issuer("HS256", &format!("{{ secret = \"{SECRET}\" }}")), MEMBERS]);
    let header = serde_json::json!({ "alg": "HS256" });
    assert_eq!(bearer(&good, &hs256(SECRET.as_bytes(), &header, &claims())), "allowed");
    assert_eq!(bearer(&good, &hs256(secret.as_bytes(), &header, &claims())), "signature_invalid");
    let error = config_error(&[&issuer("HS256", &format!("{{ secret = \"{secret}\" }}")), MEMBERS]);
    assert!(error.contains("32"), "{error}");
}

#[test]
fn cve_2019_20933_a_blank_secret_is_refused() {
    secret_refused("");
}

#[test]
fn cve_2020_28637_a_secret_that_is_no_more_than_its_prefix_is_refused() {
    secret_refused("");
    for empty in ["hex:", "base64:"] {
        config_error(&[&issuer("HS256", &format!("{{ secret = \"{empty}\" }}")), MEMBERS]);
    }
}

#[test]
fn cve_2026_44351_an_empty_secret_out_of_a_lookup_is_refused() {
    let text = format!("version = 1\n{}\n{MEMBERS}", issuer("HS256", "{ secret = \"env:JWT_SECRET\" }"));
    let config = Config::from_toml(&text).unwrap();
    let resolved = |value: &'static [u8]| {
        let resolved = Config::from_toml(&text).unwrap().resolve(|_| Ok(value.to_vec()));
        resolved.and_then(|config| Authorizer::new(&config)).map(|_| ())
    };
    assert!(Authorizer::new(&config).is_err(), "a reference that nobody resolved");
    assert!(resolved(b"").is_err() && resolved(b"\n").is_err());
    assert!(resolved(SECRET.as_bytes()).is_ok());
}

#[test]
fn cve_2025_45768_a_secret_shorter_than_the_hash_is_refused() {
    secret_refused("0123456789abcdef0123456789abcde");
}

#[test]
fn ghsa_8wpc_h4q6_8fxv_without_a_key_nothing_is_verified_and_nobody_let_in() {
    for missing in ["{}", "{ secret = \"\" }", "{ jwks = { keys = [] } }"] {
        config_error(&[&issuer("HS256", missing), MEMBERS]);
    }
    let site = authorizer(&[&issuer("EdDSA", &format!("{{ jwks_url = \"{LOGIN}/jwks\" }}")), MEMBERS]);
    assert_eq!(bearer(&site, &Key::Ed25519.token(&claims())), "keys_unavailable");
}

/// Keys from this address are refused.
#[track_caller]
fn address_refused(url: &str) {
    let keys = |url: &str| issuer("EdDSA", &format!("{{ jwks_url = \"{url}\" }}"));
    authorizer(&[&keys("https://login.example.com/jwks"), MEMBERS]);
    config_error(&[&keys(url), MEMBERS]);
}

#[test]
fn cve_2026_41413_keys_come_over_https_from_where_the_file_says() {
    address_refused("http://169.254.169.254/latest/meta-data");
    address_refused("http://metadata.internal/jwks");
    let site = authorizer(&[&issuer("EdDSA", &format!("{{ jwks_url = \"{LOGIN}/jwks\" }}")), MEMBERS]);
    let mut header = Key::Ed25519.header();
    header["jku"] = "http://169.254.169.254/".into();
    let headers = [("Authorization", format!("Bearer {}", Key::Ed25519.sign(&header, &claims())))];
    let decision = crate::question::decide(&site, "/", &headers);
    assert_eq!(
        (decision.code(), decision.wants_keys()),
        ("keys_unavailable", Some(LOGIN)),
        "an issuer is asked for, never an address"
    );
}

#[test]
fn cve_2026_48522_keys_come_from_no_other_scheme() {
    for url in ["file:///etc/passwd", "ftp://login.example.com/jwks", "data:application/json,{}", "gopher://login.example.com/"] {
        address_refused(url);
    }
}

#[test]
fn cve_2019_12452_hashes_and_secrets_are_shown_nowhere() {
    let hash = "$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS";
    let text = format!(
        "version = 1\n[[basic]]\nhtpasswd = '''alice:{hash}\n'''\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n{MEMBERS}"
    );
    let config = Config::from_toml(&text).unwrap();
    let shown = format!("{config:?} {:?} {:?}", config.warnings(), Authorizer::new(&config).unwrap());
    assert!(!shown.contains("xPcmM9vd") && !shown.contains("0123456789abcdef"), "{shown}");
}

#[test]
fn cve_2020_9321_keys_that_were_read_from_files_are_shown_nowhere() {
    let text = format!(
        "version = 1\n[session]\nkeys = [\"env:SESSION_KEY\"]\n[assertion]\nheader = \"X-Assertion\"\nkeys = [\"file:key.pem\"]\n{MEMBERS}"
    );
    let pem = include_str!("../../../vectors/keys/ed-1.pem");
    let config = Config::from_toml(&text).unwrap().resolve(|reference| {
        Ok(if reference.to_string().contains("key.pem") {
            pem.as_bytes().to_vec()
        } else {
            b"0123456789abcdef0123456789abcdef".to_vec()
        })
    });
    let config = config.unwrap();
    let shown = format!("{config:?} {:?}", Authorizer::new(&config).unwrap());
    let inside = pem.lines().nth(1).unwrap();
    assert!(!shown.contains("0123456789abcdef") && !shown.contains(inside) && !shown.contains("PRIVATE KEY"), "{shown}");
}
