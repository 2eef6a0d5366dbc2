use std::collections::BTreeSet;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::{LocationId, is_credential};
use crate::nginx::Directive;

pub(crate) const LINT: Lint = Lint::new("page-cache", Severity::High, "a page made for one person is shown to the next");

/// A cache is in force in a protected location, under a key without anything about the person. Strangers are still refused, but all
/// others share what is kept.
///
/// Less bad where no `proxy_cache_valid` keeps it against the application's silence, or where the location is one of files for all.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    for (id, _) in subject.model.protected() {
        let Some((line, severity)) = judge(subject, id) else { continue };
        if seen.insert((line.span(), severity)) {
            let kind = String::from_utf8_lossy(line.name()).replace("_cache", "");
            let why = "the key is the same for everybody whom the gate lets in: the first one's page, with names and data, is kept for the others";
            let help = format!(
                "write `{kind}_cache_key \"$http_cookie|$http_authorization|$scheme://$host$request_uri\";`, or `{kind}_cache off;` for pages \
                 that differ between people"
            );
            findings.push(LINT.at(line.span(), why, help).severity(severity));
        }
    }
}

fn judge<'c>(subject: &Subject<'c>, id: LocationId) -> Option<(&'c Directive, Severity)> {
    let model = &subject.model;
    let location = model.location(id);
    let pass = model.passes(id).next()?;
    let kind = std::str::from_utf8(pass.directive.name()).ok()?.strip_suffix("_pass")?;
    let lines = |name: &str| model.scopes.effective(location.scope, &format!("{kind}_cache{name}"));
    let cache = lines("").last().copied().filter(|line| line.argument(0) != Some(b"off"))?;
    if !model.scopes.is_known(location.scope, &format!("{kind}_cache_key")) {
        return None;
    }
    let is_personal = |value: &[u8]| model.variables.behind(value).iter().any(|name| is_credential(name));
    let key = lines("_key").last().and_then(|line| line.argument(0)).unwrap_or_default();
    // What is about one person is never kept.
    let not_kept = model.scopes.effective(location.scope, &format!("{kind}_no_cache"));
    let mut not_kept = not_kept.iter().flat_map(|line| line.arguments()).map(|word| word.value());
    if is_personal(key) || not_kept.any(is_personal) {
        return None;
    }
    let is_for_all = FILES.iter().any(|word| location.pattern.windows(word.len()).any(|part| part == word.as_bytes()));
    let severity = if lines("_valid").is_empty() || is_for_all { Severity::Medium } else { Severity::High };
    Some((cache, severity))
}

/// Words in the paths of what is the same for everybody.
const FILES: [&str; 8] = ["asset", "static", "css", "js", "font", "img", "image", "png"];

#[cfg(test)]
mod tests {
    use super::super::super::testing::worst;
    use crate::lint::Severity;

    fn with(path: &str, inside: &str) -> Option<Severity> {
        let gate = "location = /_auth { internal; proxy_pass http://a/verify; }";
        worst("page-cache", &format!("{gate} location {path} {{ auth_request /_auth; proxy_pass http://b; {inside} }}"))
    }

    #[test]
    fn key_without_the_person_mixes_pages() {
        assert_eq!(with("/", "proxy_cache c; proxy_cache_valid 200 1m;"), Some(Severity::High));
        assert_eq!(with("/", "proxy_cache c; proxy_cache_key $host$request_uri; proxy_cache_valid 1m;"), Some(Severity::High));
        assert_eq!(with("/", "proxy_cache c;"), Some(Severity::Medium));
        assert_eq!(with("/static/", "proxy_cache c; proxy_cache_valid 1m;"), Some(Severity::Medium));
    }

    #[test]
    fn key_with_the_person_is_fine() {
        assert_eq!(with("/", "proxy_cache c; proxy_cache_valid 1m; proxy_cache_key $http_cookie$request_uri;"), None);
        let identity =
            "auth_request_set $u $upstream_http_x_user; proxy_cache c; proxy_cache_valid 1m; proxy_cache_key $u$request_uri;";
        assert_eq!(with("/", identity), None);
        assert_eq!(with("/", "proxy_cache c; proxy_cache_valid 1m; proxy_no_cache $http_cookie;"), None);
        assert_eq!(with("/", "proxy_cache off;"), None);
    }
}
