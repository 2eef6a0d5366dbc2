//! What the prober says of deployments that block, that do not, and that look as if they did.

mod attacks;
mod catalogue;
mod fake;
mod addresses;
mod holes;
mod traps;

use std::time::Duration;

use fake::{Fake, closed};
use gatewright_prove::prove::{Check, Report, Strictness, Verdict, prove, report};

/// The verdicts of a probe, without doubles.
fn verdicts(report: &Report, probe: &str) -> Vec<Verdict> {
    let mut found = Vec::new();
    for check in report.checks.iter().filter(|check| check.probe == probe) {
        if !found.contains(&check.verdict) {
            found.push(check.verdict);
        }
    }
    found
}

fn exit(report: &Report) -> u8 {
    report.exit_code(Strictness::Usual)
}

/// What failed, or could not be told, for a message.
fn bad(report: &Report) -> Vec<String> {
    let is_bad = |verdict: Verdict| !matches!(verdict, Verdict::Pass | Verdict::Skip);
    let checks = report.checks.iter().filter(|check| is_bad(check.verdict));
    checks.map(|check| format!("{} {}: {:?} {}", check.probe, check.variant, check.verdict, check.evidence)).collect()
}

#[test]
fn deployment_that_blocks_passes() {
    let fake = Fake::start(closed);
    let report = fake.prove();
    assert_eq!(bad(&report), [""; 0]);
    assert_eq!(exit(&report), 0);
    assert!(report.count(Verdict::Pass) > 100);
}

#[test]
fn every_request_that_is_made_is_in_the_report_and_no_credential_is() {
    let fake = Fake::start(closed);
    let mut out = Vec::new();
    report::json(&fake.prove(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["requests"].as_array().unwrap().len(), fake.asked());
    assert!(!text.contains("session=good") && text.contains("Cookie: (@allow.txt)"));
}

#[test]
fn safe_methods_are_all_that_is_used_unless_others_are_asked_for() {
    let fake = Fake::start(closed);
    let lines: Vec<String> = fake.prove().requests.into_iter().map(|entry| entry.line).collect();
    assert!(lines.iter().all(|line| ["GET ", "HEAD ", "OPTIONS "].iter().any(|method| line.starts_with(method))));
}

#[test]
fn without_a_credential_it_can_only_look_blocked() {
    let fake = Fake::start(closed);
    let mut options = fake.options();
    options.allow = None;
    let report = prove(&options, &mut |_| ());
    assert_eq!(verdicts(&report, "P02"), [Verdict::Inconclusive]);
    assert_eq!(exit(&report), 4);
}

#[test]
fn fifty_paths_are_proved_in_a_few_seconds() {
    let fake = Fake::start(closed);
    let mut options = fake.options();
    options.paths = (0..50).map(|number| format!("/admin/{number}")).collect();
    let mut last = (0, 0);
    let report = prove(&options, &mut |progress| last = (progress.done + 1, progress.of));
    assert_eq!((bad(&report), last.0), (Vec::new(), last.1));
    assert_eq!(report.requests.len(), fake.asked());
}

#[test]
fn nothing_is_begun_after_the_time_budget() {
    let fake = Fake::start(closed);
    let mut options = fake.options();
    options.budget = Some(Duration::ZERO);
    let report = prove(&options, &mut |_| ());
    assert!(report.nothing_proved.as_ref().unwrap().contains("time budget"), "{:?}", report.nothing_proved);
    assert_eq!((exit(&report), fake.asked()), (3, 0));
}

#[test]
fn run_ends_with_its_time_budget_when_the_deployment_stops_to_answer() {
    let (until, answers) = std::sync::mpsc::channel::<()>();
    let fake = Fake::start(move |asked| {
        if asked.path().ends_with(".php") {
            let _ = answers.recv(); // until the end of the run
        }
        closed(asked)
    });
    let mut options = fake.options();
    options.budget = Some(Duration::from_secs(2));
    let report = prove(&options, &mut |_| ());
    drop(until);
    let unfinished = |check: &&Check| check.verdict == Verdict::Inconclusive && check.evidence.contains("time budget");
    assert!(report.checks.iter().filter(unfinished).count() > 5, "{:?}", bad(&report));
    assert_eq!((exit(&report), verdicts(&report, "P01")), (4, vec![Verdict::Pass]));
}
