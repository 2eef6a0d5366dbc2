//! `status_on_error` with a success makes an outage look like an answer.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, path};

pub(super) const LINT: Lint =
    Lint::new("envoy-status-on-error", Severity::Medium, "an outage of the gate is answered with a success");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for code in model.gates().filter_map(|gate| path(gate.config, &["status_on_error", "code"])) {
        let Some(text) = code.text() else { continue };
        if SUCCESSES.contains(&text) || text.parse().is_ok_and(|number: u32| (200..400).contains(&number)) {
            findings.push(LINT.at(
                code.span,
                format!("while the gate is down, Envoy answers `{text}` with nothing in it: clients and caches keep that as the page, and a proxy in front that asks Envoy takes it for a yes"),
                "write `status_on_error: { code: ServiceUnavailable }`",
            ));
        }
    }
}

/// What `envoy.type.v3.StatusCode` calls statuses from 200 to 399.
const SUCCESSES: &[&str] = &[
    "OK",
    "Created",
    "Accepted",
    "NonAuthoritativeInformation",
    "NoContent",
    "ResetContent",
    "PartialContent",
    "MultiStatus",
    "AlreadyReported",
    "IMUsed",
    "MultipleChoices",
    "MovedPermanently",
    "Found",
    "SeeOther",
    "NotModified",
    "UseProxy",
    "TemporaryRedirect",
    "PermanentRedirect",
];

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn success_is_no_answer_of_an_outage() {
        flags(&with("ServiceUnavailable", "OK"), &LINT, "code: OK");
        flags(&with("ServiceUnavailable", "204"), &LINT, "code: 204");
        is_silent(&with("ServiceUnavailable", "Forbidden"), &LINT);
    }
}
