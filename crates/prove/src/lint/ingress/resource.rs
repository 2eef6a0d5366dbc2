//! Ingresses, and what the controller is told for all of them.

use std::collections::HashSet;

use super::super::declared::{Paths, path_of};
use crate::data::{Entry, Node};
use crate::source::Span;

/// All resources of a file that matter here.
pub(super) struct Model<'n> {
    pub(super) ingresses: Vec<Ingress<'n>>,
    /// The values of ConfigMaps with keys that the controller knows.
    pub(super) settings: Vec<&'n Entry>,
}

/// Which requests go to which Service, and what is done with them before.
pub(super) struct Ingress<'n> {
    pub(super) node: &'n Node,
    namespace: &'n str,
    pub(super) routes: Vec<Route<'n>>,
}

/// Requests for a host and some paths, and their Service.
pub(super) struct Route<'n> {
    pub(super) hosts: Vec<String>,
    pub(super) paths: Paths,
    /// `namespace/name`.
    pub(super) service: String,
    pub(super) span: Span,
    /// Where a comment can say that the route is open.
    pub(super) around: Vec<&'n Node>,
}

impl<'n> Model<'n> {
    pub(super) fn new(documents: &'n [Node]) -> Self {
        let items = |document: &'n Node| {
            let items = document.get("items").map(Node::items).unwrap_or_default();
            std::iter::once(document).chain(items)
        };
        let resources: Vec<&Node> = documents.iter().flat_map(items).collect();
        let maps = resources.iter().copied().filter(|node| is_settings(node));
        Self {
            ingresses: resources.iter().copied().filter(|node| is_ingress(node)).map(Ingress::new).collect(),
            settings: maps.filter_map(|map| map.get("data")).flat_map(Node::entries).collect(),
        }
    }

    /// A value of the controller's ConfigMap.
    pub(super) fn setting(&self, key: &str) -> Option<&'n Entry> {
        self.settings.iter().copied().find(|entry| entry.key == key)
    }

    /// Whether somebody is asked about requests of an Ingress.
    pub(super) fn asks(&self, ingress: &Ingress<'_>) -> bool {
        let given = |node: &Node| node.text().is_some_and(|url| !url.trim().is_empty());
        let opted_out = ingress.annotation("enable-global-auth").and_then(Node::text) == Some("false");
        let global = self.setting("global-auth-url").is_some_and(|entry| given(&entry.node));
        ingress.annotation("auth-url").is_some_and(given) || (global && !opted_out)
    }

    /// The Services about which somebody is asked.
    pub(super) fn protected(&self) -> HashSet<&str> {
        let asking = self.ingresses.iter().filter(|ingress| self.asks(ingress));
        asking.flat_map(|ingress| &ingress.routes).map(|route| route.service.as_str()).collect()
    }
}

impl<'n> Ingress<'n> {
    fn new(node: &'n Node) -> Self {
        let namespace = path(node, &["metadata", "namespace"]).and_then(Node::text).unwrap_or("default");
        let mut ingress = Self { node, namespace, routes: Vec::new() };
        let around: Vec<&Node> = [node.get("metadata"), node.get("spec")].into_iter().flatten().collect();
        if let Some(backend) = path(node, &["spec", "defaultBackend"]) {
            ingress.add(Vec::new(), Paths::Below("/".to_owned()), backend, around.clone());
        }
        for rule in path(node, &["spec", "rules"]).map(Node::items).unwrap_or_default() {
            let hosts: Vec<String> = rule.get("host").and_then(Node::text).map(str::to_owned).into_iter().collect();
            for part in path(rule, &["http", "paths"]).map(Node::items).unwrap_or_default() {
                let around = around.iter().copied().chain([rule, part]).collect();
                if let Some(backend) = part.get("backend") {
                    ingress.add(hosts.clone(), ingress.paths(part), backend, around);
                }
            }
        }
        ingress
    }

    fn add(&mut self, hosts: Vec<String>, paths: Paths, backend: &'n Node, around: Vec<&'n Node>) {
        let name = path(backend, &["service", "name"]).or_else(|| backend.get("serviceName"));
        if let Some((name, node)) = name.and_then(|node| Some((node.text()?, node))) {
            let service = format!("{}/{name}", self.namespace);
            self.routes.push(Route { hosts, paths, service, span: node.span, around });
        }
    }

    fn paths(&self, part: &Node) -> Paths {
        let path = part.get("path").and_then(Node::text).unwrap_or("/").to_owned();
        let is_pattern = self.annotation("use-regex").is_some_and(Node::is_true) || path.contains(['*', '(', '[']);
        match part.get("pathType").and_then(Node::text) {
            _ if is_pattern => Paths::Some,
            Some("Exact") => Paths::One(path),
            _ => Paths::Below(path),
        }
    }

    /// All annotations.
    pub(super) fn annotations(&self) -> &'n [Entry] {
        path(self.node, &["metadata", "annotations"]).map(Node::entries).unwrap_or_default()
    }

    /// An annotation of ingress-nginx by its name.
    pub(super) fn annotation(&self, name: &str) -> Option<&'n Node> {
        let found = self.annotations().iter().find(|entry| entry.key.strip_prefix(PREFIX) == Some(name));
        found.map(|entry| &entry.node)
    }

    /// Whether the controller of this Ingress is ingress-nginx, as far as can be told.
    pub(super) fn is_of_nginx(&self) -> bool {
        let class = path(self.node, &["spec", "ingressClassName"]).and_then(Node::text);
        let old = self
            .annotations()
            .iter()
            .find(|entry| entry.key == "kubernetes.io/ingress.class")
            .and_then(|entry| entry.node.text());
        class.or(old).is_some_and(|class| class.contains("nginx"))
            || self.annotations().iter().any(|one| one.key.starts_with(PREFIX))
    }
}

/// `namespace/name` of the Service that a URL inside the cluster leads to, and its path.
pub(super) fn service_of<'u>(url: &'u str, ingress: &Ingress<'_>) -> (String, &'u str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
    let mut labels = host.split('.');
    let name = labels.next().unwrap_or_default();
    (format!("{}/{name}", labels.next().unwrap_or(ingress.namespace)), path_of(url))
}

pub(super) fn is_ingress(node: &Node) -> bool {
    node.get("kind").and_then(Node::text) == Some("Ingress")
}

/// Whether this is a ConfigMap with a key that only the controller of ingress-nginx knows.
pub(super) fn is_settings(node: &Node) -> bool {
    let known = |entry: &Entry| SETTINGS.contains(&entry.key.as_str());
    node.get("kind").and_then(Node::text) == Some("ConfigMap")
        && node.get("data").is_some_and(|data| data.entries().iter().any(known))
}

fn path<'n>(node: &'n Node, names: &[&str]) -> Option<&'n Node> {
    names.iter().try_fold(node, |node, name| node.get(name))
}

pub(super) const PREFIX: &str = "nginx.ingress.kubernetes.io/";
const SETTINGS: &[&str] = &[
    "allow-snippet-annotations",
    "custom-http-errors",
    "global-auth-url",
    "http-snippet",
    "location-snippet",
    "main-snippet",
    "no-auth-locations",
    "server-snippet",
    "use-forwarded-headers",
];
