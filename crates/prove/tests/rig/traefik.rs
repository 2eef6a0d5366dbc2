//! Traefik: what `init` writes lets in who may and nobody else, and holes that are made in it are shown.

use gatewright_prove::{Intent, Outcome, Proxy};

use crate::support::{Hole, Written, assert_holes, program};

#[test]
fn configuration_that_is_written_is_closed() {
    let Some(program) = program("traefik", "version") else { return };
    let trial = Written::new(Proxy::Traefik).tried("traefik.yaml", Intent::default(), &program);
    assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{:?} {:?} {}", trial.shown, trial.notes, trial.lets_in);
}

#[test]
fn holes_that_are_made_in_it_are_shown() {
    let Some(program) = program("traefik", "version") else { return };
    assert_holes(Proxy::Traefik, "traefik.yaml", &program, HOLES);
}

const HOLES: &[Hole] = &[
    (
        "a router that asks nobody",
        &[("middlewares: [\"gatewright\", \"gatewright-no-upgrade\"]", "middlewares: [\"gatewright-no-upgrade\"]")],
        Outcome::Open,
    ),
    (
        "a tree that is not asked about",
        &[(
            "  routers:\n",
            "  routers:\n    open:\n      entryPoints: [\"web\"]\n      rule: \"PathPrefix(`/static`)\"\n      service: gatewright-app\n",
        )],
        Outcome::Open,
    ),
    ("the identity of the client", &[("          - \"X-User\"\n", "")], Outcome::Spoofed),
];
