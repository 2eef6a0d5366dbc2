use super::passing;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-body", Severity::Medium, "the gate is told to expect the body of the request, which never comes");

/// `proxy_pass_request_body off` or the empty `Content-Length` is missing. Each alone is enough in practice; with neither, a gate that
/// reads bodies waits until nginx gives up.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in
        passing(subject).iter().filter(|gate| gate.is_proxy() && gate.is_known("pass_request_body") && gate.has_known_headers())
    {
        let is_off = gate.option("pass_request_body").is_some_and(|line| line.argument(0) == Some(b"off"));
        let is_cleared = gate.header(b"content-length") == Some(b"");
        let (severity, why) = match (is_off, is_cleared) {
            (true, true) => continue,
            (false, false) => (
                Severity::Medium,
                "the gate gets the length of the request's body and never the body: one that reads it hangs, and every POST ends in 500",
            ),
            (true, false) => (Severity::Low, "the gate still gets the length of a body that nginx does not send"),
            (false, true) => (Severity::Low, "nginx is to pass on a body that the question does not have"),
        };
        let help = "write `proxy_pass_request_body off;` and `proxy_set_header Content-Length \"\";` into this location";
        findings.push(LINT.at(gate.place, why, help).severity(severity));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(inside: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ internal; proxy_pass http://a/verify; {inside} }}");
        worst("auth-location-body", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn length_without_a_body_breaks() {
        assert_eq!(with(""), Some(Severity::Medium));
        assert_eq!(with("proxy_pass_request_body off;"), Some(Severity::Low));
        assert_eq!(with("proxy_set_header Content-Length '';"), Some(Severity::Low));
    }

    #[test]
    fn both_lines_are_the_documented_form() {
        assert_eq!(with("proxy_pass_request_body off; proxy_set_header content-length '';"), None);
        assert_eq!(with("include snippet.conf;"), None);
    }
}
