use super::passing;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-redirected", Severity::Info, "a header of the gate's answer can make a yes of a no");

/// `X-Accel-Redirect` is honoured in the location of the gate: an answer 401 with it is as good as what the page there answers. It takes
/// a gate that sends it, or passes on somebody's headers.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in passing(subject).iter().filter(|gate| gate.kind != "grpc" && gate.is_known("ignore_headers")) {
        let lines = gate.model.scopes.effective(gate.location.scope, &format!("{}_ignore_headers", gate.kind));
        let mut names = lines.iter().flat_map(|line| line.arguments());
        if names.any(|name| name.value().eq_ignore_ascii_case(b"X-Accel-Redirect")) {
            continue;
        }
        let why = "an answer of the gate with X-Accel-Redirect is taken for that of the page it names, and a 401 with it lets everybody in if \
                   that page answers 2xx";
        let help = format!("write `{}_ignore_headers X-Accel-Redirect;` into this location", gate.kind);
        findings.push(LINT.at(gate.place, why, help));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(inside: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ internal; proxy_pass http://a/verify; {inside} }}");
        worst("auth-location-redirected", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn header_of_the_answer_is_followed_unless_ignored() {
        assert_eq!(with(""), Some(Severity::Info));
        assert_eq!(with("proxy_ignore_headers Expires;"), Some(Severity::Info));
        assert_eq!(with("proxy_ignore_headers Expires X-Accel-Redirect;"), None);
    }
}
