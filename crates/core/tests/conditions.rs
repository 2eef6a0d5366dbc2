//! Which code speaks when an identity is refused.

use gatewright::{Authorizer, Config, Request, SessionClaims, UnixTime};

const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);

fn code(allow: &str) -> (&'static str, String) {
    let text =
        format!("version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n[[rule]]\nid = \"r\"\nallow = {allow}\n");
    let authorizer = Authorizer::new(&Config::from_toml(&text).unwrap()).unwrap();
    let session = authorizer.seal_session(&SessionClaims::new("s", "alice").with_scopes(["read"]), NOW).unwrap();
    let headers = [("Cookie", format!("__Host-gatewright={session}"))];
    let decision = authorizer.decide(&Request::new("GET", "https", "app.example.com", "/", &headers), NOW);
    (decision.code(), decision.detail().to_owned())
}

#[test]
fn scopes_that_must_not_be_there_are_not_asked_for() {
    let (code, detail) = code(r#"{ users = ["alice"], not = { scopes = ["read"] } }"#);
    assert_eq!((code, detail.as_str()), ("identity_not_allowed", "the nearest table fails at `not.scopes`"));
}

#[test]
fn missing_scopes_are_asked_for_although_something_must_not_be_there() {
    let (code, _) = code(r#"{ scopes = ["write"], not = { users = ["bob"] } }"#);
    assert_eq!(code, "scope_insufficient");
}
