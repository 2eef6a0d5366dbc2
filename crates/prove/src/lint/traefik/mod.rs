//! Traefik: `forwardAuth` middlewares, and the ways round them. Read are files of the file provider and static files.

mod router;
mod rule;

mod api_open;
mod auth_address;
mod cookie_not_asked;
mod errors_page;
mod forwarded_headers;
mod identity_header;
mod metrics_open;
mod not_asked;
mod path_changed;
mod trust_forward_header;
mod undefined_middleware;
mod underscore_headers;

use std::collections::HashSet;

use self::router::{Router, Step};
use super::declared::authority;
use super::{Finding, Intent, Lint};
use crate::data::{Entry, Node};

/// All that is looked for.
pub(crate) const LINTS: &[&Lint] = &[
    &api_open::LINT,
    &auth_address::LINT,
    &cookie_not_asked::LINT,
    &errors_page::LINT,
    &forwarded_headers::LINT,
    &identity_header::LINT,
    &metrics_open::LINT,
    &not_asked::LINT,
    &path_changed::LINT,
    &trust_forward_header::LINT,
    &undefined_middleware::LINT,
    &underscore_headers::LINT,
];

const CHECKS: &[fn(&Model<'_>, &Intent<'_>, &mut Vec<Finding>)] = &[
    api_open::check,
    auth_address::check,
    cookie_not_asked::check,
    errors_page::check,
    forwarded_headers::check,
    identity_header::check,
    metrics_open::check,
    not_asked::check,
    path_changed::check,
    trust_forward_header::check,
    undefined_middleware::check,
    underscore_headers::check,
];

/// Whether a document is a configuration of Traefik, of either kind.
pub(crate) fn is_one(root: &Node) -> bool {
    let has = |node: &Node, names: &[&str]| names.iter().any(|name| node.get_any_case(name).is_some());
    let part = |name: &str| root.get_any_case(name).is_some_and(|part| has(part, &["routers", "middlewares", "services"]));
    has(root, &["entryPoints"]) || part("http") || part("tcp")
}

/// Looks at one document.
pub(crate) fn check(root: &Node, intent: &Intent<'_>) -> Vec<Finding> {
    let model = Model::new(root);
    let mut findings = Vec::new();
    for check in CHECKS {
        check(&model, intent, &mut findings);
    }
    // A middleware is looked at in each router that has it.
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        if !kept.contains(&finding) {
            kept.push(finding);
        }
    }
    kept
}

/// What a document says of where requests go.
struct Model<'n> {
    root: &'n Node,
    routers: Vec<Router<'n>>,
    middlewares: &'n [Entry],
    services: &'n [Entry],
}

impl<'n> Model<'n> {
    fn new(root: &'n Node) -> Self {
        let part = |name: &str| path(root, &["http", name]).map(Node::entries).unwrap_or_default();
        let middlewares = part("middlewares");
        let routers = part("routers").iter().map(|entry| Router::new(entry, middlewares)).collect();
        Self { root, routers, middlewares, services: part("services") }
    }

