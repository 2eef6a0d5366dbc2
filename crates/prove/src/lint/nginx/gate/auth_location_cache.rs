use std::collections::BTreeSet;

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

pub(super) fn judge(gate: &Asking<'_, '_>) -> Option<(Severity, String)> {
    if !gate.is_known("cache_key") {
        return None;
    }
    let key = gate.option("cache_key").and_then(|line| line.argument(0)).unwrap_or_default();
    let behind = gate.model.variables.behind(key);
    let told = told(gate);
    let proves = |name: &Vec<u8>| is_proof(name) || told.contains(name);
    if !behind.iter().any(proves) {
        let why = "the key holds nothing that tells two people apart: the first yes is given to everybody who comes after, with credentials or \
                   without";
        return Some((if keeps_success(gate) { Severity::Critical } else { Severity::High }, why.to_owned()));
    }
    let passes_headers = gate.option("pass_request_headers").is_none_or(|line| line.argument(0) != Some(b"off"));
    let is_passed_on = |value: &[u8], all: &[u8]| gate.model.variables.behind(value).contains(all);
    let unseen =
        [(&b"http_cookie"[..], "cookie_", &b"cookie"[..]), (b"http_authorization", "http_authorization", b"authorization")];
    let unseen = unseen.iter().find(|(all, start, header)| {
        let is_in = behind.iter().any(|name| name == all || name.starts_with(start.as_bytes()) && proves(name));
        let set = gate.header(header);
        let is_seen = if passes_headers { set != Some(b"") } else { set.is_some_and(|value| is_passed_on(value, all)) };
        !is_in && is_seen
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

/// The credentials, by their names, that this location hands to the gate one by one: in a header, or in the address it asks at. The
/// gate goes by them, whatever they are called.
fn told(gate: &Asking<'_, '_>) -> BTreeSet<Vec<u8>> {
    let headers = gate.headers().iter().filter_map(|line| line.argument(1));
    let rewrites = gate.model.rewrites(gate.id);
    let values = headers.chain(gate.pass.directive.argument(0)).chain(rewrites.iter().map(|rewrite| rewrite.replacement));
    let told = values.flat_map(|value| gate.model.variables.behind(value));
    told.filter(|name| is_credential(name) || name.starts_with(b"arg_")).collect()
}

/// Whether somebody proves by it who they are: everything of that kind, or a cookie or header that is called so. A language or a
/// tenant is none, and many people share it.
fn is_proof(name: &[u8]) -> bool {
    let own = [&b"cookie_"[..], b"http_"].iter().find_map(|start| name.strip_prefix(*start));
    let Some(own) = own else { return is_credential(name) };
    let own = own.to_ascii_lowercase();
    let mut words = own.split(|byte| !byte.is_ascii_alphanumeric());
    name == b"http_cookie"
        || PARTS.iter().any(|part| own.windows(part.len()).any(|window| window == part.as_bytes()))
        || words.any(|word| WORDS.iter().any(|known| word == known.as_bytes()) || ENDS.iter().any(|end| word.ends_with(end)))
}

/// What the names of credentials hold.
const PARTS: [&str; 12] =
    ["sess", "token", "authori", "authen", "oauth", "jwt", "secret", "credential", "passw", "ticket", "identity", "vouch"];
const WORDS: [&str; 5] = ["auth", "s", "id", "sso", "login"];
const ENDS: [&[u8]; 4] = [b"sid", b"key", b"auth", b"authelia"];

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
    fn what_many_people_share_is_no_credential() {
        for name in ["cookie_lang", "http_x_tenant", "arg_token", "cookie_keyboard", "http_x_author", "http_x_forwarded_for"] {
            let key = format!("proxy_cache c; proxy_cache_valid 200 1m; proxy_cache_key ${name}$request_uri;");
            assert_eq!(with(&key), Some(Severity::Critical), "{name}");
        }
        for name in
            ["cookie_sid", "cookie_JSESSIONID", "cookie__oauth2_proxy", "http_x_api_key", "http_x_auth", "ssl_client_s_dn"]
        {
            let key = format!("proxy_cache c; proxy_cache_valid 200 1m; proxy_cache_key ${name}$request_uri;");
            assert!(with(&key) <= Some(Severity::Medium), "{name}");
        }
    }

    #[test]
    fn what_the_gate_is_handed_is_a_credential() {
        let cache =
            "proxy_cache c; proxy_cache_valid 200 1m; proxy_cache_key $arg_k$request_uri; proxy_pass_request_headers off;";
        assert_eq!(with(&format!("{cache} proxy_set_header Authorization \"Bearer $arg_k\";")), None);
        assert_eq!(with(&format!("{cache} proxy_set_header X-Original-URI $request_uri;")), Some(Severity::Critical));
        assert_eq!(with(&format!("{cache} proxy_set_header Authorization \"Bearer $arg_other\";")), Some(Severity::Critical));
        let both = "proxy_set_header Authorization \"Bearer $arg_k\"; proxy_set_header Cookie $http_cookie;";
        assert_eq!(with(&format!("{cache} {both}")), Some(Severity::Medium));
        let address = "if ($arg_x) { rewrite ^ /verify?k=$arg_k break; }";
        assert_eq!(with(&format!("{cache} {address}")), None);
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
