//! Whose word on an address counts: the peer's own, and the client's behind it.

use std::path::Path;

use gatewright_http::{Clock, Log, ServeOptions, Server};
use gatewright_issuer::{Live, Options};

use crate::support::gate::{Gate, Lines, NOW, POLICY};

#[test]
fn cve_2026_40575_a_target_is_believed_from_a_listed_peer_alone() {
    assert_eq!(Gate::start("").forward("GET", "/public/a", "").status, 200);
    let gate = Gate::start("trusted_peers = [\"192.0.2.0/24\"]");
    for reply in [gate.forward("GET", "/public/a", ""), gate.verify("GET", "/public/a", "X-Forwarded-Uri: /skip/auth/regex\r\n")]
    {
        assert_eq!((reply.status, reply.header("x-user")), (403, None));
        assert_eq!(gate.last_decision()["code"], "peer_untrusted");
    }
    // No list that trusts everybody stands in for one that is missing.
    let options = Options { watch: false, fetch: false, ..Options::default() };
    let live = Live::from_text(POLICY, Path::new("."), options).unwrap();
    let serve =
        ServeOptions { listen: vec!["0.0.0.0:0".to_owned()], log: Log::json(Lines::default()), ..ServeOptions::default() };
    let started = Server::start_with_clock(live, serve, Clock::new(|| gatewright::UnixTime::from_secs(NOW)));
    assert!(started.is_err_and(|error| error.to_string().contains("trusted_peers")));
}

/// A policy whose one rule admits a network.
fn office(http: &str) -> Gate {
    let policy = "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n[[rule]]\nid = \"office\"\n\
                  paths = [\"/**\"]\nnetworks = [\"203.0.113.0/24\"]\nallow = \"anyone\"\n";
    Gate::start_on(&format!("{policy}[http]\n{http}\n"), &["127.0.0.1:0"])
}

/// Returns the status and the code for a client that Traefik or Caddy says is this one.
fn forwarded_for(gate: &Gate, value: &str) -> (u16, String) {
    let status = gate.forward("GET", "/", &format!("X-Forwarded-For: {value}\r\n")).status;
    (status, gate.last_decision()["code"].as_str().unwrap().to_owned())
}

#[test]
fn cve_2024_21494_the_leftmost_address_is_the_clients_own_word() {
    let gate = office("trusted_hops = [\"10.0.0.0/8\"]");
    assert_eq!(forwarded_for(&gate, "203.0.113.9, 10.0.0.5").0, 200);
    assert_eq!(forwarded_for(&gate, "203.0.113.9, 198.51.100.6, 10.0.0.5"), (403, "no_rule".to_owned()));
    assert_eq!(forwarded_for(&gate, "203.0.113.9, 198.51.100.6"), (403, "no_rule".to_owned()));
}

#[test]
fn cve_2024_47070_an_address_that_cannot_be_read_is_unknown_and_skips_no_rule() {
    let gate = office("");
    assert_eq!(forwarded_for(&gate, "203.0.113.9").0, 200);
    for value in ["a", "", "203.0.113", "203.0.113.9:x", "0xcb007109", "203.0.113.9, a"] {
        assert_eq!(forwarded_for(&gate, value), (403, "client_address_unknown".to_owned()), "{value:?}");
    }
    assert_eq!((gate.forward("GET", "/", "").status, &gate.last_decision()["code"]), (403, &"client_address_unknown".into()));
}

#[test]
fn cve_2023_36456_an_address_that_the_proxy_did_not_write_is_not_read() {
    let gate = office("");
    for line in ["X-Forwarded-For: 203.0.113.9\r\n", "X-Real-IP: 203.0.113.9\r\n", "Forwarded: for=203.0.113.9\r\n"] {
        assert_eq!(gate.verify("GET", "/", line).status, 403, "{line}");
        assert_eq!(gate.last_decision()["code"], "client_address_unknown");
    }
    let gate = office("proxy_sets = { verify = [\"X-Real-IP\"] }");
    assert_eq!(gate.verify("GET", "/", "X-Real-IP: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.1\r\n").status, 200);
    assert_eq!(gate.verify("GET", "/", "X-Real-IP: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9\r\n").status, 403);
}

#[test]
fn cve_2026_29054_an_address_that_a_client_had_dropped_is_unknown() {
    let gate = office("proxy_sets = { verify = [\"X-Real-IP\"] }");
    assert_eq!(gate.verify("GET", "/", "X-Real-IP: 203.0.113.9\r\nConnection: x-real-ip\r\n").status, 200);
    assert_eq!(gate.verify("GET", "/", "Connection: x-real-ip\r\n").status, 403);
    assert_eq!(gate.last_decision()["code"], "client_address_unknown");
    assert_eq!(gate.verify("GET", "/", "Connection: x-real-ip\r\nX-Forwarded-For: 203.0.113.9\r\n").status, 403);
}
