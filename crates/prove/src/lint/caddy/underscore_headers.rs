//! `X_User` is `X-User` for many applications.

use super::super::declared::{alias, identity, with_found};
use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;

pub(super) const LINT: Lint =
    Lint::new("caddy-underscore-headers", Severity::Medium, "`X_User` passes beside the gate's `X-User`");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    for (reach, gate) in model.asked() {
        let names = with_found(identity(intent), gate.copied.iter().map(String::as_str));
        if let Some(alias) = names.iter().filter_map(|name| alias(name)).find(|alias| !reach.state.is_taken(alias)) {
            findings.push(LINT.at(
                gate.node.span,
                format!(
                    "a client's `{alias}` reaches the application, and CGI, WSGI and PHP read it as `{}`",
                    alias.replace('_', "-")
                ),
                "write `request_header \"-*_*\"` before `forward_auth`",
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
        flags(&with(", \"*_*\"", ""), &LINT, "\"handler\": \"reverse_proxy\",");
        is_silent(&with("\"*_*\"", "\"X_User\""), &LINT);
    }
}
