//! Which request is asked about: the proxy's words on it, the client's, and words that are missing or broken.

use crate::support::gate::Gate;
use crate::support::raw::exchange;

/// Asks at a path with these header lines, and returns the status and the code that was logged.
fn ask(gate: &Gate, path: &str, lines: &[&str]) -> (u16, String) {
    let head = format!("GET {path} HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n"));
    let status = exchange(gate.address(), head.as_bytes()).status;
    (status, gate.last_decision()["code"].as_str().unwrap().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

const ALLOWED: [&str; 3] = ["Host: app.example.com", "X-Original-Method: GET", "X-Original-URI: /public/a"];
const FORWARDED: [&str; 5] = [
    "Host: gate",
    "X-Forwarded-Method: GET",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: app.example.com",
    "X-Forwarded-Uri: /public/a",
];

/// The good question with one line replaced.
fn with<'l>(lines: &[&'l str], from: &str, to: &'l str) -> Vec<&'l str> {
    lines.iter().map(|&line| if line == from { to } else { line }).collect()
}

#[test]
fn cve_2021_32637_a_target_that_cannot_be_read_is_refused_with_a_status() {
    let gate = Gate::start("");
    assert_eq!(ask(&gate, "/auth/verify", &ALLOWED), refused(200, "allowed"));
    assert_eq!(ask(&gate, "/auth/forward", &FORWARDED), refused(200, "allowed"));
    for target in ["/%zz", "/%", "https://app.example.com/public/a", "[::1", "/public/%00", "public/a"] {
        let (verify, forward) = (format!("X-Original-URI: {target}"), format!("X-Forwarded-Uri: {target}"));
        let answer = ask(&gate, "/auth/verify", &with(&ALLOWED, ALLOWED[2], &verify));
        assert_eq!(answer, refused(403, "request_malformed"), "{target}");
        let answer = ask(&gate, "/auth/forward", &with(&FORWARDED, FORWARDED[4], &forward));
        assert_eq!(answer, refused(403, "request_malformed"), "{target}");
    }
    for host in ["[::1", "app.example.com:99999", "user@app.example.com"] {
        let line = format!("X-Forwarded-Host: {host}");
        assert_eq!(
            ask(&gate, "/auth/forward", &with(&FORWARDED, FORWARDED[3], &line)),
            refused(403, "request_malformed"),
            "{host}"
        );
    }
}

#[test]
fn cve_2024_45410_a_forwarded_header_that_a_client_had_dropped_is_not_guessed() {
    let gate = Gate::start("");
    for position in 1..FORWARDED.len() {
        let mut lines = FORWARDED.to_vec();
        let dropped = lines.remove(position);
        let connection = format!("Connection: close, {}", dropped.split(':').next().unwrap());
        lines.push(&connection);
        assert_eq!(ask(&gate, "/auth/forward", &lines), refused(403, "request_malformed"), "{dropped}");
    }
}

#[test]
fn cve_2021_32813_a_connection_header_changes_nothing_of_what_the_proxy_wrote() {
    let gate = Gate::start("");
    let lines = [&FORWARDED[..], &["Connection: X-Forwarded-Host, X-Forwarded-Uri"]].concat();
    assert_eq!(ask(&gate, "/auth/forward", &lines), refused(200, "allowed"), "what the proxy wrote counts");
    let protected = with(&lines, FORWARDED[4], "X-Forwarded-Uri: /secret");
    assert_eq!(ask(&gate, "/auth/forward", &protected), refused(401, "credential_missing"));
    let without: Vec<_> = lines.iter().copied().filter(|line| !line.starts_with("X-Forwarded-Host")).collect();
    assert_eq!(ask(&gate, "/auth/forward", &without), refused(403, "request_malformed"));
}

#[test]
fn cve_2026_39858_another_spelling_of_a_forwarded_header_is_another_header() {
    let gate = Gate::start("");
    for alias in ["X_Forwarded_Uri: /public/a", "X-Forwarded_Uri: /public/a", "X.Forwarded.Uri: /public/a"] {
        let mut lines = with(&FORWARDED, FORWARDED[4], "X-Forwarded-Uri: /secret");
        lines.push(alias);
        assert_eq!(ask(&gate, "/auth/forward", &lines), refused(401, "credential_missing"), "{alias}");
        let alone = with(&FORWARDED, FORWARDED[4], alias);
        assert_eq!(ask(&gate, "/auth/forward", &alone), refused(403, "request_malformed"), "{alias}");
    }
    let mut proto = with(&FORWARDED, FORWARDED[2], "X_Forwarded_Proto: https");
    assert_eq!(ask(&gate, "/auth/forward", &proto), refused(403, "request_malformed"));
    proto.push("X-Forwarded-Proto: https");
    assert_eq!(ask(&gate, "/auth/forward", &proto), refused(200, "allowed"));
}

