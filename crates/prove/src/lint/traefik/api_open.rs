//! Traefik's own pages.

use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, is_local, path};

pub(super) const LINT: Lint = Lint::new("traefik-api-open", Severity::Medium, "anybody may see Traefik's configuration");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    let help = "leave `insecure` out, and give `api@internal` a router with the gate's middleware";
    let own_port = model.entry_points().iter().find(|entry| entry.key == "traefik");
    let insecure = path(model.root, &["api", "insecure"]).filter(|insecure| insecure.is_true());
    if let Some(insecure) = insecure.filter(|_| own_port.is_none_or(|entry| !is_local(&entry.node))) {
        findings.push(LINT.at(
            insecure.span,
            "`insecure: true` shows every router, middleware and service to whoever reaches port 8080",
            help,
        ));
    }
    for router in model.routers.iter().filter(|router| router.steps.is_empty() && router.undefined.is_empty()) {
        let is_api = |service: &str| ["api@internal", "dashboard@internal", "rest@internal"].contains(&service);
        if let Some((service, span)) = router.service.filter(|(service, _)| is_api(service) && !router.node.declared_open) {
            let named = router.node.get_any_case("middlewares").is_some_and(|names| !names.texts().is_empty());
            if !named {
                findings.push(LINT.at(span, format!("the router `{}` shows `{service}` to whoever asks", router.name), help));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent};
    use super::*;

    #[test]
    fn pages_are_not_for_everybody() {
        flags("entryPoints: {}\napi:\n  insecure: true\n", &LINT, "insecure: true");
        is_silent("entryPoints: {}\napi:\n  insecure: false\n", &LINT);
        is_silent("entryPoints: { traefik: { address: '127.0.0.1:8080' } }\napi:\n  insecure: true\n", &LINT);
        let router = "http: { routers: { a: { rule: 'Host(`a`)', service: api@internal } } }\n";
        flags(router, &LINT, "api@internal");
        is_silent(&router.replace("service:", "middlewares: [ a@docker ], service:"), &LINT);
    }
}
