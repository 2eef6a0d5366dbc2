//! A client can say who it is.

use super::super::declared::always_answers_with;
use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field, header};

pub(super) const LINT: Lint =
    Lint::new("envoy-client-identity", Severity::High, "a client's identity header can reach the application");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let names = header::identity(model, intent);
    for connection in model.asking() {
        for gate in connection.gates() {
            let over_grpc = field(gate.config, "grpc_service").is_some();
            for name in names.iter().filter(|name| !header::is_taken(connection, name)) {
                let overwritten = over_grpc || header::any_matches(header::upstream(gate), name);
                if overwritten && always_answers_with(intent, name) {
                    continue;
                }
                let (severity, why) = if overwritten {
                    (
                        Severity::Medium,
                        format!(
                            "`{name}` is overwritten by the gate's answer alone: where an answer does not have it, the client's own reaches the application"
                        ),
                    )
                } else {
                    (
                        Severity::High,
                        format!("nothing removes or overwrites `{name}`: the application gets what the client wrote"),
                    )
                };
                let help = format!(
                    "remove it before the gate is asked: `early_header_mutation_extensions` with `mutations: [ {{ remove: {name} }} ]`, and let the answer bring it"
                );
                findings.push(LINT.at(gate.node.span, why, help).severity(severity));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    const REMOVED: &str = "mutations: [ { remove: X-User } ]";

    #[test]
    fn header_that_is_only_overwritten_may_be_the_clients() {
        flags(&with(REMOVED, "mutations: []"), &LINT, "- name: gate");
        is_silent(
            &with(
                REMOVED,
                "mutations: [ { remove_on_match: { key_matcher: { safe_regex: { regex: \"a|x[^a-z0-9]user\" } } } } ]",
            ),
            &LINT,
        );
        is_silent(&with(REMOVED, "mutations: [ { remove_on_match: { key_matcher: { prefix: X-U } } } ]"), &LINT);
    }

    #[test]
    fn declared_header_that_nothing_touches_is_the_clients() {
        let identity = ["X-Groups".to_owned()];
        let intent = Intent { identity: &identity, ..Intent::default() };
        let found = super::super::check;
        let findings = testing::findings(found, super::super::testing::GOOD, &intent);
        assert_eq!(
            findings.iter().filter(|finding| finding.lint.id == LINT.id).map(|f| f.severity).collect::<Vec<_>>(),
            [Severity::High]
        );
    }
}
