use super::{Asking, passing};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-keepalive", Severity::Info, "every request opens a connection of its own to the gate");

/// The gate is not asked over connections that stay open: there is no `upstream` with `keepalive`, or the request is HTTP/1.0 or closes
/// the connection, as nginx does by default before 1.29.7.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in passing(subject).iter().filter(|gate| gate.is_proxy()) {
        let missing = missing(gate);
        if missing.is_empty() {
            continue;
        }
        let why = "each question costs a new connection, which halves what nginx can serve (nginx 1.29.7 and later keep connections open by \
                   themselves)";
        findings.push(LINT.at(gate.pass.directive.span(), why, format!("write {}", missing.join(" and "))));
    }
}

fn missing(gate: &Asking<'_, '_>) -> Vec<&'static str> {
    let mut names = gate.pass.addresses.iter().filter_map(|address| address.strip_prefix(b"upstream "));
    let stays = names.any(|name| {
        let lines = gate.model.upstreams.group(name).into_iter().flat_map(|group| group.directives());
        lines.filter(|line| line.is("keepalive")).any(|line| line.argument(0) != Some(b"0"))
    });
    let version = gate.option("http_version").and_then(|line| line.argument(0));
    let is_persistent = matches!(version, Some(b"1.1" | b"2")) || !gate.is_known("http_version");
    let is_kept = gate.header(b"connection") == Some(b"") || !gate.has_known_headers();
    let found = [
        (stays, "an `upstream` for the gate with `keepalive 32;`"),
        (is_persistent, "`proxy_http_version 1.1;`"),
        (is_kept, "`proxy_set_header Connection \"\";`"),
    ];
    found.into_iter().filter(|(is_there, _)| !is_there).map(|(_, line)| line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(group: &str, inside: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ internal; proxy_pass http://a/verify; {inside} }}");
        let server = format!("server {{ {gate} location / {{ auth_request /_auth; proxy_pass http://b; }} }}");
        worst("auth-location-keepalive", &format!("{group} {server}"))
    }

    #[test]
    fn connection_needs_three_lines_to_stay_open() {
        let group = "upstream a { server unix:/run/a; keepalive 32; }";
        let lines = "proxy_http_version 1.1; proxy_set_header Connection '';";
        assert_eq!(with(group, lines), None);
        assert_eq!(with("", lines), Some(Severity::Info));
        assert_eq!(with(group, "proxy_http_version 1.1;"), Some(Severity::Info));
        assert_eq!(with("upstream a { server unix:/run/a; }", lines), Some(Severity::Info));
    }
}
