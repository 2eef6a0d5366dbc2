//! Decision for a session cookie, the first time and remembered, against the bare HMAC of the same cookie.

use std::cell::RefCell;
use std::hint::black_box;

use benches::{Candidate, compare};
use gatewright::{Authorizer, Config, Decision, Request, SessionClaims, UnixTime};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const COOKIES: usize = 128;
const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);
const POLICY: &str = r#"
version = 1
[session]
keys = ["hex:0707070707070707070707070707070707070707070707070707070707070707"]
lifetime = "12h"
[[rule]]
id = "members"
hosts = ["*.example.com"]
allow = [{ groups = ["staff"] }]
"#;

fn main() {
    let config = Config::from_toml(POLICY).unwrap();
    let authorizer = Authorizer::new(&config).unwrap();
    let values: Vec<String> = (0..COOKIES).map(|number| sealed(&authorizer, number)).collect();
    let name = authorizer.session_cookie().unwrap();
    let fields: Vec<_> = values.iter().map(|value| [("cookie", format!("theme=dark; {name}={value}"))]).collect();
    let fresh = RefCell::new(authorizer.clone());
    let keyed = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    compare(
        "session cookie",
        41,
        vec![
            Candidate::new("decide (first time)", COOKIES, || fields.iter().for_each(|fields| decide(&fresh.borrow(), fields)))
                .prepared_by(|| *fresh.borrow_mut() = Authorizer::new(&config).unwrap()),
            Candidate::new("decide (one hot cookie)", 2000, || (0..2000).for_each(|_| decide(&authorizer, &fields[0]))),
            Candidate::new("bare HMAC-SHA256 of the cookie", 2000, || {
                for _ in 0..2000 {
                    black_box(keyed.clone().chain_update(values[0].as_bytes()).finalize());
                }
            }),
        ],
    );
}

fn sealed(authorizer: &Authorizer, number: usize) -> String {
    let claims = SessionClaims::new(format!("4f1c0a7d9b{number}"), "alice").with_email("alice@example.com");
    authorizer.seal_session(&claims.with_groups(["staff", "readers"]), NOW).unwrap()
}

fn decide(authorizer: &Authorizer, fields: &[(&str, String); 1]) {
    let decision = authorizer.decide(&Request::new("GET", "https", "app.example.com", "/reports/7?x=1", fields), NOW);
    assert!(matches!(decision, Decision::Allow(_)), "{decision:?}");
}
