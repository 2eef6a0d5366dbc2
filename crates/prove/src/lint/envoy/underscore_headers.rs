//! `X_User` is `X-User` for many applications.

use super::super::declared::alias;
use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, header, path};
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("envoy-underscore-headers", Severity::Medium, "`x_user` passes beside the gate's `x-user`");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let names = header::identity(model, intent);
    for connection in model.asking() {
        let action = path(connection.node, &["common_http_protocol_options", "headers_with_underscores_action"]);
        let is_safe = matches!(action.and_then(Node::text), Some("DROP_HEADER" | "REJECT_REQUEST" | "1" | "2"));
        let alias = names.iter().filter_map(|name| alias(name)).find(|alias| !header::is_taken(connection, alias));
        if let Some(alias) = alias.filter(|_| !is_safe) {
            findings.push(LINT.at(
                action.map_or(connection.node.span, |action| action.span),
                format!(
                    "a client's `{alias}` reaches the application, and CGI, WSGI and PHP read it as `{}`",
                    alias.replace('_', "-")
                ),
                "write `common_http_protocol_options: { headers_with_underscores_action: DROP_HEADER }`",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn other_spelling_of_the_identity_is_dropped() {
        flags(&with("DROP_HEADER", "ALLOW"), &LINT, "headers_with_underscores_action: ALLOW");
        is_silent(&with("DROP_HEADER", "REJECT_REQUEST"), &LINT);
        let removed = with("DROP_HEADER", "ALLOW").replace("{ remove: X-User }", "{ remove: X-User }, { remove: X_User }");
        is_silent(&removed, &LINT);
    }
}
