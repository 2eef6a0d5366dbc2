//! Annotations that the controller does not read.

use super::super::{Finding, Intent, Lint, Severity};
use super::resource::{Model, PREFIX};

pub(super) const LINT: Lint =
    Lint::new("ingress-unknown-annotation", Severity::High, "an annotation that should ask the gate is not read");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for ingress in model.ingresses.iter().filter(|ingress| ingress.is_of_nginx()) {
        for entry in ingress.annotations() {
            let is_misspelt = |name: &str| name.starts_with("auth") && !KNOWN.contains(&name);
            let elsewhere = |key: &str| key.rsplit('/').next() == Some("auth-url");
            let is_wrong = match entry.key.strip_prefix(PREFIX) {
                Some(name) => is_misspelt(name),
                None => elsewhere(&entry.key) && ingress.annotation("auth-url").is_none(),
            };
            if is_wrong {
                let finding = LINT.at(
                    entry.key_span,
                    format!("ingress-nginx does not know `{}`, says nothing, and does without it", entry.key),
                    "write `nginx.ingress.kubernetes.io/` and a name of its documentation, such as `auth-url`",
                );
                findings.push(if model.asks(ingress) { finding.severity(Severity::Medium) } else { finding });
            }
        }
    }
}

/// What ingress-nginx 1.15 reads.
const KNOWN: &[&str] = &[
    "auth-always-set-cookie",
    "auth-cache-duration",
    "auth-cache-key",
    "auth-keepalive",
    "auth-keepalive-requests",
    "auth-keepalive-share-vars",
    "auth-keepalive-timeout",
    "auth-method",
    "auth-proxy-set-headers",
    "auth-realm",
    "auth-request-redirect",
    "auth-response-headers",
    "auth-secret",
    "auth-secret-type",
    "auth-signin",
    "auth-signin-redirect-param",
    "auth-snippet",
    "auth-tls-error-page",
    "auth-tls-match-cn",
    "auth-tls-pass-certificate-to-upstream",
    "auth-tls-secret",
    "auth-tls-verify-client",
    "auth-tls-verify-depth",
    "auth-type",
    "auth-url",
];

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, with};
    use super::*;

    #[test]
    fn misspelt_annotation_asks_nobody() {
        flags(
            &with("nginx.ingress.kubernetes.io/auth-url", "nginx.ingress.kubernetes.io/auth_url"),
            &LINT,
            Severity::High,
            "auth_url",
        );
        flags(
            &with("nginx.ingress.kubernetes.io/auth-url", "nginx.ingress.kubernets.io/auth-url"),
            &LINT,
            Severity::High,
            "auth-url",
        );
        flags(&with("auth-response-headers", "auth-response-header"), &LINT, Severity::Medium, "auth-response-header:");
        is_silent(GOOD, &LINT);
    }
}
