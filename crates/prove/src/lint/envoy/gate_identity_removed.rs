//! The identity is taken away behind the gate.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field, header};
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("envoy-gate-identity-removed", Severity::Medium, "a route removes the identity that the gate has set");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let names = header::identity(model, intent);
    for route in model.asking().flat_map(|connection| &connection.routes) {
        let lists = route.levels.iter().filter_map(|level| field(level, "request_headers_to_remove"));
        for (name, span) in
            lists.flat_map(Node::texts).filter(|(name, _)| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
        {
            findings.push(LINT.at(
                span,
                format!("a route's `request_headers_to_remove` comes behind `ext_authz`: it removes the `{name}` of the gate's answer, and the application sees nobody"),
                "remove it in `early_header_mutation_extensions`, before the gate is asked",
            ));
        }
    }
    findings.dedup();
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn removing_in_the_route_is_too_late() {
        let route = "match: { prefix: / }\n";
        let removed = |name: &str| with(route, &format!("{route}                request_headers_to_remove: [ {name} ]\n"));
        flags(&removed("X-User"), &LINT, "request_headers_to_remove");
        is_silent(&removed("x-other"), &LINT);
    }
}
