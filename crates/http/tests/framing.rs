//! Broken, hostile and slow bytes on the listener: nothing of it is an allow, nothing of it hangs.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::io::{Read, Write};

use support::gate::Gate;
use support::raw::{connect, exchange, is_closed, read_reply};

/// A question that is allowed, so that whatever else is answered 200 would be seen.
const GOOD: &str =
    "GET /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: /public/a\r\n";

#[test]
fn smuggling_shapes_are_refused() {
    let gate = Gate::start("");
    for (name, request) in [
        ("two content-lengths", format!("{GOOD}Content-Length: 0\r\nContent-Length: 4\r\n\r\nabcd")),
        ("content-length that is no number", format!("{GOOD}Content-Length: +4\r\n\r\nabcd")),
        ("unknown transfer-encoding", format!("{GOOD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")),
        ("space before the colon", format!("{GOOD}X-Original-URI : /public/a\r\n\r\n")),
        ("folded line", format!("{GOOD}X-A: b\r\n c\r\n\r\n")),
        ("no name", format!("{GOOD}: b\r\n\r\n")),
        ("NUL in a value", format!("{GOOD}X-A: b\0c\r\n\r\n")),
        ("bare CR in a value", format!("{GOOD}X-A: b\rX-B: c\r\n\r\n")),
        ("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
        ("TLS hello", "\u{16}\u{3}\u{1}\u{2}\0\u{1}".to_owned()),
        ("nonsense", "hello\r\n\r\n".to_owned()),
    ] {
        let status = exchange(gate.address(), request.as_bytes()).status;
        assert!(status == 0 || (400..=505).contains(&status), "{name}: {status}");
    }
}

#[test]
fn request_after_an_announced_body_is_never_answered() {
    let gate = Gate::start("");
    for request in [
        format!("{GOOD}Content-Length: {}\r\n\r\n{GOOD}\r\n", GOOD.len() + 2),
        format!("{GOOD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{GOOD}\r\n"),
        format!("{GOOD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{GOOD}\r\n"), // RFC 9112 §6.1: close after the answer
        format!("{GOOD}Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n{GOOD}\r\n"),
    ] {
        let mut stream = connect(gate.address());
        stream.write_all(request.as_bytes()).unwrap();
        assert_eq!(read_reply(&mut stream).status, 200);
        assert!(is_closed(&mut stream), "{request}");
    }
}

#[test]
fn body_that_never_comes_is_not_waited_for() {
    let gate = Gate::start(r#"timeout = "20s""#);
    for announced in [
        "Content-Length: 5\r\n",
        "Content-Length: 52428800\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nExpect: 100-continue\r\n",
    ] {
        let reply = exchange(gate.address(), format!("{GOOD}{announced}\r\n").as_bytes());
        assert_eq!((reply.status, reply.header("connection")), (200, Some("close")), "{announced}");
    }
}

#[test]
fn bare_line_feeds_change_no_answer() {
    // hyper reads LF as a line end (RFC 9112 §2.2 allows it); the question is then the same question.
    let gate = Gate::start("");
    let request = format!("{GOOD}\r\n").replace("\r\n", "\n").replace("/public/a", "/secret");
    let status = exchange(gate.address(), request.as_bytes()).status;
    assert!(status == 401 || status == 400, "{status}");
}

#[test]
fn head_that_is_too_large_is_refused() {
    let gate = Gate::start("");
    let large = exchange(gate.address(), format!("{GOOD}X-A: {}\r\n\r\n", "a".repeat(100_000)).as_bytes()).status;
    let many = exchange(gate.address(), format!("{GOOD}{}\r\n", "X-A: b\r\n".repeat(5000)).as_bytes()).status;
    let line = exchange(gate.address(), format!("GET /auth/verify/{} HTTP/1.1\r\n\r\n", "a".repeat(100_000)).as_bytes()).status;
    for status in [large, many, line] {
        assert!(matches!(status, 0 | 400 | 414 | 431), "{status}");
    }
}

#[test]
fn head_that_does_not_end_is_cut_off() {
    let gate = Gate::start(r#"timeout = "1s""#);
    let mut slow = connect(gate.address());
    slow.write_all(GOOD.as_bytes()).unwrap(); // the empty line never comes
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest); // ends because the gate ends it
    assert!(!rest.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&rest));
}

#[test]
fn idle_connection_is_closed() {
    let gate = Gate::start(r#"timeout = "1s""#);
    let mut stream = connect(gate.address());
    stream.write_all(format!("{GOOD}\r\n").as_bytes()).unwrap();
    assert_eq!(read_reply(&mut stream).status, 200);
    assert!(is_closed(&mut stream));
    let mut silent = connect(gate.address());
    assert!(is_closed(&mut silent));
}

#[test]
fn connection_beyond_the_limit_is_refused() {
    let gate = Gate::start("max_connections = 2");
    let ask = || {
        let mut stream = connect(gate.address());
        stream.write_all(format!("{GOOD}\r\n").as_bytes()).unwrap();
        let reply = read_reply(&mut stream);
        (reply.status, stream)
    };
    let (first, second) = (ask(), ask());
    assert_eq!((first.0, second.0), (200, 200));
    let mut third = connect(gate.address());
    assert_eq!(read_reply(&mut third).status, 503);
    drop(first);
    let again = (0..200).map(|_| exchange(gate.address(), format!("{GOOD}\r\n").as_bytes()).status).find(|status| *status == 200);
    assert_eq!(again, Some(200), "room that was given back is used again");
}
