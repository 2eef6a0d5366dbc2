//! Bytes on the listener that no well-behaved proxy sends.

use crate::support::gate::Gate;
use crate::support::raw::exchange;

const GOOD: &str =
    "GET /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: /public/a\r\n";

/// Asks with bytes in place of the word `BYTES`.
fn with_bytes(gate: &Gate, request: &str, bytes: &[u8]) -> u16 {
    let (before, after) = request.split_once("BYTES").unwrap();
    exchange(gate.address(), &[before.as_bytes(), bytes, after.as_bytes()].concat()).status
}

#[test]
fn cve_2019_9900_a_nul_in_a_header_is_refused() {
    let gate = Gate::start("");
    assert_eq!(exchange(gate.address(), format!("{GOOD}\r\n").as_bytes()).status, 200);
    for request in [format!("{GOOD}X-A: aBYTESb\r\n\r\n"), format!("{}\r\n", GOOD.replace("/public/a", "/public/aBYTES"))] {
        assert_eq!(with_bytes(&gate, &request, b"\0"), 400, "{request}");
    }
}

#[test]
fn cve_2023_27488_bytes_that_are_no_text_open_nothing() {
    let gate = Gate::start("");
    let target = format!("{}\r\n", GOOD.replace("/public/a", "/BYTESpublic/a"));
    assert_eq!(with_bytes(&gate, &target, b"\xff"), 403);
    assert_eq!(gate.last_decision()["code"], "request_malformed");
    let credential = format!("{}Cookie: session=BYTES\r\n\r\n", GOOD.replace("/public/a", "/secret"));
    assert_eq!(with_bytes(&gate, &credential, b"\xff\xfe"), 401);
    assert_eq!(gate.last_decision()["code"], "session_malformed");
}

#[test]
fn cve_2024_23324_bytes_that_are_no_text_change_nothing_in_a_header_that_nobody_reads() {
    let gate = Gate::start("");
    let unread = |uri: &str| format!("{}X-A: BYTES\r\n\r\n", GOOD.replace("/public/a", uri));
    assert_eq!(with_bytes(&gate, &unread("/secret"), b"\xff"), 401);
    assert_eq!(with_bytes(&gate, &unread("/admin/"), b"\xc3\x28"), 401);
    assert_eq!(with_bytes(&gate, &unread("/public/a"), b"\xff"), 200, "it changes no answer either way");
}

#[test]
fn cve_2022_24797_nothing_of_the_process_is_shown_where_the_proxy_asks() {
    let gate = Gate::start("");
    for path in ["/debug/pprof/", "/debug/pprof/heap", "/metrics", "/healthz", "/readyz", "/config", "/.well-known/jwks.json"] {
        let reply = exchange(gate.address(), format!("GET {path} HTTP/1.1\r\nHost: app.example.com\r\n\r\n").as_bytes());
        assert_eq!((reply.status, reply.body.len()), (404, 0), "{path}");
    }
    let reply = exchange(gate.admin(), b"GET /debug/pprof/ HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(reply.status, 404);
}

#[test]
fn cve_2018_1002104_metrics_are_shown_on_the_admin_listener_alone() {
    let gate = Gate::start("");
    let ask = |address| exchange(address, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").status;
    assert_eq!((ask(gate.admin()), ask(gate.address())), (200, 404));
    for path in ["/", "/anything", "/auth/"] {
        let reply = exchange(gate.address(), format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
        assert_eq!((reply.status, reply.body.len()), (404, 0), "{path}");
    }
}

#[test]
fn cve_2018_15598_the_admin_listener_shows_no_policy_and_changes_nothing() {
    let gate = Gate::start("");
    for path in ["/api", "/api/rules", "/policy", "/reload", "/auth/verify"] {
        for method in ["GET", "PUT"] {
            let reply = exchange(gate.admin(), format!("{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
            assert!([404, 405].contains(&reply.status), "{method} {path}: {}", reply.status);
        }
    }
    let metrics = exchange(gate.admin(), b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(metrics.status, 200);
    assert!(!metrics.text().contains("0123456789abcdef"), "a key is in the metrics");
}

#[test]
fn cve_2024_28869_an_announced_body_is_not_waited_for() {
    let gate = Gate::start("");
    for announced in ["Content-Length: 5\r\n", "Content-Length: 9223372036854775807\r\n"] {
        let reply = exchange(gate.address(), format!("{GOOD}{announced}\r\n").as_bytes());
        assert_eq!((reply.status, reply.header("connection")), (200, Some("close")), "{announced}");
    }
}
