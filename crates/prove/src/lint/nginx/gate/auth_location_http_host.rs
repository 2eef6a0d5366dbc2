use std::collections::BTreeSet;

use super::passing;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::{Definition, names};

pub(crate) const LINT: Lint =
    Lint::new("auth-location-http-host", Severity::Medium, "the client says which host the gate judges");

/// A header for the gate holds `$http_host`. With `GET http://app.test/ HTTP/1.1` and `Host: public.test` nginx takes the server
/// app.test and tells the gate public.test. Of little use to a client where only one name is protected.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let servers = model.protected().map(|(id, _)| model.server(model.location(id).server));
    let names: BTreeSet<_> = servers.flat_map(|server| &server.names).collect();
    let severity = if names.len() > 1 { Severity::Medium } else { Severity::Low };
    for gate in passing(subject) {
        for line in gate.headers() {
            let value = line.argument(1).unwrap_or_default();
            if !holds_host(subject, value) {
                continue;
            }
            let why = "a request line with an address in it chooses the server, and `$http_host` is still what the Host header says: the gate can \
                       be asked about another host than the one that answers";
            let help = match String::from_utf8_lossy(value).replace("${http_host}", "$http_host") {
                value if value.contains("$http_host") => format!(
                    "write `$host`, the name that nginx chose the server by: `{} {} {};`",
                    gate.setter(),
                    String::from_utf8_lossy(line.argument(0).unwrap_or_default()),
                    value.replace("$http_host", "$host")
                ),
                value => format!("write `$host`, the name that nginx chose the server by, where `{value}` gets its value"),
            };
            findings.push(LINT.at(line.span(), why, help).severity(severity));
        }
    }
}

/// Whether a value is the header, or a variable that is set to it. A `map` may take but the port from it.
fn holds_host(subject: &Subject<'_>, value: &[u8]) -> bool {
    let is_host = |value: &[u8]| names(value).any(|name| name == b"http_host");
    let is_set =
        |definition: &Definition<'_>| matches!(definition, Definition::Set(line) if line.argument(1).is_some_and(is_host));
    is_host(value) || names(value).any(|name| subject.model.variables.of(&name).iter().any(is_set))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(names: &str, value: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ proxy_pass http://a/verify; proxy_set_header X-Original-URL {value}; }}");
        let text = format!("server {{ server_name {names}; {gate} location / {{ auth_request /_auth; proxy_pass http://b; }} }}");
        worst("auth-location-http-host", &text)
    }

    #[test]
    fn host_of_the_client_can_be_another_one() {
        assert_eq!(with("a.test b.test", "$scheme://$http_host$request_uri"), Some(Severity::Medium));
        assert_eq!(with("a.test", "$scheme://$http_host$request_uri"), Some(Severity::Low));
    }

    #[test]
    fn host_of_nginx_is_that_of_the_server() {
        assert_eq!(with("a.test b.test", "$scheme://$host$request_uri"), None);
    }
}
