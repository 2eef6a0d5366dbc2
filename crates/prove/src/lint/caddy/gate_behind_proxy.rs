//! The application answers before the gate is asked.

use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;

pub(super) const LINT: Lint =
    Lint::new("caddy-gate-behind-proxy", Severity::Critical, "the gate stands behind what answers every request");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for gate in &model.unreached {
        findings.push(LINT.at(
            gate.span,
            "the route before this one sends every request to the application: nobody is ever asked",
            "put `forward_auth` first",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent};
    use super::*;

    #[test]
    fn gate_comes_first() {
        let application =
            "        { \"handle\": [{ \"handler\": \"reverse_proxy\", \"upstreams\": [{ \"dial\": \"127.0.0.1:8080\" }] }] }\n";
        let gate = "        { \"handle\": [{ \"handler\": \"reverse_proxy\",\n";
        let moved = format!("{},\n{gate}", application.trim_end());
        let text = GOOD.replace(application, "        { \"handle\": [] }\n").replace(gate, &moved);
        flags(&text, &LINT, "{ \"handle\": [{ \"handler\": \"reverse_proxy\",");
        is_silent(GOOD, &LINT);
    }
}
