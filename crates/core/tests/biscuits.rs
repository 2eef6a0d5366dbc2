//! Remembered biscuits: what was verified is remembered, what was decided is not.

use biscuit_auth::builder::BlockBuilder;
use biscuit_auth::{Algorithm, Biscuit, KeyPair, PrivateKey};
use gatewright::{Authorizer, Config, Decision, Request, Revocations, UnixTime};

const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);
const HOUR_LATER: UnixTime = UnixTime::from_secs(1_767_229_200);

fn root() -> KeyPair {
    KeyPair::from(&PrivateKey::from_bytes(&[1; 32], Algorithm::Ed25519).unwrap())
}

fn authorizer(lines: &str) -> Authorizer {
    let config = Config::from_toml(&format!(
        "version = 1\n[[biscuit]]\npublic_keys = [\"{}\"]\nidentity = {{ subject = \"data($u) <- user($u)\" }}\n{lines}\n\
         [[rule]]\nid = \"members\"\nallow = \"authenticated\"\n",
        root().public()
    ));
    Authorizer::new(&config.unwrap()).unwrap()
}

/// Alice's token for half an hour of reading.
fn token() -> Biscuit {
    let alice = Biscuit::builder().code("user(\"alice\")").unwrap().build(&root()).unwrap();
    let narrow = "check if operation(\"GET\"); check if time($t), $t < 2026-01-01T00:30:00Z";
    alice.append(BlockBuilder::new().code(narrow).unwrap()).unwrap()
}

fn ask(authorizer: &Authorizer, method: &str, token: &Biscuit, now: UnixTime) -> &'static str {
    let headers = [("Authorization", format!("Bearer {}", token.to_base64().unwrap()))];
    let request = Request::new(method, "https", "app.example.com", "/", &headers);
    let decision = authorizer.decide(&request, now);
    assert_eq!(authorizer.explain(&request, now).0.code(), decision.code());
    decision.code()
}

#[test]
fn checks_are_evaluated_with_every_request() {
    let (authorizer, token) = (authorizer(""), token());
    assert_eq!(ask(&authorizer, "GET", &token, NOW), "allowed");
    assert_eq!(ask(&authorizer, "POST", &token, NOW), "caveat_failed");
    assert_eq!(ask(&authorizer, "GET", &token, HOUR_LATER), "caveat_failed");
    assert_eq!(ask(&authorizer, "GET", &token, NOW), "allowed");
}

#[test]
fn revoking_any_block_takes_effect_on_the_next_request() {
    let (authorizer, token) = (authorizer(""), token());
    assert_eq!(ask(&authorizer, "GET", &token, NOW), "allowed");
    for id in token.revocation_identifiers() {
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let list = Revocations::from_json(&format!("{{\"tokens\":[\"{id}\"]}}")).unwrap();
        assert_eq!(ask(&authorizer.with_revocations(&list), "GET", &token, NOW), "revoked");
    }
    let list = Revocations::from_json(r#"{"subjects":[{"subject":"alice","before":1}]}"#).unwrap();
    assert_eq!(ask(&authorizer.with_revocations(&list), "GET", &token, NOW), "revoked");
}

#[test]
fn what_was_remembered_under_another_policy_does_not_count() {
    let (before, token) = (authorizer(""), token());
    assert_eq!(ask(&before, "GET", &token, NOW), "allowed");
    let after = authorizer("policy = 'deny if operation(\"GET\"); allow if true'").with_memory_of(&before);
    assert_eq!(ask(&after, "GET", &token, NOW), "caveat_failed");
    let elsewhere = authorizer("sources = [\"cookie:token\"]").with_memory_of(&before);
    assert_eq!(ask(&elsewhere, "GET", &token, NOW), "key_unknown");
}

#[test]
fn a_refused_token_says_which_block_refused() {
    let (authorizer, token) = (authorizer(""), token());
    let headers = [("Authorization", format!("Bearer {}", token.to_base64().unwrap()))];
    let request = Request::new("POST", "https", "app.example.com", "/", &headers);
    let (decision, explanation) = authorizer.explain(&request, NOW);
    assert!(matches!(decision, Decision::Forbid(_)));
    assert_eq!(decision.detail(), "check 0 of block 1, `check if operation(\"GET\")`, does not hold");
    assert!(explanation.to_string().contains("check 0 of block 1"), "{explanation}");
}
