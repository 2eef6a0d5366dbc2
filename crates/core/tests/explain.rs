//! `explain` takes the same way as `decide`: whatever the request, the answers are equal.

use std::net::IpAddr;

use gatewright::{Authorizer, Config, Decision, Request, SessionClaims, UnixTime};
use proptest::prelude::*;

const NOW: u64 = 1_767_225_600;

const POLICY: &str = r#"
version = 1

[session]
keys = ["hex:0707070707070707070707070707070707070707070707070707070707070707"]
lifetime = "12h"
idle = "1h"

[identity_headers]
X-User = "subject"
X-Groups = "groups"

[[rule]]
id = "watched"
paths = ["/a/**"]
shadow = true
deny = "anyone"

[[rule]]
id = "open"
paths = ["/healthz", "/static/**"]
methods = ["GET"]
allow = "anyone"

[[rule]]
id = "files"
paths = ["/files/**"]
accept = ["encoded_slash", "parameter"]
allow = [{ groups = ["staff"] }, { users = ["root"] }]

[[rule]]
id = "inside"
paths = ["/inside/*"]
networks = ["10.0.0.0/8"]
allow = "authenticated"

[[rule]]
id = "members"
hosts = ["*.example.com"]
allow = "authenticated"
"#;

fn authorizer() -> Authorizer {
    Authorizer::new(&Config::from_toml(POLICY).unwrap()).unwrap()
}

/// Everything of a decision that a caller can see.
fn visible(decision: &Decision) -> String {
    let headers: Vec<(String, String)> = match decision {
        Decision::Allow(permit) => permit.headers().map(|(name, value)| (name.to_owned(), value.into_owned())).collect(),
        Decision::Challenge(_) | Decision::Forbid(_) | Decision::Indeterminate(_) => Vec::new(),
    };
    format!(
        "{} {} {:?} {:?} {:?} {:?} {headers:?}",
        decision.status(),
        decision.code(),
        decision.rule(),
        decision.detail(),
        decision.audit(),
        decision.shadows()
    )
}

proptest! {
    #[test]
    fn explain_equals_decide(
        method in "(GET|HEAD|POST|get|)",
        host in "(app\\.example\\.com|APP\\.example\\.com\\.|other\\.test|[a-z.:@]{0,8})",
        path in "/(a|files|inside|static|healthz|%2e|%2f|;x|x//y|[a-z%/.;]{0,12}){0,3}(\\?[a-z=&%]{0,8})?",
        cookie in prop::option::of(0_usize..4),
        client in prop::option::of(any::<IpAddr>()),
        later in 0_u64..100_000,
    ) {
        let authorizer = authorizer();
        let sealed = |claims: SessionClaims| authorizer.seal_session(&claims, UnixTime::from_secs(NOW)).unwrap();
        let value = match cookie {
            None => String::new(),
            Some(0) => sealed(SessionClaims::new("s1", "alice").with_groups(["staff"])),
            Some(1) => sealed(SessionClaims::new("s2", "root")),
            Some(2) => sealed(SessionClaims::new("s3", "bob").with_hosts(["other.test"])),
            Some(_) => "v1.broken".to_owned(),
        };
        let fields: Vec<(&str, String)> = match cookie {
            None => Vec::new(),
            Some(_) => vec![("Cookie", format!("{}={value}", authorizer.session_cookie().unwrap()))],
        };
        let mut request = Request::new(&method, "https", &host, &path, &fields);
        if let Some(client) = client {
            request = request.client(client);
        }
        let now = UnixTime::from_secs(NOW + later);
        let (explained, explanation) = authorizer.explain(&request, now);
        prop_assert_eq!(visible(&explained), visible(&authorizer.decide(&request, now)));
        prop_assert!(!explanation.steps().is_empty());
    }
}

#[test]
fn an_explanation_names_the_key_that_did_not_match() {
    let (decision, explanation) =
        authorizer().explain(&Request::new("POST", "https", "app.example.com", "/healthz", &()), UnixTime::from_secs(NOW));
    assert_eq!(decision.rule(), Some("members"));
    let text = explanation.to_string();
    assert!(text.contains("no `open`: `methods` does not match"), "{text}");
    assert!(text.contains("credential_missing"), "{text}");
}
