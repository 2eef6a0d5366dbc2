//! The gate is asked about some requests only.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field, is_true, path};
use crate::data::Node;

pub(super) const LINT: Lint = Lint::new("envoy-partly-asked", Severity::Critical, "the gate is asked about some requests only");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for gate in model.gates() {
        let denied = path(gate.config, &["deny_at_disable", "default_value"])
            .is_some_and(|value| value.is_true() || is_true(value, "value"));
        let part = path(gate.config, &["filter_enabled", "default_value"]).filter(|value| !is_whole(value));
        if let Some(part) = part.filter(|_| !denied) {
            findings.push(LINT.at(
                part.span,
                "`filter_enabled` is below 100 percent: the other requests pass without being asked about",
                "take `filter_enabled` out, or write `deny_at_disable` beside it",
            ));
        }
        if let Some(metadata) = field(gate.config, "filter_enabled_metadata") {
            findings.push(
                LINT.at(
                    metadata.span,
                    "the gate is asked only about requests with this metadata: where another filter does not set it, everybody passes",
                    "take `filter_enabled_metadata` out",
                )
                .severity(Severity::High),
            );
        }
    }
}

/// Whether a `FractionalPercent` is all; without a numerator it is nothing.
fn is_whole(value: &Node) -> bool {
    let whole = match field(value, "denominator").and_then(Node::text) {
        Some("TEN_THOUSAND" | "1") => 10_000.0,
        Some("MILLION" | "2") => 1_000_000.0,
        _ => 100.0,
    };
    field(value, "numerator").and_then(Node::number).is_some_and(|numerator| numerator >= whole)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    fn enabled(value: &str) -> String {
        with("failure_mode_allow: false", &format!("filter_enabled: {{ runtime_key: gate, default_value: {value} }}"))
    }

    #[test]
    fn part_of_the_requests_is_not_all() {
        flags(&enabled("{ numerator: 50 }"), &LINT, "filter_enabled:");
        flags(&enabled("{ numerator: 100, denominator: MILLION }"), &LINT, "filter_enabled:");
        is_silent(&enabled("{ numerator: 100, denominator: HUNDRED }"), &LINT);
        is_silent(&enabled("{ numerator: 10000, denominator: TEN_THOUSAND }"), &LINT);
        let denied = "filter_enabled: { default_value: { numerator: 0 } }\n              deny_at_disable: { runtime_key: deny, default_value: true }";
        is_silent(&with("failure_mode_allow: false", denied), &LINT);
    }

    #[test]
    fn metadata_may_be_missing() {
        let text = with(
            "failure_mode_allow: false",
            "filter_enabled_metadata: { filter: f, path: [ { key: k } ], value: { bool_match: true } }",
        );
        flags(&text, &LINT, "filter_enabled_metadata");
    }
}
