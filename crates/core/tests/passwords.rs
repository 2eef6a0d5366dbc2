//! User names and passwords through the whole engine: what is remembered, what is counted, and who notices.

use std::net::IpAddr;

use gatewright::{Authorizer, Config, Decision, Request, Revocations, UnixTime};

const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);
/// `alice:secret` and `bob:hunter2`.
const USERS: &str = "alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS\nbob:$2b$04$xPcmM9vdqLbpoORXbhCHYOq5cuj0mNtNUVTkUm.F7sNNQBRR8MxO6\n";

fn authorizer(users: &str) -> Authorizer {
    let config = Config::from_toml(&format!(
        "version = 1\n[[basic]]\nhtpasswd = '''{users}'''\n[[rule]]\nid = \"open\"\npaths = [\"/open\"]\nallow = \"anyone\"\n\
         [[rule]]\nid = \"members\"\nallow = \"authenticated\"\n"
    ));
    Authorizer::new(&config.unwrap()).unwrap()
}

/// `Authorization` of a user name and password.
fn basic(name: &str, password: &str) -> [(&'static str, String); 1] {
    [("Authorization", format!("Basic {}", base64_simd::STANDARD.encode_to_string(format!("{name}:{password}"))))]
}

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn decide(authorizer: &Authorizer, name: &str, password: &str, client: Option<u8>) -> Decision {
    let headers = basic(name, password);
    let request = Request::new("GET", "https", "app.example.com", "/", &headers);
    match client {
        Some(last) => authorizer.decide(&request.client(address(last)), NOW),
        None => authorizer.decide(&request, NOW),
    }
}

fn decides_at_once(authorizer: &Authorizer, name: &str, password: &str, client: u8) -> Option<&'static str> {
    let headers = basic(name, password);
    let request = Request::new("GET", "https", "app.example.com", "/", &headers).client(address(client));
    authorizer.decide_at_once(&request, NOW).map(|decision| decision.code())
}

#[test]
fn a_right_password_passes_and_a_wrong_one_does_not() {
    let authorizer = authorizer(USERS);
    for (name, password, code) in [
        ("alice", "secret", "allowed"),
        ("bob", "hunter2", "allowed"),
        ("alice", "hunter2", "password_incorrect"),
        ("Alice", "secret", "password_incorrect"),
        ("carol", "secret", "password_incorrect"),
    ] {
        assert_eq!(decide(&authorizer, name, password, Some(1)).code(), code, "{name}:{password}");
    }
}

#[test]
fn only_a_right_password_is_remembered() {
    let authorizer = authorizer(USERS);
    for (password, remembered) in [("secret", Some("allowed")), ("wrong", None)] {
        assert_eq!(decides_at_once(&authorizer, "alice", password, 1), None, "{password}: not yet");
        let _ = decide(&authorizer, "alice", password, Some(1));
        assert_eq!(decides_at_once(&authorizer, "alice", password, 1), remembered, "{password}");
    }
}

#[test]
fn explain_neither_remembers_nor_counts() {
    let authorizer = authorizer(USERS);
    let (right, wrong) = (basic("alice", "secret"), basic("alice", "wrong"));
    let explain = |headers| authorizer.explain(&Request::new("GET", "https", "a", "/", headers).client(address(1)), NOW).0.code();
    for _ in 0..20 {
        assert_eq!((explain(&right), explain(&wrong)), ("allowed", "password_incorrect"));
    }
    assert_eq!(decides_at_once(&authorizer, "alice", "secret", 1), None);
}

#[test]
fn cve_2025_24806_and_2026_47203_another_spelling_of_a_name_is_no_more_attempts_at_the_account() {
    let authorizer = authorizer(USERS);
    let tried =
        |name: &str| (0..40).take_while(|_| decide(&authorizer, name, "wrong", Some(1)).code() == "password_incorrect").count();
    assert_eq!(tried("alice"), 10);
    for spelling in ["Alice", "ALICE", "alice ", "alice\u{301}", "ａlice"] {
        assert_eq!(decide(&authorizer, spelling, "secret", Some(1)).code(), "password_incorrect", "{spelling} is nobody");
    }
    assert_eq!(decide(&authorizer, "alic\u{65}", "secret", Some(1)).code(), "throttled", "the same bytes are the same name");
}

#[test]
fn names_that_nobody_has_are_counted_like_those_that_somebody_has() {
    let authorizer = authorizer(USERS);
    let codes = |name: &str| (0..12).map(|_| decide(&authorizer, name, "wrong", Some(1)).code()).collect::<Vec<_>>();
    assert_eq!(codes("nobody"), codes("alice"), "the answers tell nobody who has an account");
    assert_eq!(codes("nobody-either"), codes("bob"));
}

