//! Haproxy: what `init` writes lets in who may and nobody else, and holes that are made in it are shown.

use gatewright_prove::{Intent, Outcome, Proxy};

use crate::support::{Hole, Written, assert_holes, program};

#[test]
fn configuration_that_is_written_is_closed() {
    let Some(program) = program("haproxy", "-v") else { return };
    let trial = Written::new(Proxy::Haproxy).tried("haproxy.cfg", Intent::default(), &program);
    assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{:?} {:?} {}", trial.shown, trial.notes, trial.lets_in);
}

#[test]
fn tls_names_and_sockets_do_not_keep_it_from_running() {
    let Some(program) = program("haproxy", "-v") else { return };
    let trial = Written::with_tls(Proxy::Haproxy, "unix:/run/gatewright.sock").tried("haproxy.cfg", Intent::default(), &program);
    assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{:?} {:?} {}", trial.shown, trial.notes, trial.lets_in);
    assert!(trial.notes.iter().any(|note| note == "TLS is taken off"), "{:?}", trial.notes);
}

#[test]
fn holes_that_are_made_in_it_are_shown() {
    let Some(program) = program("haproxy", "-v") else { return };
    assert_holes(Proxy::Haproxy, "haproxy.cfg", &program, HOLES);
}

const HOLES: &[Hole] = &[
    (
        "a tree that is not asked about",
        &[(
            "    http-request lua.gatewright\n",
            "    http-request lua.gatewright if !{ path_beg /static/ }\n\
             \x20   http-request set-var(txn.gatewright) str(allow) if { path_beg /static/ }\n",
        )],
        Outcome::Open,
    ),
    (
        "another port",
        &[(
            "\nbackend gatewright_app\n",
            "\nfrontend other\n    bind :8081\n    default_backend gatewright_app\n\nbackend gatewright_app\n",
        )],
        Outcome::Open,
    ),
    ("the identity of the client", &[("    [\"x-user\"] = true,\n", ""), ("    \"x-user\",\n", "")], Outcome::Spoofed),
];
