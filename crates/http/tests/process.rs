//! Signals: one test, because a process has one set of handlers.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::io::Write;
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use gatewright_http::{Log, ServeOptions, serve};
use gatewright_issuer::{Event, Live, Options};
use support::gate::POLICY;
use support::raw::{connect, exchange, is_closed, read_reply};

fn signal(name: &str) {
    let status = Command::new("kill").args([name, &std::process::id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn hangup_reloads_a_good_file_keeps_the_policy_for_a_bad_one_and_termination_drains() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatewright.toml");
    std::fs::write(&path, POLICY).unwrap();
    let (events, heard) = channel();
    let events = Box::new(move |event: Event| events.send(matches!(event, Event::Reloaded { .. })).unwrap_or_default());
    let live = Live::open(&path, Options { watch: false, fetch: false, events }).unwrap();

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(); // free again at the end of the line
    let options = ServeOptions { listen: vec![port.to_string()], log: Log::none(), ..ServeOptions::default() };
    let service = thread::spawn(move || serve(live, options));
    let question = |uri: &str| {
        format!("GET /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: {uri}\r\n\r\n")
    };
    while std::net::TcpStream::connect(port).is_err() {
        assert!(!service.is_finished());
        thread::yield_now();
    }
    assert_eq!(exchange(port, question("/open/a").as_bytes()).status, 401);

    let wait = Duration::from_secs(20);
    std::fs::write(&path, POLICY.replace("/public/**", "/open/**")).unwrap();
    signal("-HUP");
    assert_eq!(heard.recv_timeout(wait), Ok(true));
    assert_eq!(exchange(port, question("/open/a").as_bytes()).status, 200);

    std::fs::write(&path, "version = 1\n[[rule").unwrap();
    signal("-HUP");
    assert_eq!(heard.recv_timeout(wait), Ok(false));
    assert_eq!(exchange(port, question("/open/a").as_bytes()).status, 200);

    // One connection is idle, one has sent half a question when the signal comes.
    let (mut idle, mut halfway) = (connect(port), connect(port));
    let text = question("/open/a");
    for stream in [&mut idle, &mut halfway] {
        stream.write_all(text.as_bytes()).unwrap();
        assert_eq!(read_reply(stream).status, 200);
    }
    let (first, second) = text.split_at(40);
    halfway.write_all(first.as_bytes()).unwrap();
    exchange(port, text.as_bytes()); // by now the first half has arrived
    signal("-TERM");
    assert!(is_closed(&mut idle));
    let _ = halfway.write_all(second.as_bytes());
    let last = read_reply(&mut halfway).status;
    assert!(matches!(last, 0 | 200), "{last}");
    assert!(service.join().unwrap().is_ok());
    assert!(std::net::TcpStream::connect(port).is_err(), "nobody listens any more");
}
