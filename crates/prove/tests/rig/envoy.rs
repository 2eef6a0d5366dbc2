//! Envoy: what `init` writes lets in who may and nobody else, and holes that are made in it are shown.

use gatewright_prove::{Intent, Outcome, Proxy};

use crate::support::{Hole, Written, assert_holes, program};

#[test]
fn configuration_that_is_written_is_closed() {
    let Some(program) = program("envoy", "--version") else { return };
    let trial = Written::new(Proxy::Envoy).tried("envoy.yaml", Intent::default(), &program);
    assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{:?} {:?} {}", trial.shown, trial.notes, trial.lets_in);
}

#[test]
fn tls_names_and_sockets_do_not_keep_it_from_running() {
    let Some(program) = program("envoy", "--version") else { return };
    let trial = Written::with_tls(Proxy::Envoy, "unix:/run/gatewright.sock").tried("envoy.yaml", Intent::default(), &program);
    assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{:?} {:?} {}", trial.shown, trial.notes, trial.lets_in);
    assert!(trial.notes.iter().any(|note| note == "TLS is taken off"), "{:?}", trial.notes);
}

#[test]
fn holes_that_are_made_in_it_are_shown() {
    let Some(program) = program("envoy", "--version") else { return };
    assert_holes(Proxy::Envoy, "envoy.yaml", &program, HOLES);
}

const HOLES: &[Hole] = &[
    (
        "no answer is a yes",
        &[
            ("failure_mode_allow: false", "failure_mode_allow: true"),
            ("if headers:get(\"x-email\") == nil", "if headers:get(\"x-email\") == \"\""),
            ("if headers:get(\"x-user\") == nil", "if headers:get(\"x-user\") == \"\""),
        ],
        Outcome::Open,
    ),
    (
        "the identity of the client",
        &[("                    - exact: \"x-user\"\n", ""), ("|x[^a-z0-9]user\" } } }", "\" } } }")],
        Outcome::Spoofed,
    ),
];
