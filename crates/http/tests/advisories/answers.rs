//! Where an answer leads, how large it is, and what makes it a yes.

use std::path::Path;

use gatewright_issuer::{Live, Options};

use crate::support::gate::{Gate, POLICY};
use crate::support::raw::{Reply, exchange};

const LOGIN: &str = "https://auth.example.com/login?rd=https%3A%2F%2Fapp.example.com%2Fa";

/// Asserts that the way to the login is the file's, whatever these lines say.
#[track_caller]
fn leads_to_the_login(lines: &str) {
    let gate = Gate::start("");
    let lines = format!("Sec-Fetch-Mode: navigate\r\n{lines}");
    for reply in [gate.verify("GET", "/a", &lines), gate.forward("GET", "/a", &lines)] {
        assert_eq!(reply.header("location"), Some(LOGIN), "{lines}");
    }
}

#[test]
fn cve_2024_52003_a_forwarded_prefix_leads_nowhere() {
    leads_to_the_login("X-Forwarded-Prefix: //evil.com\r\n");
    leads_to_the_login("X-Forwarded-Prefix: https://evil.com/\r\n");
}

#[test]
fn cve_2020_15129_a_prefix_with_a_backslash_or_a_second_slash_leads_nowhere() {
    leads_to_the_login("X-Forwarded-Prefix: /\\evil.com\r\n");
    leads_to_the_login("X-Forwarded-Prefix: /evil.com//\r\n");
}

#[test]
fn cve_2025_64101_no_address_is_built_from_a_forwarded_host() {
    let gate = Gate::start("");
    let evil = |host: &str| {
        let head = format!(
            "GET /auth/forward HTTP/1.1\r\nHost: gate\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: {host}\r\nX-Forwarded-Uri: /a\r\nSec-Fetch-Mode: navigate\r\n\r\n"
        );
        exchange(gate.address(), head.as_bytes())
    };
    assert_eq!(evil("app.example.com").header("location"), Some(LOGIN));
    let reply = evil("evil.example");
    assert_eq!((reply.status, reply.header("location")), (403, None));
    let head = "GET /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: /a\r\nX-Forwarded-Host: evil.example\r\n\r\n";
    assert_eq!(exchange(gate.address(), head.as_bytes()).header("location"), Some(LOGIN));
}

#[test]
fn ghsa_93m4_mfpg_c3xf_no_address_is_built_from_a_forwarded_scheme() {
    let gate = Gate::start("");
    let proto = |proto: &str| {
        let head = format!(
            "GET /auth/forward HTTP/1.1\r\nHost: gate\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: {proto}\r\nX-Forwarded-Host: app.example.com\r\nX-Forwarded-Uri: /a\r\n\r\n"
        );
        exchange(gate.address(), head.as_bytes())
    };
    assert_eq!(proto("https").header("location"), Some(LOGIN));
    for wrong in ["javascript", "https://evil.com/?", "data", "https,http"] {
        assert_eq!((proto(wrong).status, proto(wrong).header("location")), (403, None), "{wrong}");
    }
    // Plain http is no listed place to return to: the login is the file's own, without a way back.
    assert_eq!(proto("http").header("location"), Some("https://auth.example.com/login"));
}

#[test]
fn cve_2024_21499_a_forwarded_scheme_becomes_no_part_of_a_header() {
    let gate = Gate::start("");
    for wrong in ["javascript:", "https%0d%0aX-A: b", "https\tx", "https://evil.com#", "HTTPS;x"] {
        let head = format!(
            "GET /auth/forward HTTP/1.1\r\nHost: gate\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: {wrong}\r\nX-Forwarded-Host: app.example.com\r\nX-Forwarded-Uri: /a\r\nSec-Fetch-Mode: navigate\r\n\r\n"
        );
        let reply = exchange(gate.address(), head.as_bytes());
        assert_eq!((reply.status, reply.header("location"), reply.header("x-a")), (403, None, None), "{wrong}");
    }
    leads_to_the_login("");
}

