//! Caddy: who is asked before an application is reached, and the ways round it. Read is its JSON, as `caddy adapt` writes it.

mod flow;
mod gate;
mod matcher;
mod state;

mod admin_reachable;
mod connection_header;
mod errors_reach_application;
mod gate_behind_proxy;
mod gate_identity_removed;
mod gate_is_application;
mod gate_timeout;
mod identity_header;
mod not_asked;
mod path_matcher;
mod refusal_falls_through;
mod rewrite_before;
mod underscore_headers;
mod unknown_host;

use self::flow::Model;
use super::{Finding, Intent, Lint};
use crate::data::Node;

/// All that is looked for.
pub(crate) const LINTS: &[&Lint] = &[
    &admin_reachable::LINT,
    &connection_header::LINT,
    &errors_reach_application::LINT,
    &gate_behind_proxy::LINT,
    &gate_identity_removed::LINT,
    &gate_is_application::LINT,
    &gate_timeout::LINT,
    &identity_header::LINT,
    &not_asked::LINT,
    &path_matcher::LINT,
    &refusal_falls_through::LINT,
    &rewrite_before::LINT,
    &underscore_headers::LINT,
    &unknown_host::LINT,
];

const CHECKS: &[fn(&Model<'_>, &Intent<'_>, &mut Vec<Finding>)] = &[
    admin_reachable::check,
    connection_header::check,
    errors_reach_application::check,
    gate_behind_proxy::check,
    gate_identity_removed::check,
    gate_is_application::check,
    gate_timeout::check,
    identity_header::check,
    not_asked::check,
    path_matcher::check,
    refusal_falls_through::check,
    rewrite_before::check,
    underscore_headers::check,
    unknown_host::check,
];

/// Whether a document is a configuration of Caddy.
pub(crate) fn is_one(root: &Node) -> bool {
    root.get("apps").is_some_and(|apps| !apps.entries().is_empty())
}

/// Looks at one document.
pub(crate) fn check(root: &Node, intent: &Intent<'_>) -> Vec<Finding> {
    let model = Model::new(root);
    let mut findings = Vec::new();
    for check in CHECKS {
        check(&model, intent, &mut findings);
    }
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        if !kept.contains(&finding) {
            kept.push(finding);
        }
    }
    kept
}

/// A value by the names that lead to it.
fn path<'n>(node: &'n Node, names: &[&str]) -> Option<&'n Node> {
    names.iter().try_fold(node, |node, name| node.get(name))
}

fn items<'n>(node: &'n Node, name: &str) -> &'n [Node] {
    node.get(name).map(Node::items).unwrap_or_default()
}

#[cfg(test)]
mod testing {
    use super::super::testing;
    use super::*;

    /// A configuration without a finding; tests replace something in it.
    pub(super) const GOOD: &str = include_str!("testing/good.json");

    #[track_caller]
    pub(super) fn flags(text: &str, lint: &Lint, line: &str) {
        testing::flags(check, text, lint, line);
    }

    #[track_caller]
    pub(super) fn is_silent(text: &str, lint: &Lint) {
        testing::is_silent(check, text, lint);
    }

    #[track_caller]
    pub(super) fn with(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        GOOD.replace(from, to)
    }

    /// How bad a rule says it is.
    pub(super) fn severities(text: &str, lint: &Lint) -> Vec<super::super::Severity> {
        let findings = testing::findings(check, text, &Intent::default());
        findings.iter().filter(|finding| finding.lint.id == lint.id).map(|finding| finding.severity).collect()
    }

    #[test]
    fn good_configuration_has_no_finding() {
        assert_eq!(testing::found(check, GOOD), []);
    }
}
