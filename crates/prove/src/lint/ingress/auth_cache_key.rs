//! One person's yes is remembered for others.

use super::super::declared::needs_cookie;
use super::super::{Finding, Intent, Lint, Severity};
use super::resource::Model;

pub(super) const LINT: Lint =
    Lint::new("ingress-auth-cache-key", Severity::High, "the gate's answer to one person is used for another");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let own = model.ingresses.iter().filter_map(|ingress| ingress.annotation("auth-cache-key"));
    for node in own.chain(model.setting("global-auth-cache-key").map(|entry| &entry.node)) {
        let key = node.text().unwrap_or_default();
        let has = |parts: &[&str]| parts.iter().any(|part| key.contains(part));
        let cookie = has(&["$http_cookie", "$cookie_"]);
        let credential = cookie || has(&["$http_authorization", "$ssl_client_"]);
        if key.is_empty() {
            continue;
        }
        let cookie_counts = needs_cookie(intent) == Some(true);
        let help = "leave `auth-cache-key` out; else let it hold all that the gate decides by: `$http_cookie$http_authorization$request_method$scheme$http_host$request_uri`";
        if !credential || (cookie_counts && !cookie) {
            let missing = if credential { "the session cookie" } else { "a credential" };
            findings.push(LINT.at(
                node.span,
                format!("the key does not hold {missing}: the first yes is remembered, and lets in everybody who comes after"),
                help,
            ));
        } else if !has(&["$request_uri", "$uri"]) || !has(&["$http_host", "$host"]) {
            findings.push(
                LINT.at(node.span, "the key does not hold host and path: a yes for one page is remembered for all", help)
                    .severity(Severity::Medium),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{annotated, flags, is_silent};
    use super::*;

    #[test]
    fn key_holds_who_and_what() {
        flags(&annotated("auth-cache-key", "$remote_user"), &LINT, Severity::High, "auth-cache-key");
        flags(&annotated("auth-cache-key", "$remote_user$http_authorization"), &LINT, Severity::Medium, "auth-cache-key");
        is_silent(&annotated("auth-cache-key", "$cookie_s$host$request_uri"), &LINT);
    }
}
