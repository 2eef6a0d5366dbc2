//! Access tokens of a real certified OpenID provider (tests/idp), through discovery, over a rotation of all its keys.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gatewright::{Decision, Request};
use gatewright_issuer::{Live, Options, now};
use serde_json::Value;

/// The provider's process, stopped with the test.
struct Provider {
    child: Child,
    issuer: String,
    control: String,
}

impl Provider {
    fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/idp");
        assert!(folder.join("node_modules").is_dir(), "run `cargo xtask setup`, or `npm ci` in tests/idp");
        let mut child =
            Command::new("node").arg("idp.mjs").current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        Self { child, issuer: text("issuer"), control: text("control") }
    }

    /// Gets an access token for one of the three resources, each signed with its own algorithm.
    fn token(&self, resource: &str) -> String {
        let body = format!("grant_type=client_credentials&scope=read&resource=https%3A%2F%2Fapi.example%2F{resource}");
        let answer = post(&format!("{}/token", self.issuer), "Authorization: Basic bWFjaGluZTptYWNoaW5lLXNlY3JldA==\r\n", &body);
        let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"));
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    fn step(&self, name: &str) {
        post(&format!("{}/{name}", self.control), "", "");
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Posts a form over plain http and returns the body.
fn post(url: &str, headers: &str, body: &str) -> String {
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /{path} HTTP/1.0\r\nHost: {authority}\r\nConnection: close\r\n{headers}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

fn policy(issuer: &str) -> String {
    format!(
        "version = 1\n[[issuer]]\nissuer = \"{issuer}\"\naudiences = [\"https://api.example/\", \"https://api.example/es\", \"https://api.example/ed\"]\n\
         algorithms = [\"RS256\", \"ES256\", \"EdDSA\"]\ntypes = [\"at+jwt\"]\nkeys = {{ discovery = true }}\ncooldown = \"1s\"\n\
         [[rule]]\nid = \"readers\"\nallow = {{ scopes = [\"read\"], groups = [\"staff\"] }}\n"
    )
}

fn ask(live: &Live, token: &str) -> Decision {
    let headers = [("authorization", format!("Bearer {token}"))];
    live.decide(&Request::new("GET", "https", "app.example.com", "/", &headers), now())
}

#[test]
fn tokens_of_a_real_provider_are_accepted_before_during_and_after_a_rotation() {
    let provider = Provider::start();
    let live = Live::from_text(&policy(&provider.issuer), ".".as_ref(), Options { watch: false, ..Options::default() }).unwrap();
    let start = Instant::now();
    while !live.ready() {
        assert!(start.elapsed() < Duration::from_secs(10), "discovery did not succeed");
        std::thread::sleep(Duration::from_millis(10));
    }
    let accepted = |when: &str| {
        for (resource, algorithm) in [("", "RS256"), ("es", "ES256"), ("ed", "Ed25519")] {
            let decision = ask(&live, &provider.token(resource));
            assert_eq!(decision.code(), "allowed", "{algorithm} {when}: {}", decision.detail());
            assert_eq!(decision.audit().subject.as_deref(), Some("machine"));
        }
    };
    accepted("at first");
    provider.step("publish");
    std::thread::sleep(Duration::from_secs(2));
    accepted("while the next keys are only published");
    provider.step("promote");
    accepted("signed with the new keys");
    provider.step("retire");
    accepted("after the old keys are gone");
}
