//! Deployments that were made to deceive the prober, each with what it must say of them.

mod caches;
mod content;
mod credentials;
mod fine;
mod hostile;
mod identity;
mod limits;
mod secrets;
mod ways;

use gatewright_prove::prove::{Credential, Prove, Report, Verdict, prove};

use crate::fake::{Answer, Asked, Fake, page};
use crate::{bad, exit};

/// A site that answers each request by itself.
type Site = fn(&Asked) -> Answer;

fn proved(answer: impl FnMut(&Asked) -> Answer + Send + 'static, options: impl FnOnce(&mut Prove)) -> Report {
    proved_at(&Fake::start(answer), options)
}

fn proved_at(fake: &Fake, options: impl FnOnce(&mut Prove)) -> Report {
    let mut chosen = fake.options();
    options(&mut chosen);
    prove(&chosen, &mut |_| ())
}

fn credential(line: &str) -> Option<Credential> {
    Some(Credential::new([line], "@other.txt").unwrap())
}

/// Looks that somebody got in, and that this probe has seen it.
#[track_caller]
fn assert_found(report: &Report, probe: &str) {
    let found = report.checks.iter().any(|check| check.probe == probe && check.verdict.is_fail());
    assert!(found, "{probe}: {:?} {:?}", report.nothing_proved, bad(report));
    assert_eq!(exit(report), 1);
}

/// Looks that the run says of this probe that it does not know, and so does not end well.
#[track_caller]
fn assert_uncertain(report: &Report, probe: &str) {
    let found = report.checks.iter().any(|check| check.probe == probe && check.verdict == Verdict::Inconclusive);
    assert!(found, "{probe}: {:?} {:?}", report.nothing_proved, bad(report));
    assert_eq!(exit(report), 4, "{:?}", bad(report));
}

/// Looks that a deployment that refuses everybody is not said to be broken.
#[track_caller]
fn assert_no_failure(name: &str, report: &Report) {
    assert_eq!(report.nothing_proved, None, "{name}");
    let failed = report.checks.iter().any(|check| check.verdict.is_fail());
    assert!(!failed && matches!(exit(report), 0 | 4), "{name}: {:?}", bad(report));
}

/// Looks that it is also said to be closed.
#[track_caller]
fn assert_closed(name: &str, report: &Report) {
    assert_no_failure(name, report);
    assert_eq!(exit(report), 0, "{name}: {:?}", bad(report));
}

/// Words that only the protected page has.
fn figures() -> String {
    (0..40).map(|number| format!("figure{number} ")).collect()
}

/// A page of a site whose pages have a hundred words in common.
fn layout(title: &str, text: &str) -> String {
    let menu: String = (0..100).map(|number| format!("menu{number} ")).collect();
    format!("<html><head><title>{title}</title></head><body><nav>{menu}</nav><main>{text}</main></body></html>")
}

/// The protected page.
fn ledger() -> Answer {
    page(&layout("Ledger", &figures()))
}

fn unauthorized() -> Answer {
    ("401 Unauthorized", String::new(), "<title>401</title>no".to_owned())
}

fn missing() -> Answer {
    ("404 Not Found", String::new(), "<title>404</title>nothing here".to_owned())
}

fn json(body: &str) -> Answer {
    ("200 OK", "Content-Type: application/json\r\n".to_owned(), body.to_owned())
}

fn is_admin(asked: &Asked) -> bool {
    asked.path().starts_with("/admin")
}

/// A site whose every path asks for the session of a member.
fn all_closed(asked: &Asked) -> Answer {
    if asked.is_member() { ledger() } else { unauthorized() }
}

/// A value that differs from call to call, as a date, a token or the number of a request.
fn fresh(calls: &mut u32) -> String {
    *calls += 1;
    format!("{:08x}", calls.wrapping_mul(2_654_435_761))
}
