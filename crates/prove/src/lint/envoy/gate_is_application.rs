//! The application itself is asked whether somebody may see it.

use super::super::declared::{Paths, answers_anybody};
use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, path};
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("envoy-gate-is-application", Severity::Critical, "what is asked is not a gate: it says yes to everybody");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for connection in model.asking() {
        for gate in connection.gates() {
            let Some((name, asked)) = gate.cluster().and_then(|asked| asked.text().map(|name| (name, asked))) else { continue };
            let everything = connection.routes.iter().filter(|route| route.paths == Paths::Below("/".to_owned()));
            if everything.filter_map(|route| route.cluster).any(|(cluster, _)| model.is_same(cluster, name)) {
                findings.push(LINT.at(
                    asked.span,
                    format!("the gate's cluster `{name}` is also where requests go: every 200 of the application is a yes"),
                    "name the cluster of the gate",
                ));
            }
            let prefix = path(gate.config, &["http_service", "path_prefix"]);
            let known = prefix.and_then(Node::text).and_then(answers_anybody);
            if let (Some(prefix), Some(page)) = (prefix, known) {
                findings.push(LINT.at(
                    prefix.span,
                    format!("this is the path of {page}, which is answered with 200 whoever asks: everybody passes"),
                    "name the path at which the gate decides, such as `/auth/envoy`",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn application_says_yes_to_everybody() {
        flags(&with("cluster: gate, timeout", "cluster: app, timeout"), &LINT, "cluster: app, timeout");
        flags(&with("port_value: 4180", "port_value: 8080"), &LINT, "cluster: gate, timeout");
        flags(&with("/auth/envoy", "/healthz"), &LINT, "path_prefix");
        is_silent(
            &with(
                "              - match: { prefix: /static/ }\n                route: { cluster: app }",
                "              - match: { prefix: /login/ }\n                route: { cluster: gate }",
            ),
            &LINT,
        );
    }
}
