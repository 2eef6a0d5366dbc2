//! What was tried, written for a person, for a program, and for the test report of a CI.

mod summary;
mod html;
mod json;
mod junit;
mod text;

pub use html::html;
pub use json::json;
pub use junit::junit;
pub use text::{Part, text};

use super::verdict::Verdict;

/// Worst first.
const ORDER: [Verdict; 7] =
    [Verdict::Open, Verdict::Spoof, Verdict::Loop, Verdict::Inconclusive, Verdict::Warn, Verdict::Pass, Verdict::Skip];

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::super::Entry;
    use super::super::verdict::{Check, Learned, Report, Verdict};
    use crate::Severity;

    /// A report with one check for each of these.
    pub(super) fn report(verdicts: &[Verdict]) -> Report {
        let check = |verdict: &Verdict| Check {
            probe: if *verdict == Verdict::Skip { "P13" } else { "P06" },
            variant: "a <b> & \"c\"\u{1b}".to_owned(),
            path: "/admin".to_owned(),
            verdict: *verdict,
            severity: verdict.is_fail().then_some(Severity::Critical),
            status: Some(200),
            time: Duration::from_micros(1500),
            evidence: "it shows `x`".to_owned(),
            lint: verdict.is_fail().then_some("open-sibling"),
            curl: verdict.is_fail().then(|| "curl -i http://a.test/".to_owned()),
            requests: vec![0],
        };
        let entry = Entry {
            address: (Ipv4Addr::LOCALHOST, 80).into(),
            line: "GET /admin HTTP/1.1".to_owned(),
            headers: vec!["Cookie: (@allow.txt)".to_owned()],
            body: 0,
            outcome: Ok(200),
            content: Some((3, "00".to_owned())),
            time: Duration::ZERO,
            curl: "curl".to_owned(),
        };
        Report {
            target: "http://a.test/admin".to_owned(),
            started: "2026-01-01T00:00:00Z".to_owned(),
            baseline: Learned::default(),
            nothing_proved: None,
            checks: verdicts.iter().map(check).collect(),
            requests: vec![entry],
            notes: vec!["TLS is taken off".to_owned()],
        }
    }
}
