//! The application itself is asked whether somebody may see it.

use super::super::declared::answers_anybody;
use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;
use super::path;
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("caddy-gate-is-application", Severity::Critical, "what is asked is not a gate: it says yes to everybody");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for (reach, gate) in model.asked() {
        if gate.upstreams.iter().any(|address| reach.upstreams.contains(address)) {
            findings.push(LINT.at(
                gate.node.get("upstreams").unwrap_or(gate.node).span,
                "this is also the address of the application: every 200 of it is a yes",
                "name the address of the gate",
            ));
        }
        let uri = path(gate.node, &["rewrite", "uri"]);
        if let Some((uri, page)) = uri.and_then(|uri| Some((uri, answers_anybody(uri.text()?)?))) {
            findings.push(LINT.at(
                uri.span,
                format!("this is the path of {page}, which is answered with 200 whoever asks: everybody passes"),
                "name the path at which the gate decides, such as `/auth/forward`",
            ));
        }
        if uri.and_then(Node::text).is_none() {
            findings.push(
                LINT.at(
                    gate.node.span,
                    "the gate is asked at the client's own path: a login page or a health check there is a yes",
                    "write `uri` with the path at which the gate decides, such as `/auth/forward`",
                )
                .severity(Severity::Medium),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, severities, with};
    use super::*;

    #[test]
    fn gate_is_asked_where_it_decides() {
        flags(&with("127.0.0.1:4180", "127.0.0.1:8080"), &LINT, "\"upstreams\"");
        flags(&with("/auth/forward", "/healthz"), &LINT, "/healthz");
        assert_eq!(severities(&with(", \"uri\": \"/auth/forward\"", ""), &LINT), [Severity::Medium]);
        is_silent(GOOD, &LINT);
    }
}
