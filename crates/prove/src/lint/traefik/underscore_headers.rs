//! `X_User` is `X-User` for many applications.

use super::super::declared::{alias, identity};
use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, is_local, path};
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("traefik-underscore-headers", Severity::Medium, "`X_User` passes beside the gate's `X-User`");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let Some(alias) = identity(intent).iter().find_map(|name| alias(name)) else { return };
    for entry in model.entry_points().iter().filter(|entry| !is_local(&entry.node)) {
        let strategy = |name: &str| path(&entry.node, &["http", name]).and_then(Node::text);
        let is_safe = ["aliasHeadersStrategy", "underscoreHeadersStrategy"]
            .iter()
            .any(|name| strategy(name).is_some_and(|set| ["delete", "reject"].iter().any(|safe| set.eq_ignore_ascii_case(safe))));
        if !is_safe {
            findings.push(LINT.at(
                entry.key_span,
                format!("a client's `{alias}` reaches the application, and CGI, WSGI and PHP read it as `{}`", alias.replace('_', "-")),
                "write `http: { aliasHeadersStrategy: delete }` at the entry point (before Traefik 3.7.12: `underscoreHeadersStrategy`)",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::*;

    fn found(entry_point: &str) -> usize {
        let identity = ["X-User".to_owned()];
        let text = format!("entryPoints: {{ web: {{ {entry_point} }} }}\n");
        testing::found_with(super::super::check, &text, &Intent { identity: &identity, ..Intent::default() }).len()
    }

    #[test]
    fn other_spelling_of_the_identity_is_dropped() {
        assert_eq!(found("address: ':80'"), 1);
        assert_eq!(found("address: ':80', http: { aliasHeadersStrategy: keep }"), 1);
        assert_eq!(found("address: ':80', http: { aliasHeadersStrategy: delete }"), 0);
        assert_eq!(found("address: ':80', http: { underscoreHeadersStrategy: Reject }"), 0);
        assert_eq!(found("address: '127.0.0.1:80'"), 0);
    }
}