    /// The ports that Traefik listens on.
    fn entry_points(&self) -> &'n [Entry] {
        self.root.get_any_case("entryPoints").map(Node::entries).unwrap_or_default()
    }

    /// Every `forwardAuth` with what comes before it: once for each router that has it, and alone if none has.
    fn gates<'m>(&'m self) -> Vec<(Step<'n>, &'m [Step<'n>])> {
        let mut gates = Vec::new();
        for router in &self.routers {
            if let Some((gate, before)) = router.gate() {
                gates.push((*gate, before));
            }
        }
        let alone = self.middlewares.iter().filter_map(|entry| Step::new(entry, entry.key_span)).filter(Step::is_gate);
        let alone = alone.filter(|gate| gates.iter().all(|(known, _)| known.config.span != gate.config.span));
        let alone: Vec<_> = alone.collect();
        gates.extend(alone.into_iter().map(|gate| (gate, [].as_slice())));
        gates
    }

    /// Where a service leads: `host:port` of each server, or the service's name if that is not known here.
    fn addresses(&self, service: &str) -> Vec<String> {
        let mut addresses = Vec::new();
        self.collect(service, 0, &mut addresses);
        if addresses.is_empty() { vec![plain(service).to_owned()] } else { addresses }
    }

    fn collect(&self, service: &str, depth: usize, addresses: &mut Vec<String>) {
        let found = self.services.iter().find(|entry| entry.key == plain(service));
        let Some(node) = found.map(|entry| &entry.node).filter(|_| depth < MOST_SERVICES) else { return };
        let servers = path(node, &["loadBalancer", "servers"]).map(Node::items).unwrap_or_default();
        addresses.extend(servers.iter().filter_map(|server| text(server, "url")).map(authority));
        let mut others: Vec<&str> = Vec::new();
        let weighted = path(node, &["weighted", "services"]).map(Node::items).unwrap_or_default();
        others.extend(weighted.iter().filter_map(|one| text(one, "name")));
        for (kind, name) in [("mirroring", "service"), ("failover", "service"), ("failover", "fallback")] {
            others.extend(node.get_any_case(kind).and_then(|node| text(node, name)));
        }
        for other in others {
            self.collect(other, depth.saturating_add(1), addresses);
        }
    }

    /// Where requests go of which somebody is asked about.
    fn protected(&self) -> HashSet<String> {
        let asking = self.routers.iter().filter(|router| router.gate().is_some());
        asking.filter_map(|router| router.service).flat_map(|(service, _)| self.addresses(service)).collect()
    }
}

/// The name of something without its provider: `gate` of `gate@file`.
fn plain(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

/// A value by the names that lead to it; Traefik takes them in large or small letters.
fn path<'n>(node: &'n Node, names: &[&str]) -> Option<&'n Node> {
    names.iter().try_fold(node, |node, name| node.get_any_case(name))
}

fn text<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    node.get_any_case(name)?.text()
}

/// Whether an entry point can only be reached from this machine, or takes no requests.
fn is_local(entry_point: &Node) -> bool {
    let address = text(entry_point, "address").unwrap_or_default().to_ascii_lowercase();
    ["127.", "localhost:", "[::1]:"].iter().any(|local| address.starts_with(local)) || address.ends_with("/udp")
}

/// Of services that name each other.
const MOST_SERVICES: usize = 8;

#[cfg(test)]
mod testing {
    use super::super::testing;
    use super::*;

    /// A configuration without a finding; tests replace something in it.
    pub(super) const GOOD: &str = include_str!("testing/good.yaml");

    #[track_caller]
    pub(super) fn flags(text: &str, lint: &Lint, line: &str) {
        testing::flags(check, text, lint, line);
    }

    #[track_caller]
    pub(super) fn is_silent(text: &str, lint: &Lint) {
        testing::is_silent(check, text, lint);
    }

    #[track_caller]
    pub(super) fn with(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        GOOD.replace(from, to)
    }

    /// How bad a rule says it is.
    pub(super) fn severities(text: &str, lint: &Lint) -> Vec<super::super::Severity> {
        let findings = testing::findings(check, text, &Intent::default());
        findings.iter().filter(|finding| finding.lint.id == lint.id).map(|finding| finding.severity).collect()
    }

    #[test]
    fn good_configuration_has_no_finding() {
        assert_eq!(testing::found(check, GOOD), []);
    }

    #[test]
    fn services_may_lead_to_each_other() {
        let text = "http: { services: { a: { weighted: { services: [ { name: b }, { name: a } ] } }, b: { loadBalancer: { servers: [ { url: 'http://App' } ] } } } }";
        let mut sources = crate::Sources::default();
        let file = sources.add("a", text);
        let nodes = crate::data::read(&sources, file, crate::data::Language::Yaml).unwrap();
        let addresses = Model::new(&nodes[0]).addresses("a@file");
        assert!(addresses.iter().all(|address| address == "app:80") && !addresses.is_empty());
    }
}
