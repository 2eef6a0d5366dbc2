use std::collections::BTreeSet;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint =
    Lint::new("header-aliases", Severity::Medium, "clients can send headers that an application takes for those of the gate");

/// `underscores_in_headers on` or `ignore_invalid_headers off` is in force in a server with something behind the gate: `X_User` or
/// `X.User` pass beside `X-User`. Whether that is somebody else's identity depends on the application.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let mut seen = BTreeSet::new();
    for (server, _) in model.guarded() {
        for (name, weak, strong) in SWITCHES {
            let line =
                model.scopes.value(model.server(server).scope, name).filter(|line| line.argument(0) == Some(weak.as_bytes()));
            let Some(line) = line.filter(|line| seen.insert(line.span())) else { continue };
            let header = if name == "underscores_in_headers" { "X_User" } else { "X.User" };
            let why = format!(
                "a client's `{header}` is passed on beside the gate's `X-User`, and WSGI, PHP, CGI and Rack make one name of both"
            );
            let help = format!("write `{name} {strong};`");
            findings.push(LINT.at(line.span(), why, help));
        }
    }
}

/// Each with the value that lets such headers pass, and the one of nginx.
const SWITCHES: [(&str, &str, &str); 2] = [("underscores_in_headers", "on", "off"), ("ignore_invalid_headers", "off", "on")];

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(server: &str, pass: &str) -> Option<Severity> {
        let gate = "location = /_auth { internal; proxy_pass http://a/verify; }";
        worst("header-aliases", &format!("server {{ {server} {gate} location / {{ auth_request /_auth; {pass} }} }}"))
    }

    #[test]
    fn second_spelling_passes() {
        assert_eq!(with("underscores_in_headers on;", "proxy_pass http://b;"), Some(Severity::Medium));
        assert_eq!(with("ignore_invalid_headers off;", "proxy_pass http://b;"), Some(Severity::Medium));
        assert_eq!(with("underscores_in_headers on;", "uwsgi_pass unix:/run/b;"), Some(Severity::Medium));
    }

    #[test]
    fn what_nginx_does_by_itself_is_fine() {
        assert_eq!(with("underscores_in_headers off; ignore_invalid_headers on;", "uwsgi_pass unix:/run/b;"), None);
        assert_eq!(worst("header-aliases", "server { underscores_in_headers on; location / { proxy_pass http://b; } }"), None);
    }
}
