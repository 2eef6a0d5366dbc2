//! A session that is remembered is looked at again with every request: only its seal is not computed twice.

use gatewright::{Authorizer, Config, Request, Revocations, SessionClaims, UnixTime};

const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);
const FIRST: &str = "a first key of thirty-two bytes.";
const SECOND: &str = "another key of thirty-two bytes.";

fn authorizer(keys: &[&str]) -> Authorizer {
    let config = format!(
        "version = 1\n[session]\nkeys = {keys:?}\nlifetime = \"12h\"\nidle = \"1h\"\n[[rule]]\nid = \"members\"\nallow = \"authenticated\"\n"
    );
    Authorizer::new(&Config::from_toml(&config).unwrap()).unwrap()
}

fn sealed(authorizer: &Authorizer) -> String {
    let claims = SessionClaims::new("sid-1", "alice").with_hosts(["app.example.com"]);
    authorizer.seal_session(&claims, NOW).unwrap()
}

fn code(authorizer: &Authorizer, value: &str, host: &str, now: UnixTime) -> &'static str {
    let headers = [("Cookie", format!("__Host-gatewright={value}"))];
    authorizer.decide(&Request::new("GET", "https", host, "/", &headers), now).code()
}

/// An authorizer that has admitted the session it returns.
fn remembering() -> (Authorizer, String) {
    let authorizer = authorizer(&[FIRST]);
    let value = sealed(&authorizer);
    assert_eq!(code(&authorizer, &value, "app.example.com", NOW), "allowed");
    (authorizer, value)
}

#[test]
fn time_and_host_count_for_a_remembered_session() {
    let (authorizer, value) = remembering();
    for (host, now, expected) in [
        ("app.example.com", NOW, "allowed"),
        ("other.example.com", NOW, "session_host_mismatch"),
        ("app.example.com", NOW.plus(3_600), "session_idle"),
        ("app.example.com", NOW.plus(43_200), "session_expired"),
        ("app.example.com", UnixTime::from_secs(NOW.as_secs() - 61), "session_malformed"),
        ("app.example.com", NOW.plus(3_599), "allowed"),
    ] {
        assert_eq!(code(&authorizer, &value, host, now), expected, "{host} {now}");
    }
}

#[test]
fn a_revoked_session_is_not_remembered_into_life() {
    let (authorizer, value) = remembering();
    let revoked = Revocations::from_json(r#"{"sessions": ["sid-1"], "tokens": [], "subjects": []}"#).unwrap();
    assert_eq!(code(&authorizer.with_revocations(&revoked), &value, "app.example.com", NOW), "revoked");
}

#[test]
fn a_session_ends_with_its_key() {
    let (old, value) = remembering();
    let rotated = authorizer(&[SECOND, FIRST]).with_memory_of(&old);
    assert_eq!(code(&rotated, &value, "app.example.com", NOW), "allowed");
    let without = authorizer(&[SECOND]).with_memory_of(&old);
    assert_eq!(code(&without, &value, "app.example.com", NOW), "session_key_unknown");
}

#[test]
fn a_session_ends_with_the_name_of_its_cookie() {
    let (old, value) = remembering();
    let config = format!(
        "version = 1\n[session]\nkeys = [{FIRST:?}]\ncookie = \"__Host-other\"\n[[rule]]\nid = \"all\"\nallow = \"authenticated\"\n"
    );
    let renamed = Authorizer::new(&Config::from_toml(&config).unwrap()).unwrap().with_memory_of(&old);
    let headers = [("Cookie", format!("__Host-other={value}"))];
    let request = Request::new("GET", "https", "app.example.com", "/", &headers);
    assert_eq!(renamed.decide(&request, NOW).code(), "session_malformed");
}

#[test]
fn what_was_refused_is_verified_again() {
    let (authorizer, value) = remembering();
    let mut forged = value.clone();
    forged.replace_range(value.len() - 2.., if value.ends_with("AA") { "BA" } else { "AA" });
    for _ in 0..2 {
        assert_eq!(code(&authorizer, &forged, "app.example.com", NOW), "session_malformed");
    }
}

#[test]
fn renewal_comes_with_every_request_that_is_due() {
    let (authorizer, value) = remembering();
    let headers = [("Cookie", format!("__Host-gatewright={value}"))];
    let request = Request::new("GET", "https", "app.example.com", "/", &headers);
    for _ in 0..2 {
        let permit = authorizer.decide(&request, NOW.plus(901)).into_permit().unwrap();
        assert!(permit.renewed_session().unwrap().starts_with("__Host-gatewright=v1."));
    }
}
