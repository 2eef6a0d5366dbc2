//! The application answers when the gate cannot.

use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;
use super::state::Asked;

pub(super) const LINT: Lint = Lint::new(
    "caddy-errors-reach-application",
    Severity::Critical,
    "while the gate is down, requests are sent to the application as errors",
);

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    let protected = model.protected();
    for reach in model.reaches.iter().filter(|reach| reach.state.is_error && reach.state.asked == Asked::No) {
        if reach.is_one_of(&protected) {
            findings.push(LINT.at(
                reach.node.span,
                "a gate that does not answer is an error 502, and `handle_errors` then sends the request to the application: everybody is let in",
                "answer errors with `respond` or `file_server`, or name the statuses that are meant: `handle_errors 404`",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    fn errors(matcher: &str, upstream: &str) -> String {
        let route = format!(
            "{{ {matcher} \"handle\": [{{ \"handler\": \"reverse_proxy\", \"upstreams\": [{{ \"dial\": \"{upstream}\" }}] }}] }}"
        );
        with("    \"listen\": [\":80\"],", &format!("    \"listen\": [\":80\"],\n    \"errors\": {{ \"routes\": [{route}] }},"))
    }

    #[test]
    fn error_does_not_reach_the_application() {
        flags(&errors("", "127.0.0.1:8080"), &LINT, "\"errors\"");
        is_silent(&errors("", "127.0.0.1:9000"), &LINT);
    }

    #[test]
    fn errors_of_the_application_may() {
        let matcher = |status: &str| format!("\"match\": [{{ \"expression\": \"{{http.error.status_code}} {status}\" }}],");
        is_silent(&errors(&matcher("== 404"), "127.0.0.1:8080"), &LINT);
        flags(&errors(&matcher(">= 500"), "127.0.0.1:8080"), &LINT, "\"errors\"");
        flags(&errors(&matcher("in [404, 502]"), "127.0.0.1:8080"), &LINT, "\"errors\"");
    }
}
