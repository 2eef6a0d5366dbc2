//! The gate judges by a part of the body.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field, path};

pub(super) const LINT: Lint = Lint::new("envoy-partial-body", Severity::Medium, "the gate judges by a part of the body");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for gate in model.gates() {
        let partial = path(gate.config, &["with_request_body", "allow_partial_message"]).filter(|partial| partial.is_true());
        if let Some(partial) = partial {
            findings.push(LINT.at(
                partial.span,
                "the gate gets the body's beginning, and the application all of it: what comes behind `max_request_bytes` is not judged",
                "write `allow_partial_message: false`; gatewright does not look at bodies, and needs no `with_request_body`",
            ));
        } else if let Some(body) = field(gate.config, "with_request_body") {
            let why = "Envoy keeps every body until the gate has answered; gatewright does not look at it";
            findings.push(
                LINT.at(body.span, why, "leave `with_request_body` out if the gate does not read it").severity(Severity::Info),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, with};
    use super::*;

    #[test]
    fn part_of_a_body_is_not_the_body() {
        let body = "with_request_body: { max_request_bytes: 1024, allow_partial_message: true }";
        flags(&with("failure_mode_allow: false", body), &LINT, "allow_partial_message");
        is_silent(GOOD, &LINT);
    }
}