#[test]
fn cve_2026_33495_a_scheme_that_the_proxy_does_not_vouch_for_is_not_read() {
    leads_to_the_login_at_verify("X-Forwarded-Proto: http\r\n");
    leads_to_the_login_at_verify("X-Forwarded-Proto: javascript\r\n");
    let gate = Gate::start("proxy_sets = { verify = [\"X-Forwarded-Proto\"] }");
    assert_eq!(gate.verify("GET", "/a", "X-Forwarded-Proto: https\r\n").header("location"), Some(LOGIN));
    assert_ne!(gate.verify("GET", "/a", "X-Forwarded-Proto: http\r\n").header("location"), Some(LOGIN), "where it does, it is");
}

#[track_caller]
fn leads_to_the_login_at_verify(lines: &str) {
    assert_eq!(Gate::start("").verify("GET", "/a", lines).header("location"), Some(LOGIN), "{lines}");
}

#[test]
fn cve_2026_26998_every_answer_is_small_and_has_no_body() {
    let gate = Gate::start("");
    let long = format!("/{}", "a".repeat(4_000));
    let alice = gate.cookie("alice", &[]);
    let replies: [Reply; 5] = [
        gate.verify("GET", "/public/a", ""),
        gate.verify("GET", &long, &alice),
        gate.verify("GET", "/secret", ""),
        gate.verify("GET", "/a/../b", ""),
        gate.forward("GET", "/admin/", &alice),
    ];
    for reply in replies {
        assert_eq!((reply.header("content-length"), reply.body.len()), (Some("0"), 0), "{reply:?}");
        assert!(reply.raw.len() < 4_096, "{} bytes", reply.raw.len());
    }
}

#[test]
fn cve_2026_34457_a_user_agent_is_no_health_check() {
    let gate = Gate::start("");
    for agent in ["GoogleHC/1.0", "kube-probe/1.30", "ELB-HealthChecker/2.0", "Consul Health Check"] {
        let lines = format!("User-Agent: {agent}\r\n");
        for reply in [gate.verify("GET", "/secret", &lines), gate.forward("GET", "/secret", &lines)] {
            assert_eq!(reply.status, 401, "{agent}");
        }
    }
    assert_eq!(gate.verify("GET", "/public/a", "User-Agent: GoogleHC/1.0\r\n").status, 200);
}

/// The policy with a further kind of credential: its rule about groups has to say whose.
fn with_table(table: &str) -> String {
    let whose = POLICY.replace("groups = [\"admins\"]", "groups = [\"admins\"], credentials = [\"session\"]");
    format!("{whose}{table}\n")
}

/// Returns what stops a service with this policy from starting.
fn refused_at_the_start(policy: &str) -> String {
    let options = Options { watch: false, fetch: false, ..Options::default() };
    match Live::from_text(policy, Path::new("."), options) {
        Ok(_) => panic!("a policy that should be refused is taken: {policy}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn cve_2026_54762_a_secret_that_cannot_be_read_opens_nothing() {
    for reference in ["env:GATEWRIGHT_TEST_NO_SUCH_VARIABLE", "file:no/such/file"] {
        let error = refused_at_the_start(&POLICY.replace("0123456789abcdef0123456789abcdef", reference));
        assert!(error.contains(&reference[reference.find(':').unwrap() + 1..]), "{error}");
    }
    assert!(refused_at_the_start(&with_table("[[basic]]\nhtpasswd = \"file:no/such/users\"")).contains("no/such/users"));
}

#[test]
fn cve_2026_27586_certificates_that_cannot_be_read_open_nothing() {
    let entries = with_table("[[client_cert]]\nform = \"rfc9440\"\nentries = \"file:no/such/certs.toml\"");
    assert!(refused_at_the_start(&entries).contains("no/such/certs.toml"));
    let authority = with_table(
        "[[issuer]]\nissuer = \"https://login.example.com\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\n\
         keys = { jwks_url = \"https://login.example.com/jwks\" }\nca_file = \"no/such/ca.pem\"",
    );
    assert!(refused_at_the_start(&authority).contains("no/such/ca.pem"));
}
