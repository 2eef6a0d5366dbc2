//! What `init` writes for nginx holds, and what somebody adds to it later is seen.

use std::io;

use gatewright::{Authorizer, Config};
use gatewright_prove::nginx::Files;
use gatewright_prove::{Intent, Outcome, Proxy, Site, Tls, Trial, Wiring, init, rig};

use crate::support::has_nginx;

const START: &str = "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n";
const LOGIN: &str = "[login]\nurl = \"https://auth.example.com/login\"\nreturn_hosts = [\"app.example.com\"]\n";
const HEADERS: &str = "[identity_headers]\nX-User = \"subject\"\nX-Email = \"email\"\n";
const RULES: &str = "[[rule]]\nid = \"rest\"\nhosts = [\"app.example.com\", \"*.apps.example.com\"]\nallow = \"authenticated\"\n";

/// One file, whatever its name.
struct Text(String);

impl Files for Text {
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        if name == b"/gatewright.conf" { Ok(self.0.clone().into_bytes()) } else { Err(io::ErrorKind::NotFound) }
    }

    fn names(&self, _folder: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }
}

#[test]
fn configuration_that_is_written_lets_in_who_may_and_nobody_else() {
    if !has_nginx() {
        return;
    }
    for policy in [format!("{START}{RULES}"), format!("{START}{LOGIN}{HEADERS}{RULES}")] {
        let trial = tried(written(&policy));
        assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{trial:#?}");
        assert!(trial.remarks.is_empty(), "{trial:#?}");
    }
}

/// What somebody adds to it later.
const HOLES: [(&str, &str, Outcome); 10] = [
    ("sibling", "location /api/ { auth_request off; proxy_pass http://gatewright_backend; }", Outcome::Open),
    ("expression", "location ~ \\.php$ { auth_request off; proxy_pass http://gatewright_backend; }", Outcome::Open),
    ("return", "location /settings { return 200 '{}'; }", Outcome::Open),
    (
        "rewrite",
        "location /old/ { rewrite ^ /new/ last; } location /new/ { internal; auth_request off; proxy_pass http://gatewright_backend; }",
        Outcome::Open,
    ),
    (
        "refused",
        "error_page 401 403 = @app; location @app { auth_request off; proxy_pass http://gatewright_backend; }",
        Outcome::Open,
    ),
    (
        "gate down",
        "error_page 500 = @app; location @app { auth_request off; proxy_pass http://gatewright_backend; }",
        Outcome::Open,
    ),
    (
        "missing file",
        "location /static/ { auth_request off; root /srv; error_page 404 = @app; }\n\
         location @app { auth_request off; proxy_pass http://gatewright_backend; }",
        Outcome::Open,
    ),
    ("alias", "location /static { auth_request off; alias /srv/static/; }", Outcome::Open),
    ("another port", "} server { listen 8081; location / { proxy_pass http://gatewright_backend; }", Outcome::Open),
    ("identity", "location /ws/ { proxy_set_header Host $host; proxy_pass http://$gatewright_application; }", Outcome::Spoofed),
];

#[test]
fn every_hole_that_is_planted_in_it_is_shown() {
    if !has_nginx() {
        return;
    }
    let text = written(&format!("{START}{HEADERS}{RULES}"));
    for (name, hole, outcome) in HOLES {
        let (start, rest) = text.split_once("\n    location / {").unwrap();
        // Another server is one behind this one.
        let planted = match hole.strip_prefix("} ") {
            Some(server) => format!("{text}\n{server}\n}}\n"),
            None => format!("{start}\n    {hole}\n    location / {{{rest}"),
        };
        let trial = tried(planted);
        assert_eq!(trial.outcome, outcome, "{name}: {trial:#?}");
    }
}

/// What `init` writes for a policy.
fn written(policy: &str) -> String {
    let config = Config::from_toml(policy).unwrap();
    let authorizer = Authorizer::new(&config).unwrap();
    let tls = Tls { certificate: "/etc/ssl/app.pem".into(), key: "/etc/ssl/app.key".into() };
    let wiring = Wiring { tls: Some(tls), ..Wiring::default() };
    let site = Site::new(&config, &authorizer, wiring).unwrap();
    init(Proxy::Nginx, &site).unwrap()[0].text.clone()
}

fn tried(text: String) -> Trial {
    rig(b"/gatewright.conf", &Text(text), Intent::default(), None).unwrap()
}
