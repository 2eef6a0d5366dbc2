//! Proofs of possession (RFC 9449) that are used more than once. What a proof must be is in `vectors/decisions/dpop_*.json`.
#![expect(clippy::disallowed_methods, reason = "a test reads its vectors; the engine reads nothing")]

use gatewright::{Authorizer, Config, KeySet, Request, UnixTime};
use serde_json::Value;

const NOW: u64 = 1_767_225_600;

/// The good request of the vectors, and an authorizer with more lines for its issuer.
fn good_request(lines: &str) -> (Authorizer, Vec<(String, String)>) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/decisions/dpop_proofs.json");
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let text = vectors["config"].as_str().unwrap().replace("audiences =", &format!("{lines}\naudiences ="));
    let mut authorizer = Authorizer::new(&Config::from_toml(&text).unwrap()).unwrap();
    for (issuer, keys) in vectors["keys"].as_object().unwrap() {
        authorizer = authorizer.with_keys(issuer, KeySet::from_json(&keys.to_string()).unwrap()).unwrap();
    }
    let headers = vectors["cases"][0]["request"]["headers"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (authorizer, headers.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect())
}

fn decide(authorizer: &Authorizer, headers: &Vec<(String, String)>, now: u64) -> &'static str {
    let request = Request::new("GET", "https", "app.example.com", "/", headers);
    authorizer.decide(&request, UnixTime::from_secs(now)).code()
}

#[test]
fn by_default_a_proof_counts_until_it_is_too_old() {
    let (authorizer, headers) = good_request("");
    let codes = [0, 0, 1, 119, 120].map(|later| decide(&authorizer, &headers, NOW + later));
    assert_eq!(codes, ["allowed", "allowed", "allowed", "allowed", "proof_invalid"]);
}

#[test]
fn where_replay_is_refused_a_proof_counts_once() {
    let (authorizer, headers) = good_request("dpop_replay = \"refuse\"");
    assert_eq!(
        [0, 0, 1].map(|later| decide(&authorizer, &headers, NOW + later)),
        ["allowed", "proof_replayed", "proof_replayed"]
    );
}

#[test]
fn values_of_one_authorizer_share_the_proofs_they_have_seen() {
    let (authorizer, headers) = good_request("dpop_replay = \"refuse\"");
    let (reloaded, _) = good_request("dpop_replay = \"refuse\"");
    assert_eq!(decide(&authorizer, &headers, NOW), "allowed");
    assert_eq!(decide(&reloaded.with_memory_of(&authorizer), &headers, NOW), "proof_replayed");
}

#[test]
fn explain_uses_no_proof_up() {
    let (authorizer, headers) = good_request("dpop_replay = \"refuse\"");
    let request = Request::new("GET", "https", "app.example.com", "/", &headers);
    for _ in 0..2 {
        assert_eq!(authorizer.explain(&request, UnixTime::from_secs(NOW)).0.code(), "allowed");
    }
    assert_eq!(decide(&authorizer, &headers, NOW), "allowed");
    assert_eq!(authorizer.explain(&request, UnixTime::from_secs(NOW)).0.code(), "proof_replayed");
}
