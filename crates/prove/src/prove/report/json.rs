//! A run as one JSON object, for a program.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use crate::prove::traffic::Entry;
use crate::prove::verdict::{Check, Report, Verdict};

/// Writes one JSON object: what was learned, what was tried, and every request that was made.
///
/// # Errors
/// Those of `out`.
///
/// # Example
/// See [`prove`](crate::prove::prove).
pub fn json(report: &Report, mut out: impl Write) -> io::Result<()> {
    let path = |path: &'_ crate::prove::verdict::LearnedPath| Path {
        path: path.path.clone(),
        authorised: path.authorised.clone(),
        anonymous: path.anonymous.clone(),
        useless: path.useless.clone(),
    };
    let baseline = Baseline {
        paths: report.baseline.paths.iter().map(path).collect(),
        unknown: report.baseline.unknown.as_deref(),
        requests: &report.baseline.requests,
    };
    let summary = Summary {
        pass: report.count(Verdict::Pass),
        open: report.count(Verdict::Open),
        spoof: report.count(Verdict::Spoof),
        r#loop: report.count(Verdict::Loop),
        warn: report.count(Verdict::Warn),
        skip: report.count(Verdict::Skip),
        inconclusive: report.count(Verdict::Inconclusive),
        requests: report.requests.len(),
    };
    let answer = Answer {
        tool: "gatewright",
        version: env!("CARGO_PKG_VERSION"),
        target: &report.target,
        started: &report.started,
        nothing_proved: report.nothing_proved.as_deref(),
        baseline,
        probes: report.checks.iter().map(Probe::new).collect(),
        requests: report.requests.iter().map(Asked::new).collect(),
        summary,
        notes: &report.notes,
    };
    serde_json::to_writer_pretty(&mut out, &answer)?;
    writeln!(out)
}

/// The members of the object, in their order.
#[derive(Serialize)]
struct Answer<'r> {
    tool: &'static str,
    version: &'static str,
    target: &'r str,
    started: &'r str,
    nothing_proved: Option<&'r str>,
    baseline: Baseline<'r>,
    probes: Vec<Probe<'r>>,
    requests: Vec<Asked<'r>>,
    summary: Summary,
    notes: &'r [String],
}

#[derive(Serialize)]
struct Baseline<'r> {
    paths: Vec<Path>,
    unknown: Option<&'r str>,
    requests: &'r [usize],
}

#[derive(Serialize)]
struct Path {
    path: String,
    authorised: Option<String>,
    anonymous: Option<String>,
    useless: Option<String>,
}

#[derive(Serialize)]
struct Probe<'r> {
    id: &'r str,
    variant: &'r str,
    path: &'r str,
    verdict: &'static str,
    severity: Option<&'static str>,
    status: Option<u16>,
    time_ms: f64,
    evidence: &'r str,
    rule: Option<&'r str>,
    curl: Option<&'r str>,
    /// Indexes into `requests`.
    requests: &'r [usize],
}

#[derive(Serialize)]
struct Asked<'r> {
    address: String,
    request: &'r str,
    headers: &'r [String],
    body_bytes: usize,
    status: Option<u16>,
    error: Option<&'r str>,
    length: Option<usize>,
    sha256: Option<&'r str>,
    time_ms: f64,
}

#[derive(Serialize)]
struct Summary {
    pass: usize,
    open: usize,
    spoof: usize,
    r#loop: usize,
    warn: usize,
    skip: usize,
    inconclusive: usize,
    requests: usize,
}

impl<'r> Probe<'r> {
    fn new(check: &'r Check) -> Self {
        Self {
            id: check.probe,
            variant: &check.variant,
            path: &check.path,
            verdict: check.verdict.name(),
            severity: check.severity.map(crate::Severity::name),
            status: check.status,
            time_ms: milliseconds(check.time),
            evidence: &check.evidence,
            rule: check.lint,
            curl: check.curl.as_deref(),
            requests: &check.requests,
        }
    }
}

impl<'r> Asked<'r> {
    fn new(entry: &'r Entry) -> Self {
        Self {
            address: entry.address.to_string(),
            request: &entry.line,
            headers: &entry.headers,
            body_bytes: entry.body,
            status: entry.outcome.as_ref().ok().copied(),
            error: entry.outcome.as_ref().err().map(String::as_str),
            length: entry.content.as_ref().map(|(length, _)| *length),
            sha256: entry.content.as_ref().map(|(_, hash)| hash.as_str()),
            time_ms: milliseconds(entry.time),
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    #[test]
    fn each_check_names_its_requests() {
        let mut out = Vec::new();
        json(&report(&[Verdict::Open, Verdict::Skip]), &mut out).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let probe = &answer["probes"][0];
        assert_eq!(
            (&probe["verdict"], &probe["rule"], &probe["time_ms"]),
            (&"FAIL(open)".into(), &"open-sibling".into(), &1.5.into())
        );
        assert_eq!(answer["requests"][probe["requests"][0].as_u64().unwrap() as usize]["request"], "GET /admin HTTP/1.1");
        assert_eq!((&answer["summary"]["open"], &answer["summary"]["skip"]), (&1.into(), &1.into()));
    }
}
