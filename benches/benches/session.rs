//! Decision for a session cookie against the bare HMAC of the same cookie.

use std::hint::black_box;

use benches::{Candidate, compare};
use gatewright::{Authorizer, Config, Decision, Request, SessionClaims, UnixTime};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

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
    let now = UnixTime::from_secs(1_767_225_600);
    let authorizer = Authorizer::new(&Config::from_toml(POLICY).unwrap()).unwrap();
    let claims = SessionClaims::new("4f1c0a7d9b", "alice").with_email("alice@example.com").with_groups(["staff", "readers"]);
    let value = authorizer.seal_session(&claims, now).unwrap();
    let fields = [("cookie", format!("theme=dark; {}={value}", authorizer.session_cookie().unwrap()))];
    let request = Request::new("GET", "https", "app.example.com", "/reports/7?x=1", &fields);
    let keyed = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    compare(
        "session cookie",
        41,
        vec![
            Candidate::new("decide", 2000, || {
                for _ in 0..2000 {
                    let decision = authorizer.decide(&request, now);
                    assert!(matches!(decision, Decision::Allow(_)), "{decision:?}");
                }
            }),
            Candidate::new("bare HMAC-SHA256 of the cookie", 2000, || {
                for _ in 0..2000 {
                    black_box(keyed.clone().chain_update(value.as_bytes()).finalize());
                }
            }),
        ],
    );
}
