//! The gate is not told the cookie.

use super::super::declared::needs_cookie;
use super::super::{Finding, Intent, Lint, Severity};
use super::Model;
use crate::data::Node;

pub(super) const LINT: Lint = Lint::new("traefik-cookie-not-asked", Severity::Medium, "the gate is not told the session cookie");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    for (gate, _) in model.gates() {
        let Some(list) = gate.config.get_any_case("authRequestHeaders") else { continue };
        let named = Node::texts(list);
        let is_used = needs_cookie(intent) == Some(true);
        if is_used && !named.is_empty() && !named.iter().any(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
            findings.push(LINT.at(
                list.span,
                "`authRequestHeaders` is all that the gate is told of the request, and has no `Cookie`: nobody who has logged in is known",
                "add `Cookie` to `authRequestHeaders`",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{SESSIONS, with_policy};
    use super::super::testing::{GOOD, is_silent, with};
    use super::*;

    fn speaks(text: &str) -> bool {
        with_policy(super::super::check, text, SESSIONS).iter().any(|(id, _)| *id == LINT.id)
    }

    #[test]
    fn session_is_told() {
        let text = with("[\"Cookie\", \"Authorization\"]", "[\"Authorization\"]");
        assert!(speaks(&text) && !speaks(GOOD));
        assert!(!speaks(&with("        authRequestHeaders: [\"Cookie\", \"Authorization\"]\n", "")));
        is_silent(&text, &LINT);
    }
}
