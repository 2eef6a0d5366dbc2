use super::passing;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-own-path", Severity::High, "the gate judges its own path, always the same one");

/// A header for the gate holds `$uri`, `$args` or the like without `$request_uri`: in the subrequest these are of the location of the
/// gate. Worse with a policy, which has rules about paths.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in passing(subject) {
        for line in gate.own_paths() {
            let name = String::from_utf8_lossy(line.argument(0).unwrap_or_default());
            let why = format!(
                "in the subrequest this is `{}` without arguments, whatever page the request is for: one answer goes for all",
                String::from_utf8_lossy(gate.auth.path)
            );
            let help = format!("write `{} {name} $request_uri;`", gate.setter());
            let severity = if subject.intent.policy.is_some() { Severity::High } else { Severity::Medium };
            findings.push(LINT.at(line.span(), why, help).severity(severity));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(value: &str) -> Option<Severity> {
        let gate =
            format!("location = /_auth {{ internal; proxy_pass http://a/verify; proxy_set_header X-Original-URI {value}; }}");
        worst("auth-location-own-path", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn path_of_the_subrequest_says_nothing() {
        assert_eq!(with("$uri"), Some(Severity::Medium));
        assert_eq!(with("$scheme://$host$document_uri$is_args$args"), Some(Severity::Medium));
    }

    #[test]
    fn path_of_the_request_does() {
        assert_eq!(with("$request_uri"), None);
        assert_eq!(with("$host"), None);
    }
}
