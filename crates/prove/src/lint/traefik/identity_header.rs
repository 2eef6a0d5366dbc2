//! A client can say who it is.

use regex::Regex;

use super::super::declared::{identity, with_found};
use super::super::{Finding, Intent, Lint, Severity};
use super::router::Step;
use super::{Model, text};
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("traefik-identity-header", Severity::High, "a client's identity header reaches the application");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let gates = model.gates();
    for (gate, before) in &gates {
        let same_gate = gates.iter().filter(|(other, _)| address(other) == address(gate));
        let found = same_gate.flat_map(|(other, _)| response_headers(other));
        let names = with_found(identity(intent), found);
        let left = names.iter().filter(|name| !is_taken(gate, name) && !before.iter().any(|step| step.takes_header(name)));
        for name in left {
            findings.push(LINT.at(
                gate.config.get_any_case("authResponseHeaders").unwrap_or(gate.config).span,
                format!("`{name}` is not in `authResponseHeaders`: the application gets what the client wrote, and not what the gate says"),
                format!("add `{name}` to `authResponseHeaders`, by which it is removed from the request and taken from the answer"),
            ));
        }
    }
}

fn response_headers<'n>(gate: &Step<'n>) -> Vec<&'n str> {
    let list = gate.config.get_any_case("authResponseHeaders").map(Node::texts).unwrap_or_default();
    list.into_iter().map(|(name, _)| name).collect()
}

fn address<'n>(gate: &Step<'n>) -> Option<&'n str> {
    text(gate.config, "address")
}

/// Whether `forwardAuth` takes a header (lower case) from the request.
fn is_taken(gate: &Step<'_>, name: &str) -> bool {
    let pattern = text(gate.config, "authResponseHeadersRegex").unwrap_or_default();
    let regex = Some(pattern).filter(|pattern| !pattern.is_empty()).and_then(|pattern| Regex::new(pattern).ok());
    let spelled = canonical(name);
    response_headers(gate).iter().any(|listed| listed.eq_ignore_ascii_case(name))
        || regex.is_some_and(|regex| regex.is_match(&spelled))
}

/// The spelling in which Go keeps a header's name.
fn canonical(name: &str) -> String {
    let mut first = true;
    let spell = |letter: char| {
        let spelled = if first { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
        first = letter == '-';
        spelled
    };
    name.chars().map(spell).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::super::testing::{GOOD, with};
    use super::*;

    fn found(text: &str) -> Vec<(&'static str, usize)> {
        let identity = ["X-User".to_owned()];
        testing::found_with(super::super::check, text, &Intent { identity: &identity, ..Intent::default() })
    }

    #[test]
    fn identity_comes_from_the_gate() {
        assert_eq!(found(GOOD), []);
        assert_eq!(found(&with("[\"X-User\"]", "[\"X-Other\"]")), [(LINT.id, 8)]);
        assert_eq!(found(&with("        authResponseHeaders: [\"X-User\"]\n", "")), [(LINT.id, 5)]);
        assert_eq!(found(&with("authResponseHeaders: [\"X-User\"]", "authResponseHeadersRegex: \"^X-U\"")), []);
    }

    #[test]
    fn list_of_the_same_gate_counts() {
        let other = "    other:\n      forwardAuth: { address: \"http://127.0.0.1:4180/auth/forward\", authResponseHeaders: [X-Groups] }\n    strip:";
        let text = GOOD.replace("    strip:", other);
        assert_eq!(found(&text).len(), 2, "`X-Groups` is missing in one, `X-User` in the other");
    }
}