#[test]
fn cve_2026_77561_a_flood_of_names_locks_nobody_out() {
    let authorizer = authorizer(USERS);
    assert_eq!(decide(&authorizer, "alice", "secret", Some(9)).code(), "allowed");
    let codes: Vec<_> = (0..10_000).map(|number| decide(&authorizer, &format!("user-{number}"), "x", Some(9)).code()).collect();
    assert_eq!(codes.iter().filter(|code| **code == "password_incorrect").count(), 50);
    assert_eq!(codes.iter().filter(|code| **code == "throttled").count(), 9_950);
    assert_eq!(decide(&authorizer, "alice", "secret", Some(9)).code(), "allowed", "a remembered one even from the same address");
    assert_eq!(decide(&authorizer, "bob", "hunter2", Some(1)).code(), "allowed", "anybody from any other");
}

#[test]
fn guessing_from_one_client_leaves_the_owner_at_another_alone() {
    let authorizer = authorizer(USERS);
    let codes: Vec<_> = (0..10_000).map(|_| decide(&authorizer, "alice", "wrong", Some(9)).code()).collect();
    assert_eq!(codes.iter().filter(|code| **code == "password_incorrect").count(), 10);
    assert_eq!(codes.iter().filter(|code| **code == "throttled").count(), 9_990);
    assert_eq!(
        decide(&authorizer, "alice", "secret", Some(9)).code(),
        "throttled",
        "nor does the guesser learn whether it is right"
    );
    assert_eq!(decide(&authorizer, "alice", "secret", Some(1)).code(), "allowed");
    assert_eq!(decide(&authorizer, "alice", "secret", Some(9)).code(), "allowed", "remembered: right wherever it comes from");
}

#[test]
fn clients_of_unknown_address_share_a_budget_and_nobody_is_locked_out() {
    let authorizer = authorizer(USERS);
    let codes: Vec<_> = (0..1_000).map(|_| decide(&authorizer, "alice", "wrong", None).code()).collect();
    assert!(codes.iter().all(|code| ["password_incorrect", "overloaded"].contains(code)));
    assert_eq!(decide(&authorizer, "alice", "secret", Some(1)).code(), "allowed", "known clients do not share it");
    let headers = basic("bob", "hunter2");
    let later = authorizer.decide(&Request::new("GET", "https", "a", "/", &headers), NOW.plus(1));
    assert_eq!(later.code(), "allowed", "a second later there is room again");
}

#[test]
fn throttled_attempts_need_no_hashing() {
    let authorizer = authorizer(USERS);
    for _ in 0..10 {
        let _ = decide(&authorizer, "alice", "wrong", Some(1));
    }
    assert_eq!(decides_at_once(&authorizer, "alice", "another", 1), Some("throttled"));
}

#[test]
fn a_changed_line_ends_what_was_remembered() {
    let before = authorizer(USERS);
    assert_eq!(decide(&before, "alice", "secret", Some(1)).code(), "allowed");
    let bobs = USERS.lines().nth(1).unwrap().split_once(':').unwrap().1;
    let after = authorizer(&format!("alice:{bobs}")).with_memory_of(&before);
    assert_eq!(decide(&after, "alice", "secret", Some(1)).code(), "password_incorrect");
    assert_eq!(decide(&after, "alice", "hunter2", Some(1)).code(), "allowed");
    let gone = authorizer(USERS.lines().nth(1).unwrap()).with_memory_of(&before);
    assert_eq!(decide(&gone, "alice", "secret", Some(1)).code(), "password_incorrect");
}

#[test]
fn a_revoked_subject_is_refused_remembered_or_not() {
    let authorizer = authorizer(USERS);
    assert_eq!(decide(&authorizer, "alice", "secret", Some(1)).code(), "allowed");
    let list = Revocations::from_json(r#"{"subjects":[{"subject":"alice","before":1}]}"#).unwrap();
    let revoked = authorizer.with_revocations(&list);
    assert_eq!(decide(&revoked, "alice", "secret", Some(1)).code(), "revoked");
    assert_eq!(decide(&revoked, "bob", "hunter2", Some(1)).code(), "allowed");
}

#[test]
fn where_anyone_may_pass_a_wrong_password_is_nobody() {
    let authorizer = authorizer(USERS);
    let headers = basic("alice", "wrong");
    let request = Request::new("GET", "https", "app.example.com", "/open", &headers).client(address(1));
    let Decision::Allow(permit) = authorizer.decide(&request, NOW) else { panic!("anyone may pass") };
    assert!(permit.identity().is_none());
}
