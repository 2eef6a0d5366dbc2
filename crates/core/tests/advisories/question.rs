//! What the tests share: a policy, and one question about a request.

use gatewright::{Authorizer, Config, Decision, Headers, KeySet, Permit, Request, SessionClaims, UnixTime};

/// The time of every test: 2026-01-01T00:00:00Z.
pub(crate) const NOW: u64 = 1_767_225_600;
/// The host of a request that names no other.
pub(crate) const HOST: &str = "app.example.com";

/// `[session]`, so that a policy has somebody to ask for.
pub(crate) const SESSION: &str =
    "[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\ncookie = \"session\"\nlifetime = \"12h\"\n";
/// The rule that asks for any identity, everywhere.
pub(crate) const MEMBERS: &str = "[[rule]]\nid = \"members\"\nallow = \"authenticated\"\n";

/// Builds an authorizer of these tables.
pub(crate) fn authorizer(tables: &[&str]) -> Authorizer {
    let text = format!("version = 1\n{}", tables.join("\n"));
    Authorizer::new(&Config::from_toml(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))).unwrap()
}

/// Builds one whose issuer has these public keys.
pub(crate) fn with_keys(authorizer: &Authorizer, issuer: &str, jwks: &serde_json::Value) -> Authorizer {
    authorizer.with_keys(issuer, KeySet::from_json(&jwks.to_string()).unwrap()).unwrap()
}

/// Returns what is wrong with these tables as a policy.
pub(crate) fn config_error(tables: &[&str]) -> String {
    let config = Config::from_toml(&format!("version = 1\n{}", tables.join("\n")));
    match config.and_then(|config| Authorizer::new(&config)) {
        Ok(_) => panic!("a policy that should be refused is taken: {tables:?}"),
        Err(error) => error.to_string(),
    }
}

/// Asks about `GET https://app.example.com` and this target; `explain` has to say the same.
pub(crate) fn decide(authorizer: &Authorizer, target: &str, headers: &dyn Headers) -> Decision {
    decide_at(authorizer, HOST, target, headers)
}

/// Asks about another host.
pub(crate) fn decide_at(authorizer: &Authorizer, host: &str, target: &str, headers: &dyn Headers) -> Decision {
    let request = Request::new("GET", "https", host, target, headers);
    let explained = authorizer.explain(&request, UnixTime::from_secs(NOW)).0;
    let decision = authorizer.decide(&request, UnixTime::from_secs(NOW));
    assert_eq!(explained.code(), decision.code(), "{target}");
    decision
}

/// Returns the code for a request of nobody.
pub(crate) fn anonymous(authorizer: &Authorizer, target: &str) -> &'static str {
    decide(authorizer, target, &()).code()
}

/// Returns the code for a request with `Authorization: Bearer` and this token.
pub(crate) fn bearer(authorizer: &Authorizer, token: &str) -> &'static str {
    decide(authorizer, "/", &[("Authorization", format!("Bearer {token}"))]).code()
}

/// Returns the `Cookie` field of a session that is good for the tests' moment.
pub(crate) fn session(authorizer: &Authorizer, claims: &SessionClaims) -> [(&'static str, String); 1] {
    let value = authorizer.seal_session(claims, UnixTime::from_secs(NOW)).unwrap();
    [("Cookie", format!("{}={value}", authorizer.session_cookie().unwrap()))]
}

/// Returns what is handed on with an allow.
pub(crate) fn permit(decision: Decision) -> Permit {
    decision.into_permit().unwrap_or_else(|denial| panic!("refused: {denial:?}"))
}
