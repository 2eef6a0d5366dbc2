//! The gate is not told the cookie.

use super::super::declared::needs_cookie;
use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, header};

pub(super) const LINT: Lint = Lint::new("envoy-cookie-not-asked", Severity::Medium, "the gate is not told the session cookie");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    for gate in model.gates().filter(|gate| needs_cookie(intent) && !header::is_told(gate, "cookie")) {
        findings.push(LINT.at(
            gate.node.span,
            "Envoy tells the gate only `Authorization`, host, method and path unless `allowed_headers` names more: nobody who has logged in is known",
            "add `cookie` to `allowed_headers`: `allowed_headers: { patterns: [ { exact: cookie } ] }`",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn session_is_told() {
        flags(&with("{ exact: cookie }", "{ exact: accept }"), &LINT, "- name: gate");
        is_silent(&with("{ exact: cookie }", "{ prefix: COOK }"), &LINT);
    }

    #[test]
    fn grpc_tells_all_by_default() {
        let grpc = |text: &str| {
            text.replace("http_service:", "grpc_service: { timeout: 3s, envoy_grpc: { cluster_name: gate } }\n              was:")
        };
        is_silent(&grpc(&with("              allowed_headers: { patterns: [ { exact: cookie } ] }\n", "")), &LINT);
        flags(&grpc(&with("{ exact: cookie }", "{ exact: accept }")), &LINT, "- name: gate");
    }
}
