//! A fault of ours refuses.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gatewright::UnixTime;
use gatewright_http::{Clock, Log, ServeOptions, Server};
use gatewright_issuer::{Live, Options};
use support::gate::{Lines, NOW, POLICY};
use support::raw::exchange;

#[test]
fn panic_while_deciding_refuses_one_request_and_the_service_goes_on() {
    let broken = Arc::new(AtomicBool::new(true));
    let of_clock = Arc::clone(&broken);
    let clock = Clock::new(move || {
        assert!(!of_clock.load(Ordering::Relaxed), "a fault, for the test");
        UnixTime::from_secs(NOW)
    });
    let live = Live::from_text(POLICY, Path::new("."), Options { watch: false, fetch: false, ..Options::default() }).unwrap();
    let lines = Lines::default();
    let log = Log::json(lines.clone());
    let options = ServeOptions { listen: vec!["127.0.0.1:0".to_owned()], log: log.clone(), ..ServeOptions::default() };
    let server = Server::start_with_clock(live, options, clock).unwrap();
    let address = server.addresses()[0].tcp().unwrap();
    let question =
        b"GET /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: /public/a\r\n\r\n";
    for _ in 0..3 {
        let reply = exchange(address, question);
        assert_eq!((reply.status, reply.header("x-user"), reply.body.len()), (503, None, 0));
    }
    log.flush();
    assert!(lines.entries().iter().any(|entry| entry["code"] == "internal"));
    broken.store(false, Ordering::Relaxed);
    assert_eq!(exchange(address, question).status, 200);
}
