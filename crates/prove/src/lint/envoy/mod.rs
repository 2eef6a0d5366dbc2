//! Envoy: `ext_authz` filters, and the ways round them. Read are bootstrap files, and lists of resources for file-based discovery.

mod cluster;
mod connection;
mod header;

mod admin_reachable;
mod ambiguous_path;
mod clear_route_cache;
mod client_address;
mod client_identity;
mod cookie_not_asked;
mod disabled_route;
mod failure_mode_allow;
mod filter_order;
mod gate_identity_removed;
mod gate_is_application;
mod gate_timeout;
mod not_asked;
mod partial_body;
mod partly_asked;
mod path_not_normalized;
mod status_on_error;
mod underscore_headers;

use std::collections::{HashMap, HashSet};

use self::connection::Connection;
use super::{Finding, Intent, Lint};
use crate::data::Node;

/// All that is looked for.
pub(crate) const LINTS: &[&Lint] = &[
    &admin_reachable::LINT,
    &ambiguous_path::LINT,
    &clear_route_cache::LINT,
    &client_address::LINT,
    &client_identity::LINT,
    &cookie_not_asked::LINT,
    &disabled_route::LINT,
    &failure_mode_allow::LINT,
    &filter_order::LINT,
    &gate_identity_removed::LINT,
    &gate_is_application::LINT,
    &gate_timeout::LINT,
    &not_asked::LINT,
    &partial_body::LINT,
    &partly_asked::LINT,
    &path_not_normalized::LINT,
    &status_on_error::LINT,
    &underscore_headers::LINT,
];

const CHECKS: &[fn(&Model<'_>, &Intent<'_>, &mut Vec<Finding>)] = &[
    admin_reachable::check,
    ambiguous_path::check,
    clear_route_cache::check,
    client_address::check,
    client_identity::check,
    cookie_not_asked::check,
    disabled_route::check,
    failure_mode_allow::check,
    filter_order::check,
    gate_identity_removed::check,
    gate_is_application::check,
    gate_timeout::check,
    not_asked::check,
    partial_body::check,
    partly_asked::check,
    path_not_normalized::check,
    status_on_error::check,
    underscore_headers::check,
];

/// Whether a document is a configuration of Envoy.
pub(crate) fn is_one(root: &Node) -> bool {
    let is_resource = |node: &Node| kind(node).is_some_and(|kind| kind.starts_with("envoy."));
    field(root, "static_resources").is_some()
        || field(root, "dynamic_resources").is_some()
        || is_resource(root)
        || field(root, "resources").is_some_and(|resources| resources.items().iter().any(is_resource))
}

/// Looks at one document.
pub(crate) fn check(root: &Node, intent: &Intent<'_>) -> Vec<Finding> {
    let model = Model::new(root);
    let mut findings = Vec::new();
    for check in CHECKS {
        check(&model, intent, &mut findings);
    }
    findings
}

/// What a document says of where requests go.
struct Model<'n> {
    root: &'n Node,
    connections: Vec<Connection<'n>>,
    /// The addresses of each cluster.
    clusters: HashMap<&'n str, Vec<String>>,
}

impl<'n> Model<'n> {
    fn new(root: &'n Node) -> Self {
        Self { root, connections: connection::all(root), clusters: cluster::all(root) }
    }

    /// Those that ask a gate.
    fn asking(&self) -> impl Iterator<Item = &Connection<'n>> {
        self.connections.iter().filter(|connection| connection.gates().next().is_some())
    }

    /// Every filter that asks.
    fn gates(&self) -> impl Iterator<Item = &connection::Filter<'n>> {
        self.connections.iter().flat_map(Connection::gates)
    }

    /// Whether two clusters are one, or have an address in common.
    fn is_same(&self, left: &'n str, right: &'n str) -> bool {
        self.targets(left).any(|target| self.targets(right).any(|other| other == target))
    }

    /// By what a cluster is known: its name and its addresses.
    fn targets(&self, cluster: &'n str) -> impl Iterator<Item = &str> {
        let addresses = self.clusters.get(cluster).into_iter().flatten();
        std::iter::once(cluster).chain(addresses.map(String::as_str))
    }

    /// What somebody is asked about before it is reached, by a route for which the gate is not switched off.
    fn protected(&self) -> Protected<'_, 'n> {
        let asked = self.asking().flat_map(|connection| {
            connection.routes.iter().filter(|route| route.disabled(connection).is_none()).flat_map(|route| route.cluster)
        });
        Protected { model: self, targets: asked.flat_map(|(name, _)| self.targets(name)).collect() }
    }
}

/// The clusters before which somebody is asked.
struct Protected<'m, 'n> {
    model: &'m Model<'n>,
    targets: HashSet<&'m str>,
}

impl<'n> Protected<'_, 'n> {
    fn contains(&self, cluster: &'n str) -> bool {
        self.model.targets(cluster).any(|target| self.targets.contains(target))
    }
}

/// A field by its name in protobuf; JSON may write `failureModeAllow` for `failure_mode_allow`.
fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let mut camel = String::new();
    let mut words = name.split('_');
    camel.push_str(words.next().unwrap_or_default());
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    node.get(name).or_else(|| node.get(&camel))
}

/// A field of a field.
fn path<'n>(node: &'n Node, names: &[&str]) -> Option<&'n Node> {
    names.iter().try_fold(node, |node, name| field(node, name))
}

/// Whether a boolean field is true.
fn is_true(node: &Node, name: &str) -> bool {
    field(node, name).is_some_and(Node::is_true)
}

/// The message that an `Any` holds, by its full name.
fn kind(node: &Node) -> Option<&str> {
    let kind = node.get("@type")?.text()?;
    Some(kind.rsplit('/').next().unwrap_or(kind))
}

/// Whether an `Any` holds such a message, of whatever version.
fn is_kind(node: &Node, name: &str) -> bool {
    kind(node).is_some_and(|kind| kind.rsplit('.').next() == Some(name))
}

/// Seconds of a duration such as `0.25s`.
fn seconds(node: &Node) -> Option<f64> {
    node.text()?.strip_suffix('s')?.parse().ok()
}

#[cfg(test)]
mod testing {
    use super::super::testing;
    use super::*;

    /// A configuration without a finding; tests replace something in it.
    pub(super) const GOOD: &str = include_str!("testing/good.yaml");

    /// The lines of what one rule finds.
    #[track_caller]
    pub(super) fn flags(text: &str, lint: &Lint, line: &str) {
        testing::flags(check, text, lint, line);
    }

    #[track_caller]
    pub(super) fn is_silent(text: &str, lint: &Lint) {
        testing::is_silent(check, text, lint);
    }

    /// The good configuration with something replaced, which has to be there.
    #[track_caller]
    pub(super) fn with(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        GOOD.replace(from, to)
    }

    #[test]
    fn good_configuration_has_no_finding() {
        assert_eq!(testing::found(check, GOOD), []);
    }

    #[test]
    fn fields_have_two_spellings() {
        flags(&with("failure_mode_allow: false", "failureModeAllow: true"), &failure_mode_allow::LINT, "failureModeAllow: true");
    }
}
