//! `failure_mode_allow: true` lets everything pass while the gate does not answer.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field};

pub(super) const LINT: Lint =
    Lint::new("envoy-failure-mode-allow", Severity::Critical, "requests pass unasked while the gate cannot be reached");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for gate in model.gates() {
        let marks = field(gate.config, "failure_mode_allow_header_add").filter(|marks| marks.is_true());
        let allow = field(gate.config, "failure_mode_allow").filter(|allow| allow.is_true());
        if let Some(allow) = allow {
            let finding = LINT.at(
                allow.span,
                "with `failure_mode_allow: true` every request passes while the gate is down, answers with an error, or takes longer than `timeout`",
                "write `failure_mode_allow: false`",
            );
            let mark = |marks: &crate::data::Node| (marks.span, "the application is told of it in a header".to_owned());
            findings.push(Finding { related: marks.map(mark).into_iter().collect(), ..finding });
        } else if let Some(marks) = marks {
            findings.push(
                LINT.at(
                    marks.span,
                    "`failure_mode_allow_header_add` only has a meaning with `failure_mode_allow: true`, which would let requests pass unasked",
                    "leave `failure_mode_allow_header_add` out",
                )
                .severity(Severity::Info),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn gate_that_is_down_opens() {
        for yes in ["true", "yes", "\"true\""] {
            let line = format!("failure_mode_allow: {yes}");
            flags(&with("failure_mode_allow: false", &line), &LINT, &line);
        }
        is_silent(&with("failure_mode_allow: false", "failure_mode_allow: no"), &LINT);
    }

    #[test]
    fn header_alone_opens_nothing() {
        let text = with("failure_mode_allow: false", "failure_mode_allow_header_add: true");
        flags(&text, &LINT, "failure_mode_allow_header_add: true");
    }
}
