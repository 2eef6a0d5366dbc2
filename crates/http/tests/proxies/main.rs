//! One table of cases for every proxy, each with the configuration that `gatewright init` writes for it.
//!
//! Whatever happens, the backend serves only what the gate allowed, for the identity that the gate found. What each proxy makes of
//! each case is kept in `outcomes/`, one file for each proxy, and shown in the book; a change there is a change that users see:
//! `GATEWRIGHT_WRITE_OUTCOMES=1 cargo test -p gatewright-http --test proxies` writes the files and the page anew.
#![cfg(unix)]

mod cache;
mod case;
mod client;
mod fake_gate;
mod front;
mod http2;
mod ingress_nginx;
mod linted;
mod outage;
mod outcomes;
mod policies;
mod proved;
mod rig;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;
mod table;

use front::Front;
use outcomes::Outcomes;
use rig::Rig;

/// Runs the whole table through one proxy, and compares what came of it with what is kept.
fn run(front: &'static Front) {
    if front.is_installed() {
        outcomes_of(front).compare_with_what_is_kept(front);
    }
}

/// Runs the whole table through one proxy.
fn outcomes_of(front: &'static Front) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let mut wrong = Vec::new();
    let rig = Rig::start(front);
    for case in table::cases() {
        note(&mut outcomes, &mut wrong, front, case.name, rig.run(&case));
    }
    for (name, outage) in outage::ALL {
        note(&mut outcomes, &mut wrong, front, name, outage(front));
    }
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
    outcomes
}

/// Keeps what came of a case, unless it is wrong.
fn note(outcomes: &mut Outcomes, wrong: &mut Vec<String>, front: &Front, name: &str, result: Result<String, String>) {
    match (result, table::cannot(front.name, name)) {
        (Ok(outcome), None) => outcomes.add(name, outcome),
        (Err(_), Some(reason)) => outcomes.add(name, format!("does not hold: {reason}")),
        (Ok(_), Some(_)) => wrong.push(format!("{}: {name}: holds, and CANNOT says that it does not", front.name)),
        (Err(why), None) => wrong.push(format!("{}: {name}: {why}", front.name)),
    }
}

#[test]
fn nginx() {
    run(&front::nginx::FRONT);
}

#[test]
fn traefik() {
    run(&front::traefik::FRONT);
}

#[test]
fn caddy() {
    run(&front::caddy::FRONT);
}

#[test]
fn envoy_http() {
    run(&front::envoy::HTTP);
}

#[test]
fn envoy_grpc() {
    run(&front::envoy::GRPC);
}

/// Without `encode_raw_headers`, Envoy tells headers in another way; what comes of the table is as safe.
#[test]
fn envoy_grpc_with_joined_headers() {
    if front::envoy::GRPC_JOINED.is_installed() {
        let _ = outcomes_of(&front::envoy::GRPC_JOINED);
    }
}

#[test]
fn haproxy() {
    run(&front::haproxy::FRONT);
}

#[test]
fn apache() {
    run(&front::apache::FRONT);
}

/// The same table over TLS and HTTP/2, as far as it can be told in it: what each case must be is the same.
#[test]
fn http_2_is_as_safe_with_every_proxy() {
    let mut wrong = Vec::new();
    for front in front::ALL.iter().filter(|front| front.is_installed()) {
        let rig = Rig::start_with_tls(front);
        let mut sent = 0;
        for case in table::cases() {
            match (rig.run(&case), table::cannot(front.name, case.name)) {
                (Ok(outcome), None) => sent += usize::from(outcome != rig::NOT_EXPRESSIBLE),
                (Ok(_), Some(_)) | (Err(_), Some(_)) => {}
                (Err(why), None) => wrong.push(format!("{}: {}: {why}", front.name, case.name)),
            }
        }
        if sent < 80 {
            wrong.push(format!("{}: only {sent} cases came through", front.name));
        }
    }
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn ten_policies_are_accepted_by_every_proxy_and_decided_as_decide_says() {
    for front in front::ALL.iter().filter(|front| front.is_installed()) {
        policies::try_all(front);
    }
}

#[test]
fn linter_has_nothing_to_say_about_what_init_writes() {
    linted::lint_all();
}

#[test]
fn page_of_the_book_shows_what_is_kept() {
    outcomes::compare_page();
}
