//! The route is chosen anew behind the gate.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field};

pub(super) const LINT: Lint =
    Lint::new("envoy-clear-route-cache", Severity::Medium, "the route is chosen anew after the gate has been asked");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for gate in model.gates() {
        if let Some(clear) = field(gate.config, "clear_route_cache").filter(|clear| clear.is_true()) {
            findings.push(LINT.at(
                clear.span,
                "with `clear_route_cache: true` the answer's headers choose the route: it may be another than the one that was asked about",
                "write `clear_route_cache: false`, unless routes are chosen by the identity",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn route_stays_what_it_was() {
        flags(&with("failure_mode_allow: false", "clear_route_cache: true"), &LINT, "clear_route_cache: true");
        is_silent(&with("failure_mode_allow: false", "clear_route_cache: false"), &LINT);
    }
}
