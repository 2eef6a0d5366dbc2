//! The answers, byte by byte.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::io::Write;

use support::gate::Gate;
use support::raw::{connect, exchange, read_head, read_reply};

#[test]
fn allow_is_exactly_this() {
    let gate = Gate::start("");
    let reply = gate.verify("GET", "/", &gate.cookie("alice", &[]));
    let date = reply.header("date").unwrap().to_owned();
    let text = String::from_utf8(reply.raw).unwrap().replace(&date, "DATE");
    let mut lines: Vec<&str> = text.split("\r\n").collect();
    lines[1..].sort_unstable();
    let fields = ["cache-control: no-store", "content-length: 0", "date: DATE", "x-email: alice@example.com", "x-user: alice"];
    assert_eq!(lines, [&["HTTP/1.1 200 OK", "", ""], &fields[..]].concat());
    assert!(text.ends_with("\r\n\r\n"));
}

#[test]
fn identity_headers_are_there_when_there_is_nobody() {
    let gate = Gate::start("");
    for reply in [gate.verify("GET", "/public/a", "X-User: root\r\n"), gate.forward("GET", "/public/a", "X-User: root\r\n")] {
        assert_eq!((reply.status, reply.header("x-user"), reply.header("x-email")), (200, Some(""), Some("")));
    }
}

#[test]
fn refusals_have_no_body_and_no_identity() {
    let gate = Gate::start("");
    let (bob, anonymous) = (gate.cookie("bob", &["staff"]), String::new());
    for (uri, cookie, status) in [("/admin/", &bob, 403), ("/secret", &anonymous, 401), ("/a/../admin", &bob, 403)] {
        for reply in [gate.verify("GET", uri, cookie), gate.forward("GET", uri, cookie)] {
            assert_eq!(
                (reply.status, reply.header("content-length"), reply.header("cache-control")),
                (status, Some("0"), Some("no-store")),
                "{uri}"
            );
            assert_eq!(
                (reply.header("x-user"), reply.header("x-email"), reply.header("set-cookie")),
                (None, None, None),
                "{uri}"
            );
            assert_eq!(reply.header("www-authenticate").is_some(), status == 401, "{uri}");
        }
    }
}

#[test]
fn challenge_has_one_www_authenticate_and_the_login_in_location() {
    let gate = Gate::start("");
    let reply = gate.verify("GET", "/a?x=1&y=2", "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n");
    assert_eq!((reply.status, reply.header("www-authenticate")), (401, Some(r#"Bearer realm="gatewright""#)));
    assert_eq!(
        reply.header("location"),
        Some("https://auth.example.com/login?rd=https%3A%2F%2Fapp.example.com%2Fa%3Fx%3D1%26y%3D2")
    );
}

#[test]
fn forward_sends_a_navigation_to_the_login_and_nothing_else() {
    let gate = Gate::start("");
    let (navigation, html) = ("Sec-Fetch-Mode: navigate\r\n", "Accept: text/html\r\n");
    for (method, headers, status) in [
        ("GET", navigation, 302),
        ("HEAD", navigation, 302),
        ("GET", html, 302),
        ("POST", navigation, 401),
        ("GET", "Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n", 401),
        ("GET", "Accept: text/html\r\nX-Requested-With: XMLHttpRequest\r\n", 401),
        ("GET", "Accept: application/json\r\n", 401),
        ("GET", "", 401),
    ] {
        let reply = gate.forward(method, "/a?x=1", headers);
        assert_eq!(reply.status, status, "{method} {headers}");
        assert_eq!(reply.header("location"), Some("https://auth.example.com/login?rd=https%3A%2F%2Fapp.example.com%2Fa%3Fx%3D1"));
        assert_eq!(reply.header("www-authenticate").is_some(), status == 401);
        assert_eq!(gate.last_decision()["status"], status);
    }
}

#[test]
fn forbidden_never_goes_to_the_login() {
    let gate = Gate::start("");
    let reply = gate.forward("GET", "/admin/", &format!("{}Sec-Fetch-Mode: navigate\r\n", gate.cookie("bob", &["staff"])));
    assert_eq!((reply.status, reply.header("location")), (403, None));
}

#[test]
fn conditional_and_range_headers_change_nothing() {
    let gate = Gate::start("");
    let more = "If-None-Match: *\r\nIf-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT\r\nRange: bytes=0-0\r\nExpect: 100-continue\r\nUpgrade: websocket\r\n";
    let reply = gate.verify("GET", "/public/a", more);
    assert_eq!((reply.status, reply.header("etag")), (200, None));
}

#[test]
fn connection_is_kept_over_many_answers() {
    let gate = Gate::start("");
    let mut stream = connect(gate.address());
    for (uri, status) in [("/public/a", 200), ("/secret", 401), ("/admin/../x", 403), ("/public/b", 200)] {
        let head = format!(
            "GET /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: {uri}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        assert_eq!(read_reply(&mut stream).status, status, "{uri}");
    }
}

#[test]
fn http_1_0_is_answered_as_nginx_asks_by_default() {
    let gate = Gate::start("");
    let head = "GET /auth/verify HTTP/1.0\r\nHost: app.example.com\r\nConnection: close\r\nX-Original-Method: GET\r\nX-Original-URI: /public/a\r\n\r\n";
    assert_eq!(exchange(gate.address(), head.as_bytes()).status, 200);
    let mut stream = connect(gate.address());
    for _ in 0..2 {
        stream.write_all(head.replace("close", "keep-alive").as_bytes()).unwrap();
        assert_eq!(read_reply(&mut stream).status, 200);
    }
}

#[test]
fn head_is_answered_without_waiting_for_a_body() {
    let gate = Gate::start("");
    let mut stream = connect(gate.address());
    stream.write_all(b"HEAD /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: HEAD\r\nX-Original-URI: /public/a\r\n\r\n").unwrap();
    let reply = read_head(&mut stream);
    assert_eq!((reply.status, reply.header("content-length")), (200, Some("0")));
}

#[test]
fn identity_that_does_not_fit_is_refused_and_named() {
    let headers: String = (0..60).map(|number| format!("X-Copy-{number} = \"email\"\n")).collect();
    let policy = support::gate::POLICY.replace("X-User = \"subject\"\n", &headers);
    let gate = Gate::start_on(&policy, &["127.0.0.1:0"]);
    assert_eq!(gate.verify("GET", "/", &gate.cookie("bob", &[])).status, 200);
    let reply = gate.verify("GET", "/", &gate.cookie(&"long".repeat(25), &[]));
    assert_eq!((reply.status, reply.all("x-copy-0").len()), (503, 0));
    let entry = gate.last_decision();
    assert_eq!(entry["code"], "internal");
    assert!(entry["detail"].as_str().unwrap().contains("`X-Copy-"), "{entry}");
}
