//! Counters, and their text form for Prometheus.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{LazyLock, PoisonError, RwLock};
use std::time::Duration;

use gatewright::{Decision, Outage, Rejection};

/// Counts decisions by rule, outcome and code, their time, and connections.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// By rule; no more than [`MAX_RULES`] of them.
    by_rule: RwLock<HashMap<Box<str>, Counters>>,
    /// By upper bound of [`BOUNDS`], the last one without bound.
    times: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
    /// Connections that are open now.
    pub(crate) connections: AtomicUsize,
    /// Connections that were refused because there were too many.
    pub(crate) refused_connections: AtomicU64,
    /// Requests for a path that does not exist.
    pub(crate) not_found: AtomicU64,
    /// Questions whose asker went away before the answer.
    pub(crate) given_up: AtomicU64,
}

/// One counter per code.
type Counters = Box<[AtomicU64]>;

/// A code, its outcome: everything a decision can say.
static CODES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let rejections = Rejection::ALL.iter().map(|rejection| match rejection.status() {
        401 => (rejection.code(), "challenge"),
        _ => (rejection.code(), "forbid"),
    });
    let outages = Outage::ALL.iter().map(|outage| (outage.code(), "indeterminate"));
    std::iter::once(("allowed", "allow")).chain(rejections).chain(outages).collect()
});

impl Metrics {
    /// Counts a decision and the time it took.
    pub(crate) fn decided(&self, decision: &Decision, taken: Duration) {
        let rule = decision.rule().unwrap_or_default();
        let Some(position) = CODES.iter().position(|(code, _)| *code == decision.code()) else { return };
        self.count(rule, position);
        let micros = u64::try_from(taken.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|(bound, _)| micros <= *bound).unwrap_or(BOUNDS.len());
        if let Some(counter) = self.times.get(bucket) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn count(&self, rule: &str, position: usize) {
        let known = self.by_rule.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = known.get(rule).and_then(|counters| counters.get(position)) {
            counter.fetch_add(1, Ordering::Relaxed);
            return;
        }
        drop(known);
        let mut known = self.by_rule.write().unwrap_or_else(PoisonError::into_inner);
        let rule = if known.len() < MAX_RULES || known.contains_key(rule) { rule } else { OTHER_RULES };
        let counters = known.entry(rule.into()).or_insert_with(|| CODES.iter().map(|_| AtomicU64::new(0)).collect());
        if let Some(counter) = counters.get(position) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes the text exposition format, version 0.0.4.
    pub(crate) fn text(&self, dropped_lines: u64) -> String {
        let mut text = String::from(
            "# HELP gatewright_decisions_total Decisions by rule, outcome and code.\n# TYPE gatewright_decisions_total counter\n",
        );
        self.push_decisions(&mut text);
        self.push_times(&mut text);
        let connections = u64::try_from(self.connections.load(Ordering::Relaxed)).unwrap_or(u64::MAX);
        for (name, kind, help, value) in [
            ("connections", "gauge", "Open connections.", connections),
            (
                "connections_refused_total",
                "counter",
                "Connections refused because there were too many.",
                self.refused_connections.load(Ordering::Relaxed),
            ),
            (
                "questions_given_up_total",
                "counter",
                "Questions that were given up before they were answered.",
                self.given_up.load(Ordering::Relaxed),
            ),
            ("not_found_total", "counter", "Requests for a path that is no endpoint.", self.not_found.load(Ordering::Relaxed)),
            ("log_lines_dropped_total", "counter", "Log lines that could not be written in time.", dropped_lines),
        ] {
            let _ = write!(text, "# HELP gatewright_{name} {help}\n# TYPE gatewright_{name} {kind}\ngatewright_{name} {value}\n");
        }
        text
    }

    fn push_decisions(&self, text: &mut String) {
        let known = self.by_rule.read().unwrap_or_else(PoisonError::into_inner);
        let mut rules: Vec<_> = known.iter().collect();
        rules.sort_unstable_by_key(|(rule, _)| *rule);
        for (rule, counters) in rules {
            let rule = label(rule);
            for ((code, outcome), counter) in CODES.iter().zip(counters.iter()) {
                let count = counter.load(Ordering::Relaxed);
                if count > 0 {
                    let _ = writeln!(
                        text,
                        "gatewright_decisions_total{{rule=\"{rule}\",outcome=\"{outcome}\",code=\"{code}\"}} {count}"
                    );
                }
            }
        }
    }

    fn push_times(&self, text: &mut String) {
        text.push_str("# HELP gatewright_decision_seconds Time from the request's head to the answer.\n# TYPE gatewright_decision_seconds histogram\n");
        let mut sum = 0_u64;
        for (counter, bound) in self.times.iter().zip(BOUNDS.iter().map(|(_, seconds)| *seconds).chain(["+Inf"])) {
            sum = sum.saturating_add(counter.load(Ordering::Relaxed));
            let _ = writeln!(text, "gatewright_decision_seconds_bucket{{le=\"{bound}\"}} {sum}");
        }
        let micros = self.micros.load(Ordering::Relaxed);
        let _ = writeln!(text, "gatewright_decision_seconds_sum {}.{:06}", micros / 1_000_000, micros % 1_000_000);
        let _ = writeln!(text, "gatewright_decision_seconds_count {sum}");
    }
}

/// Escapes a label value.
fn label(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

/// Rules with counters of their own, over all reloads of a process.
const MAX_RULES: usize = 1000;
/// Where the others are counted; no rule can be called so, because ids have no spaces.
const OTHER_RULES: &str = "other rules";
/// Upper bounds in microseconds, and the same in seconds as text.
const BOUNDS: [(u64, &str); 8] = [
    (10, "0.00001"),
    (50, "0.00005"),
    (100, "0.0001"),
    (500, "0.0005"),
    (1_000, "0.001"),
    (10_000, "0.01"),
    (100_000, "0.1"),
    (1_000_000, "1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_counted_by_code_and_time() {
        let metrics = Metrics::default();
        let malformed = Decision::refused(Rejection::RequestMalformed, "");
        metrics.decided(&malformed, Duration::from_micros(30));
        metrics.decided(&malformed, Duration::from_secs(2));
        metrics.decided(&Decision::unavailable(Outage::Internal, ""), Duration::from_micros(1));
        let text = metrics.text(7);
        for line in [
            r#"gatewright_decisions_total{rule="",outcome="forbid",code="request_malformed"} 2"#,
            r#"gatewright_decisions_total{rule="",outcome="indeterminate",code="internal"} 1"#,
            r#"gatewright_decision_seconds_bucket{le="0.00001"} 1"#,
            r#"gatewright_decision_seconds_bucket{le="0.00005"} 2"#,
            r#"gatewright_decision_seconds_bucket{le="+Inf"} 3"#,
            "gatewright_decision_seconds_sum 2.000031",
            "gatewright_log_lines_dropped_total 7",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn number_of_rules_is_bounded() {
        let metrics = Metrics::default();
        for number in 0..MAX_RULES + 5 {
            metrics.count(&format!("rule-{number}"), 0);
        }
        let text = metrics.text(0);
        assert!(text.contains(r#"{rule="other rules",outcome="allow",code="allowed"} 5"#), "{text}");
        assert!(text.contains(r#"{rule="rule-999",outcome="allow",code="allowed"} 1"#));
    }

    #[test]
    fn labels_are_escaped() {
        assert_eq!(label("a\"b\\c\nd"), r#"a\"b\\c\nd"#);
    }
}
