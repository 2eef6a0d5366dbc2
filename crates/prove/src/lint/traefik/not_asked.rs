//! Another way to an application, on which no gate is asked.

use std::collections::HashSet;

use super::super::declared::{authority, is_host_of_policy, is_open};
use super::super::{Finding, Intent, Lint, Severity};
use super::router::Router;
use super::{Model, path, plain, text};
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("traefik-not-asked", Severity::High, "a router leads to a protected application without asking the gate");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let protected = model.protected();
    for router in model.routers.iter().filter(|router| router.gate().is_none() && !router.redirects()) {
        let Some((service, span)) = router.service.filter(|(service, _)| !service.ends_with("@internal")) else { continue };
        let is_protected = model.addresses(service).iter().any(|address| protected.contains(address));
        let of_policy = router.hosts.iter().any(|host| is_host_of_policy(intent, host));
        let open = router.node.declared_open || is_open(intent, &router.hosts, &router.paths);
        if !(is_protected || of_policy) || open || is_never_taken(router, model) {
            continue;
        }
        let help = "give the router the same `forwardAuth` middleware as the others, or declare its path as open";
        findings.push(match router.other_guard() {
            None => LINT.at(
                span,
                format!(
                    "the router `{}` leads to `{}`, and has no `forwardAuth`: whoever comes this way is not asked about",
                    router.name,
                    plain(service)
                ),
                help,
            ),
            Some(guard) => LINT
                .at(
                    span,
                    format!(
                        "only `{guard}` stands before `{}` in the router `{}`, and not the gate",
                        plain(service),
                        router.name
                    ),
                    help,
                )
                .severity(Severity::Medium),
        });
    }
    tunnels(model, &protected, findings);
}

/// Whether a router of the same rule and a higher priority takes every request first.
fn is_never_taken(router: &Router<'_>, model: &Model<'_>) -> bool {
    let priority =
        |router: &Router<'_>| router.node.get_any_case("priority").and_then(Node::number).filter(|number| *number != 0.0);
    let length = f64::from(u32::try_from(router.rule.len()).unwrap_or(u32::MAX));
    let mine = priority(router).unwrap_or(length);
    let entry_points = |router: &Router<'_>| {
        let names = router.node.get_any_case("entryPoints").map(Node::texts).unwrap_or_default();
        names.into_iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    };
    model.routers.iter().any(|other| {
        let same = other.rule == router.rule && entry_points(other) == entry_points(router);
        same && other.gate().is_some() && priority(other).unwrap_or(length) > mine
    })
}

/// TCP routers that end where protected requests go.
fn tunnels(model: &Model<'_>, protected: &HashSet<String>, findings: &mut Vec<Finding>) {
    let part = |name: &str| path(model.root, &["tcp", name]).map(Node::entries).unwrap_or_default();
    for router in part("routers").iter().filter(|router| !router.node.declared_open) {
        let Some(name) = text(&router.node, "service") else { continue };
        let service = part("services").iter().find(|service| service.key == plain(name));
        let servers = service.and_then(|service| path(&service.node, &["loadBalancer", "servers"])).map(Node::items);
        let mut addresses = servers.unwrap_or_default().iter().filter_map(|server| text(server, "address")).map(authority);
        if addresses.any(|address| protected.contains(&address)) {
            findings.push(LINT.at(
                router.key_span,
                format!("the TCP router `{}` hands connections to a protected application as they come: no request in them is asked about", router.key),
                "use an HTTP router with the `forwardAuth` middleware",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::super::testing::{GOOD, flags, is_silent, severities, with};
    use super::*;

    const HOOK: &str = "      rule: \"Host(`hook.example.com`)\"\n      service: hook";

    fn second(rule: &str) -> String {
        with(HOOK, &format!("      {rule}\n      service: app"))
    }

    #[test]
    fn second_router_is_open() {
        flags(&second("rule: \"Host(`app.example.com`) && PathPrefix(`/hook`)\""), &LINT, "service: app");
        flags(&with(":8081", ":8080"), &LINT, "service: hook");
    }

    #[test]
    fn redirect_leads_nowhere() {
        is_silent(GOOD, &LINT);
        flags(&with("      middlewares: [\"https\"]\n", ""), &LINT, "service: app");
    }

    #[test]
    fn declared_paths_are_open() {
        let text = second("rule: \"Host(`app.example.com`) && PathPrefix(`/hook/`)\"");
        let open = ["/hook/*".to_owned()];
        assert_eq!(testing::found_with(super::super::check, &text, &Intent { open: &open, ..Intent::default() }), []);
        is_silent(
            &text.replace("    hook:\n      rule", "    # gatewright: open signed by the sender\n    hook:\n      rule"),
            &LINT,
        );
    }

    #[test]
    fn router_that_is_never_taken_opens_nothing() {
        let text = second("rule: \"Host(`app.example.com`)\"\n      priority: 1");
        is_silent(&text, &LINT);
        flags(&text.replace("priority: 1", "priority: 100"), &LINT, "service: app");
    }

    #[test]
    fn another_guard_is_better_than_none() {
        let text = second("rule: \"Host(`b`)\"\n      middlewares: [\"basic\"]")
            .replace("    strip:", "    basic: { basicAuth: { users: [ \"a:b\" ] } }\n    strip:");
        assert_eq!(severities(&text, &LINT), [Severity::Medium]);
    }

    #[test]
    fn tunnel_is_open() {
        let text = format!(
            "{GOOD}tcp:\n  routers:\n    raw: {{ rule: \"HostSNI(`*`)\", service: raw }}\n  services:\n    raw: {{ loadBalancer: {{ servers: [ {{ address: \"127.0.0.1:8080\" }} ] }} }}\n"
        );
        flags(&text, &LINT, "raw: { rule");
    }
}
