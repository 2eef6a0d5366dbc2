use super::{Asking, passing};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::is_credential;
use crate::nginx::Directive;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-cache", Severity::Critical, "an answer of the gate is kept, and given to somebody else");

/// A cache is in force in the location of the gate, and what answers are kept under lacks the credentials, or the page. Without
/// `proxy_cache_key` it is the address that the gate is asked at: the same for everybody and every page.
///
/// Less bad where nothing says how long a success is kept: then it is for the gate to say.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for gate in passing(subject) {
        let Some(cache) = cache(&gate) else { continue };
        let Some((severity, why)) = judge(&gate) else { continue };
        let span = gate.option("cache_key").map_or(cache.span(), Directive::span);
        let help = format!(
            "write `{0}_cache_key \"$http_cookie|$http_authorization|$request_method|$scheme://$host$request_uri\";`, or `{0}_cache off;`",
            gate.kind
        );
        findings.push(LINT.at(span, why, help).severity(severity).also(cache.span(), "answers are kept here"));
    }
}

/// The line that turns a cache on.
pub(super) fn cache<'c>(gate: &Asking<'_, 'c>) -> Option<&'c Directive> {
    gate.option("cache").filter(|line| line.argument(0) != Some(b"off"))
}

fn judge(gate: &Asking<'_, '_>) -> Option<(Severity, String)> {
    if !gate.is_known("cache_key") {
        return None;
    }
    let key = gate.option("cache_key").and_then(|line| line.argument(0)).unwrap_or_default();
    let behind = gate.model.variables.behind(key);
    if !behind.iter().any(|name| is_credential(name)) {
        let why = "the key holds nothing that tells two people apart: the first yes is given to everybody who comes after, with credentials or \
                   without";
        return Some((if keeps_success(gate) { Severity::Critical } else { Severity::High }, why.to_owned()));
    }
    let unseen =
        [(&b"http_cookie"[..], "cookie_", &b"cookie"[..]), (b"http_authorization", "http_authorization", b"authorization")];
    let unseen = unseen.iter().find(|(all, start, header)| {
        let is_in = behind.iter().any(|name| name == all || name.starts_with(start.as_bytes()));
        !is_in && gate.header(header) != Some(b"")
    });
    if !behind.iter().any(|name| matches!(name.as_slice(), b"request_uri" | b"request")) {
        let why = "the key lacks the page: who may see one gets every other, and who may not see one gets none, as long as the answer is kept";
        return Some((Severity::Medium, why.to_owned()));
    }
    let (.., header) = unseen?;
    let header = String::from_utf8_lossy(header);
    Some((
        Severity::Medium,
        format!("the key lacks the header `{header}`, which the gate sees: if it goes by that, one's yes is given to another"),
    ))
}

/// Whether a line says how long a success is kept.
fn keeps_success(gate: &Asking<'_, '_>) -> bool {
    let lines = gate.model.scopes.effective(gate.location.scope, &format!("{}_cache_valid", gate.kind));
    lines.iter().any(|line| match line.arguments().split_last() {
        Some((_, [])) => true,
        Some((_, codes)) => codes.iter().any(|code| matches!(code.value(), b"any" | [b'2', ..])),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(inside: &str) -> Option<Severity> {
        let gate = format!("location = /_auth {{ internal; proxy_pass http://a/verify; {inside} }}");
        worst("auth-location-cache", &format!("{gate} location / {{ auth_request /_auth; proxy_pass http://b; }}"))
    }

    #[test]
    fn key_without_credentials_opens() {
        assert_eq!(with("proxy_cache c; proxy_cache_valid 200 1m;"), Some(Severity::Critical));
        assert_eq!(with("proxy_cache c; proxy_cache_valid 1m; proxy_cache_key $host$request_uri;"), Some(Severity::Critical));
        assert_eq!(with("proxy_cache c; proxy_cache_valid 404 1m;"), Some(Severity::High));
    }

    #[test]
    fn key_without_the_page_or_a_header_mixes_answers() {
        assert_eq!(with("proxy_cache c; proxy_cache_valid 200 1m; proxy_cache_key $cookie_s;"), Some(Severity::Medium));
        assert_eq!(
            with("proxy_cache c; proxy_cache_valid 200 1m; proxy_cache_key $cookie_s$request_uri;"),
            Some(Severity::Medium)
        );
    }

    #[test]
    fn key_with_all_that_is_decided_on_is_fine() {
        assert_eq!(with("proxy_cache c; proxy_cache_key $http_cookie$http_authorization$request_uri;"), None);
        assert_eq!(with("proxy_cache c; proxy_cache_key $cookie_s$request_uri; proxy_set_header Authorization '';"), None);
        assert_eq!(with("proxy_cache off;"), None);
    }
}
