//! The admin listener.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use support::gate::Gate;
use support::raw::{Reply, exchange};

fn get(gate: &Gate, path: &str) -> Reply {
    exchange(gate.admin(), format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes())
}

#[test]
fn health_and_readiness_are_told_by_path_alone() {
    let gate = Gate::start("");
    assert_eq!((get(&gate, "/healthz").status, get(&gate, "/healthz").text().as_str()), (200, "ok\n"));
    assert_eq!((get(&gate, "/readyz").status, get(&gate, "/readyz").text().as_str()), (200, "ready\n"));
    for path in ["/", "/auth/verify", "/auth/forward", "/healthz/", "/metrics/x", "/auth/../healthz"] {
        assert_eq!(get(&gate, path).status, 404, "{path}");
    }
    let post = exchange(gate.admin(), b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd");
    assert_eq!(post.status, 405);
}

#[test]
fn metrics_count_decisions_by_rule_outcome_and_code() {
    let gate = Gate::start("");
    let bob = gate.cookie("bob", &["staff"]);
    gate.verify("GET", "/public/a", "");
    gate.verify("GET", "/", &bob);
    gate.verify("GET", "/admin/", &bob);
    gate.forward("GET", "/", "");
    let reply = get(&gate, "/metrics");
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = reply.text();
    for line in [
        r#"gatewright_decisions_total{rule="public",outcome="allow",code="allowed"} 1"#,
        r#"gatewright_decisions_total{rule="members",outcome="allow",code="allowed"} 1"#,
        r#"gatewright_decisions_total{rule="admin",outcome="forbid",code="identity_not_allowed"} 1"#,
        r#"gatewright_decisions_total{rule="members",outcome="challenge",code="credential_missing"} 1"#,
        "gatewright_decision_seconds_count 4",
        "gatewright_log_lines_dropped_total 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[test]
fn log_has_a_line_per_decision_and_no_secret() {
    let gate = Gate::start("");
    let cookie = gate.cookie("bob", &["staff"]);
    gate.verify("POST", "/admin/x?token=t0ps3cret", &format!("{cookie}X-Request-ID: req-7\r\n"));
    let entry = gate.last_decision();
    for (name, expected) in [
        ("outcome", "forbid"),
        ("code", "identity_not_allowed"),
        ("rule", "admin"),
        ("subject", "bob"),
        ("method", "POST"),
        ("host", "app.example.com"),
        ("path", "/admin/x"),
        ("request_id", "req-7"),
    ] {
        assert_eq!(entry[name], expected, "{name}");
    }
    assert!(entry["micros"].is_u64() && entry["time"].is_string() && entry["detail"].is_string());
    let value = cookie.trim().split_once('=').unwrap().1;
    assert!(!entry.to_string().contains(value) && !entry.to_string().contains("t0ps3cret"), "{entry}");
}

#[test]
fn keys_of_assertions_are_published_here_alone() {
    let pem = r#""""
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
""""#;
    let assertion = format!("[assertion]\nheader = \"X-Assertion\"\nkeys = [{pem}]\n");
    let gate = Gate::start_on(&format!("{}\n{assertion}", support::gate::POLICY), &["127.0.0.1:0"]);
    let reply = get(&gate, "/.well-known/jwks.json");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/jwk-set+json")));
    let keys: serde_json::Value = serde_json::from_str(&reply.text()).unwrap();
    assert_eq!(keys["keys"][0]["kid"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert!(keys["keys"][0].get("d").is_none(), "the public half alone");
    let on_the_gate = exchange(gate.address(), b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(on_the_gate.status, 404);

    let allowed = gate.verify("GET", "/", &gate.cookie("bob", &["staff"]));
    assert_eq!(allowed.header("x-assertion").map(|token| token.split('.').count()), Some(3));
    assert_eq!(gate.verify("GET", "/public/", "X-Assertion: forged\r\n").header("x-assertion"), Some(""));
    assert_eq!(get(&Gate::start(""), "/.well-known/jwks.json").status, 404, "no [assertion]");
}
