//! Caddy: what `init` writes lets in who may and nobody else, and holes that are made in it are shown.

use gatewright_prove::{Intent, Outcome, Proxy};

use crate::support::{Hole, Written, assert_holes, program};

#[test]
fn configuration_that_is_written_is_closed() {
    let Some(program) = program("caddy", "version") else { return };
    let trial = Written::new(Proxy::Caddy).tried("Caddyfile", Intent::default(), &program);
    assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{:?} {:?} {}", trial.shown, trial.notes, trial.lets_in);
}

#[test]
fn tls_names_and_sockets_do_not_keep_it_from_running() {
    let Some(program) = program("caddy", "version") else { return };
    let trial = Written::with_tls(Proxy::Caddy, "unix:/run/gatewright.sock").tried("Caddyfile", Intent::default(), &program);
    assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{:?} {:?} {}", trial.shown, trial.notes, trial.lets_in);
    assert!(trial.notes.iter().any(|note| note == "TLS is taken off"), "{:?}", trial.notes);
}

#[test]
fn holes_that_are_made_in_it_are_shown() {
    let Some(program) = program("caddy", "version") else { return };
    assert_holes(Proxy::Caddy, "Caddyfile", &program, HOLES);
}

const HOLES: &[Hole] = &[
    (
        "an error page of the application",
        &[(
            "\t# No `handle_errors` that reaches",
            "\thandle_errors {\n\t\treverse_proxy 127.0.0.1:8080\n\t}\n\t# No `handle_errors` that reaches",
        )],
        Outcome::Open,
    ),
    (
        "a tree that is not asked about",
        &[(
            "\t\timport gatewright\n",
            "\t\thandle /static/* {\n\t\t\treverse_proxy 127.0.0.1:8080\n\t\t}\n\t\timport gatewright\n",
        )],
        Outcome::Open,
    ),
    (
        "the identity of the client",
        &[
            ("\trequest_header \"-X-User\"\n", ""),
            ("\t\t\trequest_header \"X-User\" {http.reverse_proxy.header.X-User}\n", ""),
            ("\t\t\trequest_header \"X-User\" {http.reverse_proxy.header.X-User}\n", ""),
        ],
        Outcome::Spoofed,
    ),
];
