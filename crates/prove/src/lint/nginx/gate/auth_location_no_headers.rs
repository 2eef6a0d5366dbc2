use super::passing;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint = Lint::new("auth-location-no-headers", Severity::Medium, "nobody's credentials reach the gate");

/// `proxy_pass_request_headers off` where neither `Cookie` nor `Authorization` is set by a line of its own.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in passing(subject) {
        let Some(line) = gate.option("pass_request_headers").filter(|line| line.argument(0) == Some(b"off")) else { continue };
        let sets = |name: &[u8]| gate.header(name).is_some_and(|value| !value.is_empty());
        if sets(b"cookie") || sets(b"authorization") || !gate.has_known_headers() {
            continue;
        }
        let why = "the gate sees neither cookies nor tokens, takes everybody for a stranger, and nobody gets in";
        let setter = gate.setter();
        let help = format!(
            "take the line out, or write `{setter} Cookie $http_cookie;` and `{setter} Authorization $http_authorization;`"
        );
        findings.push(LINT.at(line.span(), why, help));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(inside: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ internal; proxy_pass http://a/verify; {inside} }}");
        worst("auth-location-no-headers", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn gate_without_credentials_knows_nobody() {
        assert_eq!(with("proxy_pass_request_headers off;"), Some(Severity::Medium));
        assert_eq!(with("proxy_pass_request_headers off; proxy_set_header Cookie $http_cookie;"), None);
        assert_eq!(with("proxy_pass_request_headers on;"), None);
    }
}
