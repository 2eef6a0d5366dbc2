use super::passing;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-no-request", Severity::High, "the gate is not told which page the request is for");

/// Nothing that is sent to the gate holds `$request_uri`. A gate that judges by path then reads the header that the client sent.
///
/// Worse if other headers show that the gate judges by the request, or if there is a policy.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in passing(subject) {
        let tells = gate.tells(&[b"request_uri", b"request"]) || gate.own_paths().next().is_some();
        if tells || !gate.has_known_headers() {
            continue;
        }
        let about = ABOUT.iter().find(|name| gate.header(name.as_bytes()).is_some());
        let judges = about.is_some() || subject.intent.policy.is_some();
        let why = "the client's own X-Original-URI reaches the gate: whoever names a public page there gets every other one, if the gate judges \
                   by path";
        let setter = gate.setter();
        let help = match gate.kind {
            "proxy" | "grpc" => {
                format!("write `{setter} X-Original-URI $request_uri;` into this location, under the name that the gate reads")
            }
            _ => format!("write `{setter} REQUEST_URI $request_uri;` into this location"),
        };
        findings.push(LINT.at(gate.place, why, help).severity(if judges { Severity::High } else { Severity::Medium }));
    }
}

/// Headers about a request that only a gate needs which judges by it.
const ABOUT: [&str; 6] =
    ["x-original-method", "x-original-host", "x-forwarded-method", "x-forwarded-uri", "x-original-uri", "x-original-url"];

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(inside: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ internal; {inside} }}");
        worst("auth-location-no-request", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn path_of_the_client_opens() {
        assert_eq!(with("proxy_pass http://a/verify;"), Some(Severity::Medium));
        let method = "proxy_pass http://a/verify; proxy_set_header X-Original-Method $request_method;";
        assert_eq!(with(method), Some(Severity::High));
        assert_eq!(with("fastcgi_pass unix:/run/a;"), Some(Severity::Medium));
    }

    #[test]
    fn path_of_nginx_is_fine() {
        assert_eq!(with("proxy_pass http://a/verify; proxy_set_header X-Original-URL $scheme://$host$request_uri;"), None);
        assert_eq!(with("proxy_pass http://a/verify?page=$request_uri;"), None);
        assert_eq!(with("fastcgi_pass unix:/run/a; fastcgi_param REQUEST_URI $request_uri;"), None);
        assert_eq!(with("proxy_pass http://a/verify; proxy_set_header X-Original-URI $uri;"), None);
    }
}
