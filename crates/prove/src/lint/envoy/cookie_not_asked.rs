//! The gate is not told the cookie.

use super::super::declared::needs_cookie;
use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field, header};

pub(super) const LINT: Lint = Lint::new("envoy-cookie-not-asked", Severity::Medium, "the gate is not told the session cookie");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    for gate in model.gates().filter(|gate| !header::is_told(gate, "cookie")) {
        // A list without it may be meant so.
        let is_listed = field(gate.config, "allowed_headers").is_some();
        if !needs_cookie(intent).unwrap_or(!is_listed) {
            continue;
        }
        findings.push(LINT.at(
            gate.node.span,
            "Envoy tells the gate only `Authorization`, host, method and path unless `allowed_headers` names more: nobody who has logged in is known",
            "add `cookie` to `allowed_headers`: `allowed_headers: { patterns: [ { exact: cookie } ] }`",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{SESSIONS, with_policy};
    use super::super::testing::{GOOD, flags, is_silent, with};
    use super::*;

    const LIST: &str = "              allowed_headers: { patterns: [ { exact: cookie } ] }\n";

    fn speaks(text: &str) -> bool {
        with_policy(super::super::check, text, SESSIONS).iter().any(|(id, _)| *id == LINT.id)
    }

    #[test]
    fn session_is_told() {
        flags(&with(LIST, ""), &LINT, "- name: gate");
        is_silent(&with("{ exact: cookie }", "{ exact: accept }"), &LINT);
        assert!(speaks(&with("{ exact: cookie }", "{ exact: accept }")));
        assert!(!speaks(GOOD) && !speaks(&with("{ exact: cookie }", "{ prefix: COOK }")));
        assert!(with_policy(super::super::check, &with(LIST, ""), "version = 1").is_empty(), "there are no sessions");
    }

    #[test]
    fn grpc_tells_all_by_default() {
        let grpc = |text: &str| {
            text.replace("http_service:", "grpc_service: { timeout: 3s, envoy_grpc: { cluster_name: gate } }\n              was:")
        };
        assert!(!speaks(&grpc(&with(LIST, ""))));
        assert!(speaks(&grpc(&with("{ exact: cookie }", "{ exact: accept }"))));
    }
}
