//! A gate that hangs is waited for without an end.

use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;
use super::path;

pub(super) const LINT: Lint = Lint::new("caddy-gate-timeout", Severity::Low, "a gate that hangs is waited for without an end");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for gate in model.gates.iter().filter(|gate| path(gate.node, &["transport", "response_header_timeout"]).is_none()) {
        findings.push(LINT.at(
            gate.node.span,
            "Caddy has no limit for an answer by itself: while the gate hangs, every request does",
            "write `transport http { response_header_timeout 3s }` in `forward_auth`",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, with};
    use super::*;

    #[test]
    fn gate_is_waited_for_some_seconds() {
        flags(&with(", \"response_header_timeout\": 3000000000", ""), &LINT, "\"handler\": \"reverse_proxy\",");
        is_silent(GOOD, &LINT);
    }
}
