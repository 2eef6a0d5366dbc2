//! Answers that come because there was too much of something, and are no refusal.

use std::collections::BTreeSet;
use std::time::Duration;

use gatewright_prove::prove::{Prove, Report, Verdict};

use super::{all_closed, assert_found, assert_uncertain, figures, layout, ledger, missing, proved, proved_at, unauthorized};
use crate::fake::{Answer, Asked, Fake, page};
use crate::{bad, exit, verdicts};

/// A site that has forgotten to ask where a style sheet is wanted.
fn styles_are_open(asked: &Asked) -> Answer {
    match asked.path() {
        path if path.starts_with("/admin.css") => ledger(),
        path if path.starts_with("/admin") && !asked.is_member() => unauthorized(),
        path if path.starts_with("/admin") => ledger(),
        _ => missing(),
    }
}

fn busy() -> Answer {
    ("503 Service Unavailable", String::new(), "busy".to_owned())
}

#[test]
fn hole_behind_a_limit_of_connections_is_found_by_asking_alone() {
    let mut seen = BTreeSet::new();
    let report = proved(
        move |asked| {
            let is_first = seen.insert((asked.method.clone(), asked.target.clone(), asked.lines.clone()));
            let is_busy = is_first && !asked.is_member() && asked.path().starts_with("/admin.");
            if is_busy { busy() } else { styles_are_open(asked) }
        },
        |_| (),
    );
    let failed = report.checks.iter().filter(|check| check.verdict.is_fail());
    let failed: Vec<_> = failed.map(|check| (check.probe, check.variant.as_str())).collect();
    assert_eq!(failed, [("P06", ".css")]);
}

fn believes_everybody(asked: &Asked) -> Answer {
    match asked.is_member() {
        true => page(&layout("Me", &format!("{} user {}", figures(), asked.value("x-user").unwrap_or("alice")))),
        false => unauthorized(),
    }
}

fn whoami(options: &mut Prove) {
    options.identity = vec!["X-User".to_owned()];
    options.whoami = Some("/me".to_owned());
}

/// The first request that was made for this probe.
fn first_of(report: &Report, probe: &str) -> usize {
    let checks = report.checks.iter().filter(|check| check.probe == probe);
    checks.flat_map(|check| &check.requests).copied().min().unwrap()
}

#[test]
fn firewall_that_bans_late_in_the_run_leaves_the_rest_uncertain() {
    let open = proved(believes_everybody, whoami);
    assert_found(&open, "P09");
    for probe in ["P09", "P10"] {
        let (last, mut count) = (first_of(&open, probe), 0);
        let site = if probe == "P09" { believes_everybody } else { all_closed };
        let banned = proved(
            move |asked| {
                count += 1;
                let blocked = || ("403 Forbidden", String::new(), "<title>Firewall</title>blocked".to_owned());
                if count > last { blocked() } else { site(asked) }
            },
            whoami,
        );
        assert_eq!(exit(&banned), 4, "{probe}: {:?}", bad(&banned));
    }
}

#[test]
fn probes_that_the_time_budget_does_not_reach_do_not_pass() {
    let (until, end) = std::sync::mpsc::channel::<()>();
    let fake = Fake::start(move |asked| {
        if asked.path().starts_with("/admin/") {
            let _ = end.recv(); // until the end of the run
        }
        let is_known = asked.value("host").is_some_and(|host| host.starts_with("127.0.0.1:"));
        if is_known { all_closed(asked) } else { ledger() }
    });
    let report = proved_at(&fake, |options| options.budget = Some(Duration::from_secs(2)));
    drop(until);
    assert_eq!(verdicts(&report, "P07"), [Verdict::Inconclusive], "{:?}", bad(&report));
    assert_uncertain(&report, "P07");
}
