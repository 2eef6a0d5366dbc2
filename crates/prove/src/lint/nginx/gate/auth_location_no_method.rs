use super::passing;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint = Lint::new("auth-location-no-method", Severity::Medium, "the gate takes every request for a GET");

/// The gate is told the path of the request and not its method; the subrequest itself is always a GET. Worse with a policy.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in passing(subject) {
        let tells = gate.tells(&[b"request_method", b"request"]) || gate.option("method").is_some();
        if tells || !gate.tells(&[b"request_uri"]) || !gate.has_known_headers() {
            continue;
        }
        let setter = gate.setter();
        let why = "the question is always a GET, so who may only read may also write, and a header of the client's can say which method it is";
        let help = match gate.kind {
            "proxy" | "grpc" => format!("write `{setter} X-Original-Method $request_method;` into this location"),
            _ => format!("write `{setter} REQUEST_METHOD $request_method;` into this location"),
        };
        let severity = if subject.intent.policy.is_some() { Severity::Medium } else { Severity::Low };
        findings.push(LINT.at(gate.place, why, help).severity(severity));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(inside: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ internal; proxy_pass http://a/verify; {inside} }}");
        worst("auth-location-no-method", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn path_without_a_method_is_half_a_request() {
        assert_eq!(with("proxy_set_header X-Original-URI $request_uri;"), Some(Severity::Low));
    }

    #[test]
    fn gate_that_is_told_neither_or_both_is_no_finding() {
        assert_eq!(with(""), None);
        assert_eq!(with("proxy_set_header X-Original-URI $request_uri; proxy_method $request_method;"), None);
        assert_eq!(
            with("proxy_set_header X-Original-URI $request_uri; proxy_set_header X-Original-Method $request_method;"),
            None
        );
    }
}