/// Asserts that a line of the client's changes neither a protected request nor an open one.
#[track_caller]
fn says_nothing(line: &str) {
    let gate = Gate::start("");
    for (path, open, uri) in
        [("/auth/verify", &ALLOWED[..], "X-Original-URI: /secret"), ("/auth/forward", &FORWARDED, "X-Forwarded-Uri: /secret")]
    {
        let name = uri.split(':').next().unwrap();
        let allowed = [open, &[line]].concat();
        assert_eq!(ask(&gate, path, &allowed), refused(200, "allowed"), "{path} {line}");
        let original = open.iter().copied().find(|own| own.starts_with(name)).unwrap();
        assert_eq!(ask(&gate, path, &with(&allowed, original, uri)), refused(401, "credential_missing"), "{path} {line}");
    }
}

#[test]
fn cve_2026_35051_a_forwarded_prefix_decides_nothing() {
    says_nothing("X-Forwarded-Prefix: /public");
}

#[test]
fn cve_2023_27487_an_original_path_of_another_proxys_decides_nothing() {
    says_nothing("X-Envoy-Original-Path: /public/a");
    says_nothing("X-Rewrite-Url: /public/a");
}

#[test]
fn cve_2024_45806_an_internal_header_of_another_proxys_decides_nothing() {
    says_nothing("X-Envoy-Internal: true");
    says_nothing("X-Envoy-External-Address: 127.0.0.1");
}

#[test]
fn cve_2021_32777_a_target_that_comes_twice_is_malformed() {
    let gate = Gate::start("");
    for second in ["X-Original-URI: /public/a", "X-Original-URI: /secret", "X-Original-Method: GET", "Host: app.example.com"] {
        let lines = [&ALLOWED[..], &[second]].concat();
        let head = format!("GET /auth/verify HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n"));
        let status = exchange(gate.address(), head.as_bytes()).status;
        assert!([400, 403].contains(&status), "{second}: {status}");
    }
    let twice = [&FORWARDED[..], &["X-Forwarded-Uri: /public/b"]].concat();
    assert_eq!(ask(&gate, "/auth/forward", &twice), refused(403, "request_malformed"));
    let joined = with(&FORWARDED, FORWARDED[3], "X-Forwarded-Host: app.example.com, evil.example");
    assert_eq!(ask(&gate, "/auth/forward", &joined), refused(403, "request_malformed"));
}

#[test]
fn cve_2018_21246_the_forwarded_host_decides_and_not_the_name_the_proxy_was_reached_by() {
    let gate = Gate::start("");
    let other = with(&FORWARDED, FORWARDED[3], "X-Forwarded-Host: other.example.org");
    let other = with(&other, FORWARDED[0], "Host: app.example.com");
    assert_eq!(ask(&gate, "/auth/forward", &other), refused(403, "no_rule"));
    let own = with(&FORWARDED, FORWARDED[0], "Host: other.example.org");
    assert_eq!(ask(&gate, "/auth/forward", &own), refused(200, "allowed"));
}

#[test]
fn cve_2026_54764_a_forwarded_port_decides_nothing() {
    let policy = "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n[[rule]]\nid = \"port\"\n\
                  hosts = [\"app.example.com:8443\"]\npaths = [\"/**\"]\nallow = \"anyone\"\n";
    let gate = Gate::start_on(policy, &["127.0.0.1:0"]);
    let right = with(&FORWARDED, FORWARDED[3], "X-Forwarded-Host: app.example.com:8443");
    assert_eq!(ask(&gate, "/auth/forward", &right), refused(200, "allowed"));
    let forged = [&FORWARDED[..], &["X-Forwarded-Port: 8443"]].concat();
    assert_eq!(ask(&gate, "/auth/forward", &forged), refused(403, "no_rule"));
}
