//! Guessing names and passwords, and mixing up whose they are.

use std::net::IpAddr;

use gatewright::{Authorizer, Request, UnixTime};

use crate::question::{HOST, MEMBERS, NOW, authorizer};

/// `alice:secret`; `alices`, `alic` and `bob` with `hunter2`.
fn site() -> Authorizer {
    let (secret, hunter2) = (
        "$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS",
        "$2b$04$xPcmM9vdqLbpoORXbhCHYOq5cuj0mNtNUVTkUm.F7sNNQBRR8MxO6",
    );
    let lines = format!("alice:{secret}\nalices:{hunter2}\nalic:{hunter2}\nbob:{hunter2}\n");
    authorizer(&[&format!("[[basic]]\nhtpasswd = '''{lines}'''\n"), MEMBERS])
}

fn basic(name: &str, password: &str) -> [(&'static str, String); 1] {
    [("Authorization", format!("Basic {}", base64_simd::STANDARD.encode_to_string(format!("{name}:{password}"))))]
}

fn code(site: &Authorizer, name: &str, password: &str, client: u8) -> &'static str {
    let headers = basic(name, password);
    let request = Request::new("GET", "https", HOST, "/", &headers).client(IpAddr::from([192, 0, 2, client]));
    site.decide(&request, UnixTime::from_secs(NOW)).code()
}

/// Returns how many guesses at these names, in turn, are looked at.
fn guesses(site: &Authorizer, names: &[&str]) -> usize {
    names.iter().cycle().take(100).take_while(|name| code(site, name, "wrong", 1) == "password_incorrect").count()
}

#[test]
fn cve_2025_24806_an_alias_is_no_further_round_of_guesses() {
    let site = site();
    assert_eq!(guesses(&site, &["alice"]), 10);
    assert_eq!(code(&site, "alice", "secret", 1), "throttled");
    for alias in ["alice@example.com", "ALICE", "Alice"] {
        assert_eq!(code(&site, alias, "secret", 2), "password_incorrect", "{alias} is nobody, whatever the password");
    }
    assert_eq!(code(&site, "alice", "secret", 2), "allowed");
}

#[test]
fn cve_2026_47203_another_spelling_is_no_further_round_of_guesses() {
    let site = site();
    assert_eq!(guesses(&site, &["bob"]), 10);
    assert_eq!(code(&site, "bob", "hunter2", 1), "throttled");
    for spelling in ["Bob", "BOB", "bob ", " bob"] {
        assert_eq!(code(&site, spelling, "hunter2", 2), "password_incorrect", "{spelling:?}");
    }
    assert_eq!(code(&site, "bob", "hunter2", 2), "allowed");
}

#[test]
fn cve_2026_77561_invented_names_lock_nobody_out() {
    let site = site();
    for number in 0..2_000 {
        let code = code(&site, &format!("nobody-{number}"), "x", 9);
        assert!(["password_incorrect", "throttled"].contains(&code), "{code}");
    }
    assert_eq!((code(&site, "alice", "secret", 1), code(&site, "bob", "hunter2", 1)), ("allowed", "allowed"));
}

#[test]
fn cve_2024_21500_attempts_come_to_an_end() {
    let site = site();
    let codes: Vec<_> = (0..200).map(|number| code(&site, "alice", &format!("guess-{number}"), 1)).collect();
    assert_eq!(codes.iter().filter(|code| **code == "password_incorrect").count(), 10);
    assert_eq!(codes.iter().filter(|code| **code == "throttled").count(), 190);
}

#[test]
fn cve_2026_71326_a_name_and_a_password_are_remembered_apart() {
    let site = site();
    assert_eq!((code(&site, "alice", "secret", 1), code(&site, "bob", "hunter2", 1)), ("allowed", "allowed"));
    // Joined without a length, each of these would be what was remembered.
    for (name, password) in
        [("alices", "ecret"), ("alic", "esecret"), ("alice", ":secret"), ("bob", "unter2"), ("alice", "hunter2")]
    {
        assert_eq!(code(&site, name, password, 1), "password_incorrect", "{name} {password}");
    }
    assert_eq!(code(&site, "alice", "secret", 1), "allowed");
}

/// Asserts that an unknown name takes the way of a known one: the same answer, and not before a hash was computed.
#[track_caller]
fn as_slow_as_a_known_one(name: &str) {
    let site = site();
    for name in [name, "alice"] {
        let headers = basic(name, "wrong");
        let request = Request::new("GET", "https", HOST, "/", &headers).client(IpAddr::from([192, 0, 2, 1]));
        assert!(site.decide_at_once(&request, UnixTime::from_secs(NOW)).is_none(), "{name} is answered without a hash");
        assert_eq!(site.decide(&request, UnixTime::from_secs(NOW)).code(), "password_incorrect", "{name}");
    }
}

#[test]
fn cve_2026_32595_an_unknown_name_is_answered_no_sooner() {
    as_slow_as_a_known_one("nobody");
}

#[test]
fn cve_2026_41263_a_name_that_nobody_could_have_is_answered_no_sooner() {
    as_slow_as_a_known_one("");
    as_slow_as_a_known_one("nobody at all, with a long name");
}
