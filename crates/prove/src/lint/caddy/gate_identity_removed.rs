//! The identity is taken away behind the gate.

use super::super::declared::{identity, with_found};
use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;

pub(super) const LINT: Lint =
    Lint::new("caddy-gate-identity-removed", Severity::Medium, "the identity that the gate has set is removed behind it");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    for (reach, gate) in model.asked() {
        let names = with_found(identity(intent), gate.copied.iter().map(String::as_str));
        for (name, span) in names.iter().filter_map(|name| Some((name, reach.state.taken_after(name)?))) {
            if gate.copied.iter().any(|copied| copied.eq_ignore_ascii_case(name)) {
                findings.push(LINT.at(
                    span,
                    format!("this comes after the gate: it removes the `{name}` of the answer, and the application sees nobody"),
                    "put both into a `route` block, `request_header` first: outside, Caddy sorts it behind `forward_auth`",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, with};
    use super::*;

    #[test]
    fn removing_behind_the_gate_is_too_late() {
        let application =
            "        { \"handle\": [{ \"handler\": \"reverse_proxy\", \"upstreams\": [{ \"dial\": \"127.0.0.1:8080\" }] }] }\n";
        let text = with(
            application,
            &format!(
                "        {{ \"handle\": [{{ \"handler\": \"headers\", \"request\": {{ \"delete\": [\"x-user\"] }} }}] }},\n{application}"
            ),
        );
        flags(&text, &LINT, "\"delete\": [\"x-user\"]");
        is_silent(GOOD, &LINT);
    }
}
