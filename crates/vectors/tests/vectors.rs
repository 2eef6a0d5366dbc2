//! The corpus as a whole: what is on disk, what is covered, and a second opinion on our signatures.

use std::collections::BTreeSet;
use std::process::Command;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation, decode};
use vectors::case::{CHALLENGES, FORBIDS, File, OUTAGES};
use vectors::key::{Algorithm, ED_1, ED_2, P256_1, P256_2, P384_1, RSA_1, RSA_2};
use vectors::token::{Signer, claims};
use vectors::{attacks, topics};

fn files() -> Vec<File> {
    topics::files(&Signer::default())
}

fn attacks() -> Vec<File> {
    attacks::files(&Signer::default())
}

#[test]
fn files_on_disk_are_the_ones_that_would_be_written() {
    let output = Command::new(env!("CARGO_BIN_EXE_vectors")).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn files_are_small_and_cases_have_names_of_their_own() {
    for file in files() {
        assert!(file.cases.len() <= 40, "{} has {} cases", file.name, file.cases.len());
    }
    for folder in [files(), attacks()] {
        let names: BTreeSet<&str> = folder.iter().map(|file| file.name).collect();
        assert_eq!(names.len(), folder.len(), "a file is there twice");
    }
    for file in files().into_iter().chain(attacks()) {
        let cases: BTreeSet<&str> = file.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(cases.len(), file.cases.len(), "{} has a name twice", file.name);
    }
}

#[test]
fn rules_that_speak_are_in_the_configuration() {
    for file in files().into_iter().chain(attacks()) {
        for case in &file.cases {
            if let Some(Some(rule)) = case.expect.rule {
                assert!(file.config.contains(&format!("id = \"{rule}\"\n")), "{}: {}: `{rule}`", file.name, case.name);
            }
        }
    }
}

#[test]
fn every_code_that_a_token_or_a_session_can_reach_is_reached() {
    let reached: BTreeSet<&str> = files().iter().flat_map(|file| &file.cases).map(|case| case.expect.code).collect();
    for code in [CHALLENGES, FORBIDS, OUTAGES, &["allowed"]].concat() {
        assert!(reached.contains(code), "{code}");
    }
}

#[test]
fn texts_are_json_with_the_agreed_members() {
    for file in files() {
        let value: serde_json::Value = serde_json::from_str(&file.text()).unwrap();
        for member in ["description", "config", "keys", "revocations", "now", "cases"] {
            assert!(value.get(member).is_some(), "{}: {member}", file.name);
        }
    }
}

#[test]
fn signatures_of_randomised_algorithms_are_kept() {
    let first = Signer::default().token_by(RSA_1, Algorithm::Ps256, &claims());
    let mut signer = Signer::default();
    signer.remember(&format!("\"Bearer {first}\""));
    assert_eq!(signer.token_by(RSA_1, Algorithm::Ps256, &claims()), first);
}

#[test]
fn jsonwebtoken_accepts_our_tokens_with_our_jwks() {
    for (key, algorithms) in [
        (ED_1, &[Algorithm::EdDsa][..]),
        (ED_2, &[Algorithm::EdDsa]),
        (P256_1, &[Algorithm::Es256]),
        (P256_2, &[Algorithm::Es256]),
        (P384_1, &[Algorithm::Es384]),
        (RSA_1, &[Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512, Algorithm::Ps256, Algorithm::Ps384, Algorithm::Ps512]),
        (RSA_2, &[Algorithm::Rs256]),
    ] {
        let jwk: Jwk = serde_json::from_value(key.jwk()).unwrap();
        let decoding = DecodingKey::from_jwk(&jwk).unwrap();
        for algorithm in algorithms {
            let mut validation = Validation::new(algorithm.name().parse().unwrap());
            validation.set_audience(&["app"]);
            validation.validate_exp = false;
            let token = Signer::default().token_by(key, *algorithm, &claims());
            decode::<serde_json::Value>(&token, &decoding, &validation).unwrap();
        }
    }
}
