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
fn tls_names_and_sockets_do_not_keep_it_from_running() {
    let Some(program) = program("traefik", "version") else { return };
    let trial = Written::with_tls(Proxy::Traefik, "gate.internal:9000").tried("traefik.yaml", Intent::default(), &program);
    assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{:?} {:?} {}", trial.shown, trial.notes, trial.lets_in);
    assert!(trial.notes.iter().any(|note| note == "TLS is taken off"), "{:?}", trial.notes);
}

#[test]
fn holes_that_are_made_in_it_are_shown() {
    let Some(program) = program("traefik", "version") else { return };
    assert_holes(Proxy::Traefik, "traefik.yaml", &program, HOLES);
}

/// Where several hosts are asked for, what is open can be declared for one. Its application is still told who is asking.
#[test]
fn what_is_declared_open_is_no_hole() {
    let Some(program) = program("traefik", "version") else { return };
    let rule = "rule: \"Host(`app.example.com`) && PathPrefix(`/static/`)\"\n      priority: 9000";
    let router = |more| {
        format!("  routers:\n    open:\n      entryPoints: [\"web\"]\n      {rule}\n      service: gatewright-app\n{more}")
    };
    let open = ["app.example.com/static/*".to_owned()];
    let mut intent = Intent::default();
    intent.open = &open;
    for (middlewares, outcome) in
        [("", Outcome::Spoofed), ("      middlewares: [\"gatewright-client\", \"clean\"]\n", Outcome::Closed)]
    {
        let clean = "  middlewares:\n    clean:\n      headers:\n        customRequestHeaders: { X-User: \"\", X-Email: \"\" }\n";
        let written = Written::new(Proxy::Traefik).with("  routers:\n", &router(middlewares)).with("  middlewares:\n", clean);
        let trial = written.tried("traefik.yaml", intent, &program);
        assert_eq!(trial.outcome, outcome, "{:?}", trial.shown);
    }
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
