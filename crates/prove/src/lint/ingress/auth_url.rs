//! What is asked is no gate.

use super::super::declared::answers_anybody;
use super::super::{Finding, Intent, Lint, Severity};
use super::resource::{Model, service_of};

pub(super) const LINT: Lint =
    Lint::new("ingress-auth-url", Severity::Critical, "what is asked is not a gate: it says yes to everybody");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for ingress in &model.ingresses {
        let global = model.setting("global-auth-url").map(|entry| &entry.node);
        let Some(node) = ingress.annotation("auth-url").or(global) else { continue };
        let url = node.text().unwrap_or_default().trim();
        let (service, path) = service_of(url, ingress);
        let help = "name the gate and the path at which it decides: `http://gatewright.gatewright.svc.cluster.local:4180/auth/ingress-nginx`";
        if ingress.routes.iter().any(|route| route.service == service) {
            findings.push(LINT.at(node.span, "this is the Service of the application: every 200 of it is a yes", help));
        } else if let Some(page) = answers_anybody(path) {
            let why = format!("this is the address of {page}, which is answered with 200 whoever asks: everybody passes");
            findings.push(LINT.at(node.span, why, help));
        } else if !(url.starts_with("http://") || url.starts_with("https://")) {
            let why =
                "this is no URL: some versions of the controller leave the check out, and let everybody in (ingress-nginx #8256)";
            findings.push(LINT.at(node.span, why, help).severity(Severity::High));
        }
    }
    findings.dedup();
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, with};
    use super::*;

    #[test]
    fn gate_is_asked_where_it_decides() {
        let url = "http://gatewright.gatewright.svc.cluster.local:4180/auth/ingress-nginx";
        flags(&with(url, "http://app.shop.svc.cluster.local/auth"), &LINT, Severity::Critical, "auth-url");
        flags(&with(url, "http://app:8080/auth"), &LINT, Severity::Critical, "auth-url");
        flags(&with(url, "http://gate.other/oauth2/sign_in"), &LINT, Severity::Critical, "auth-url");
        flags(&with(url, "gate/ask"), &LINT, Severity::High, "auth-url");
        is_silent(&with(url, "http://app.gates/ask"), &LINT);
        is_silent(GOOD, &LINT);
    }
}
