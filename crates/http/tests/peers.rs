//! Who may ask, and whose word on the client's address counts.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::io::Write;
use std::os::unix::net::UnixStream;

use support::gate::{Gate, POLICY};
use support::raw::{connect, exchange, is_closed, read_reply};

const QUESTION: &str =
    "GET /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: /public/a\r\n";

#[test]
fn stranger_is_refused_and_keeps_no_connection() {
    let gate = Gate::start(r#"trusted_peers = ["10.0.0.0/8"]"#);
    let mut stream = connect(gate.address());
    stream.write_all(format!("{QUESTION}\r\n").as_bytes()).unwrap();
    let reply = read_reply(&mut stream);
    assert_eq!((reply.status, reply.header("x-user")), (403, None));
    assert!(is_closed(&mut stream));
    let entry = gate.last_decision();
    assert_eq!((&entry["code"], entry.get("path")), (&"peer_untrusted".into(), None));
    assert!(entry["detail"].as_str().unwrap().contains("127.0.0.1"), "{entry}");
}

#[test]
fn proxy_secret_must_be_carried_once_and_exactly() {
    let gate = Gate::start(r#"proxy_secret = "a-secret-of-the-proxy-0123456789abcdef""#);
    let ask = |more: &str| exchange(gate.address(), format!("{QUESTION}{more}\r\n").as_bytes());
    let right = "X-Gatewright-Proxy: a-secret-of-the-proxy-0123456789abcdef\r\n";
    assert_eq!((ask(right).status, ask(right).header("connection")), (200, None));
    for wrong in [
        String::new(),
        right.replace('a', "b"),
        right.repeat(2),
        "X-Gatewright-Proxy:\r\n".to_owned(),
        right.replace("def\r", "de\r"),
    ] {
        let reply = ask(&wrong);
        assert_eq!((reply.status, reply.header("connection")), (403, Some("close")), "{wrong}");
        let entry = gate.last_decision();
        assert_eq!(entry["code"], "peer_untrusted");
        assert!(!entry.to_string().contains("a-secret-of"), "{entry}");
    }
}

#[test]
fn unix_socket_may_always_ask() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("unix:{}?mode=0600", folder.path().join("gate.sock").display());
    let http = "\n[http]\ntrusted_peers = [\"10.0.0.0/8\"]\nproxy_secret = \"a-secret-of-the-proxy-0123456789abcdef\"\n";
    let gate = Gate::start_on(&format!("{POLICY}{http}"), &[&address]);
    let mut stream = UnixStream::connect(folder.path().join("gate.sock")).unwrap();
    stream.write_all(format!("{QUESTION}\r\n").as_bytes()).unwrap();
    assert_eq!(read_reply(&mut stream).status, 200);
    gate.server.stop();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the socket's file goes away with the service");
}

/// A policy whose one rule admits a network.
fn office(http: &str) -> Gate {
    let policy = "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n[[rule]]\nid = \"office\"\npaths = [\"/**\"]\nnetworks = [\"203.0.113.0/24\"]\nallow = \"anyone\"\n";
    Gate::start_on(&format!("{policy}[http]\n{http}\n"), &["127.0.0.1:0"])
}

#[test]
fn nginx_vouches_for_no_address_until_it_is_said_so() {
    let gate = office("");
    assert_eq!(gate.verify("GET", "/", "X-Real-IP: 203.0.113.9\r\nX-Forwarded-For: 203.0.113.9\r\n").status, 403);
    assert_eq!(gate.last_decision()["code"], "client_address_unknown");

    let gate = office(r#"proxy_sets = { verify = ["X-Real-IP"] }"#);
    assert_eq!(gate.verify("GET", "/", "X-Real-IP: 203.0.113.9\r\n").status, 200);
    assert_eq!(gate.verify("GET", "/", "X-Real-IP: 203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\n").status, 403);
    assert_eq!(gate.verify("GET", "/", "X-Forwarded-For: 203.0.113.9\r\n").status, 403);

    let gate = office("trusted_hops = [\"10.0.0.0/8\"]\nproxy_sets = { verify = [\"X-Forwarded-For\"] }");
    assert_eq!(gate.verify("GET", "/", "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.0.0.1\r\n").status, 200);
    assert_eq!(gate.verify("GET", "/", "X-Forwarded-For: 203.0.113.9, 198.51.100.1, 10.0.0.1\r\n").status, 403);
    assert_eq!(gate.verify("GET", "/", "X-Real-IP: 203.0.113.9\r\n").status, 403);
}

#[test]
fn traefik_and_caddy_always_say_who_connected_to_them() {
    let gate = office("");
    assert_eq!(gate.forward("GET", "/", "X-Forwarded-For: 10.0.0.1, 203.0.113.9\r\n").status, 200);
    assert_eq!(gate.forward("GET", "/", "X-Forwarded-For: 203.0.113.9, 10.0.0.1\r\n").status, 403);
    assert_eq!(gate.forward("GET", "/", "X-Real-IP: 203.0.113.9\r\n").status, 403);
}

#[test]
fn scheme_is_https_unless_nginx_is_said_to_set_it() {
    let location = |gate: &Gate| gate.verify("GET", "/a", "X-Forwarded-Proto: http\r\n").header("location").unwrap().to_owned();
    assert!(location(&Gate::start("")).contains("rd=https%3A"));
    let gate = Gate::start(r#"proxy_sets = { verify = ["X-Forwarded-Proto"] }"#);
    assert_eq!(gate.verify("GET", "/public/a", "X-Forwarded-Proto: http\r\n").status, 200);
    assert_eq!(gate.verify("GET", "/public/a", "").status, 403);
    assert!(gate.last_decision()["detail"].as_str().unwrap().contains("proxy_set_header X-Forwarded-Proto $scheme;"));
    assert_eq!(gate.verify("GET", "/public/a", "X-Forwarded-Proto: javascript\r\n").status, 403);
}
