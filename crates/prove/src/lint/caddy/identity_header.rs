//! A client can say who it is.

use super::super::declared::{always_answers_with, identity, with_found};
use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;

pub(super) const LINT: Lint =
    Lint::new("caddy-identity-header", Severity::High, "a client's identity header can reach the application");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    for (reach, gate) in model.asked() {
        let names = with_found(identity(intent), gate.copied.iter().map(String::as_str));
        for name in names.iter().filter(|name| !reach.state.is_taken_before(name)) {
            let copied = gate.copied.iter().any(|copied| copied.eq_ignore_ascii_case(name));
            if copied && always_answers_with(intent, name) || !copied && reach.state.is_taken(name) {
                continue;
            }
            let (severity, why) = if copied {
                (
                    Severity::Medium,
                    format!(
                        "`{name}` is written over only where the gate's answer has it: without, Caddy from 2.10 on hands on what the client wrote (GHSA-7r4p-vjf4-gxv4), and 2.6 the text of a placeholder"
                    ),
                )
            } else {
                (Severity::High, format!("nothing removes or overwrites `{name}`: the application gets what the client wrote"))
            };
            let help = format!("write `request_header -{name}` before `forward_auth`, in a `route` block, which keeps the order");
            findings.push(LINT.at(gate.node.span, why, help).severity(severity));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::super::testing::{GOOD, flags, is_silent, severities, with};
    use super::*;

    #[test]
    fn answer_may_lack_the_header() {
        let text = with("\"X-User\", \"*_*\"", "\"*_*\"");
        flags(&text, &LINT, "\"handler\": \"reverse_proxy\",");
        assert_eq!(severities(&text, &LINT), [Severity::Medium]);
        is_silent(&with("\"X-User\", \"*_*\"", "\"X-U*\", \"*_*\""), &LINT);
        is_silent(
            &text.replace(
                "\"request\": { \"set\": { \"X-User\"",
                "\"request\": { \"delete\": [\"X-User\"], \"set\": { \"X-User\"",
            ),
            &LINT,
        );
    }

    #[test]
    fn declared_header_that_nothing_touches_is_the_clients() {
        let identity = ["X-Groups".to_owned()];
        let findings = testing::findings(super::super::check, GOOD, &Intent { identity: &identity, ..Intent::default() });
        assert_eq!(
            findings.iter().map(|finding| (finding.lint.id, finding.severity)).collect::<Vec<_>>(),
            [(LINT.id, Severity::High)]
        );
    }
}
