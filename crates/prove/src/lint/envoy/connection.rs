//! What becomes of a connection's requests: the filters that they pass and the routes that they take.

use super::super::declared::Paths;
use super::{field, is_kind, is_true, kind, path};
use crate::data::Node;
use crate::source::Span;

/// An `HttpConnectionManager`.
pub(super) struct Connection<'n> {
    pub(super) node: &'n Node,
    pub(super) filters: Vec<Filter<'n>>,
    pub(super) routes: Vec<Route<'n>>,
}

/// A filter of HTTP.
pub(super) struct Filter<'n> {
    pub(super) name: &'n str,
    /// What it is named in the list of filters.
    pub(super) node: &'n Node,
    pub(super) config: &'n Node,
    pub(super) kind: Kind,
}

/// What a filter does, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `ext_authz`: asks.
    Gate,
    /// Sends the request on.
    Router,
    /// Answers with what it has kept of another answer.
    Cache,
    Lua,
    HeaderMutation,
    Other,
}

/// Where requests for some hosts and paths go.
pub(super) struct Route<'n> {
    pub(super) hosts: Vec<String>,
    pub(super) paths: Paths,
    /// What settings are looked up in, the nearest first.
    pub(super) levels: Vec<&'n Node>,
    /// Its name, and where it stands; none if Envoy answers by itself.
    pub(super) cluster: Option<(&'n str, Span)>,
}

/// All connection managers of a document, in whatever they are wrapped.
pub(super) fn all(root: &Node) -> Vec<Connection<'_>> {
    let (mut managers, mut configurations) = (Vec::new(), Vec::new());
    root.walk(&mut |node| {
        if is_kind(node, "HttpConnectionManager") {
            managers.push(node);
        } else if is_kind(node, "RouteConfiguration") {
            configurations.push(node);
        }
    });
    let routes_of = |manager: &'_ Node| {
        let name = path(manager, &["rds", "route_config_name"]).and_then(Node::text);
        configurations.iter().copied().find(|node| name.is_some() && field(node, "name").and_then(Node::text) == name)
    };
    let connection = |node| Connection {
        node,
        filters: field(node, "http_filters").map(Node::items).unwrap_or_default().iter().map(Filter::new).collect(),
        routes: field(node, "route_config").or_else(|| routes_of(node)).map(routes).unwrap_or_default(),
    };
    managers.into_iter().map(connection).collect()
}

impl<'n> Connection<'n> {
    /// The filters that ask; not those that are switched off.
    pub(super) fn gates(&self) -> impl Iterator<Item = &Filter<'n>> {
        self.filters.iter().filter(|filter| filter.kind == Kind::Gate && !is_true(filter.node, "disabled"))
    }

    /// The filters that stand before the first that asks.
    pub(super) fn before_gate(&self) -> impl Iterator<Item = &Filter<'n>> {
        self.filters.iter().take_while(|filter| filter.kind != Kind::Gate)
    }
}

impl<'n> Filter<'n> {
    fn new(node: &'n Node) -> Self {
        let name = field(node, "name").and_then(Node::text).unwrap_or_default();
        let config = field(node, "typed_config").or_else(|| field(node, "config")).unwrap_or(node);
        let kind = match kind(config).and_then(|kind| kind.rsplit('.').next()) {
            Some("ExtAuthz") => Kind::Gate,
            Some("Router") => Kind::Router,
            Some("CacheConfig") => Kind::Cache,
            Some("Lua") => Kind::Lua,
            Some("HeaderMutation") => Kind::HeaderMutation,
            None if name == "envoy.filters.http.ext_authz" => Kind::Gate,
            None if name == "envoy.filters.http.router" => Kind::Router,
            _ => Kind::Other,
        };
        Self { name, node, config, kind }
    }

    /// The cluster that is asked, and where it stands.
    pub(super) fn cluster(&self) -> Option<&'n Node> {
        let http = path(self.config, &["http_service", "server_uri", "cluster"]);
        http.or_else(|| path(self.config, &["grpc_service", "envoy_grpc", "cluster_name"]))
    }
}

impl<'n> Route<'n> {
    /// Whether a gate of this connection is switched off for the route, and where.
    pub(super) fn disabled(&self, connection: &Connection<'n>) -> Option<Span> {
        connection.gates().find_map(|gate| {
            let setting = |level: &&'n Node| field(level, "typed_per_filter_config").and_then(|filters| filters.get(gate.name));
            let nearest = self.levels.iter().find_map(setting)?;
            field(nearest, "disabled").filter(|disabled| disabled.is_true()).map(|disabled| disabled.span)
        })
    }
}

fn routes(configuration: &Node) -> Vec<Route<'_>> {
    let mut routes = Vec::new();
    for host in field(configuration, "virtual_hosts").map(Node::items).unwrap_or_default() {
        let domains = field(host, "domains").map(Node::texts).unwrap_or_default();
        let hosts: Vec<String> = domains.iter().map(|(domain, _)| (*domain).to_owned()).collect();
        for node in field(host, "routes").map(Node::items).unwrap_or_default() {
            let paths = field(node, "match").map_or(Paths::Some, paths);
            let action = field(node, "route");
            let levels = vec![node, host, configuration];
            let cluster = action.and_then(|action| field(action, "cluster"));
            let cluster = cluster.and_then(|cluster| cluster.text().map(|name| (name, cluster.span)));
            let weighted = action.and_then(|action| path(action, &["weighted_clusters", "clusters"]));
            let before = routes.len();
            for part in weighted.map(Node::items).unwrap_or_default() {
                let name = field(part, "name").and_then(|name| name.text().map(|text| (text, name.span)));
                let levels = std::iter::once(part).chain(levels.iter().copied()).collect();
                routes.push(Route { hosts: hosts.clone(), paths: paths.clone(), levels, cluster: name });
            }
            if routes.len() == before {
                routes.push(Route { hosts: hosts.clone(), paths, levels, cluster });
            }
        }
    }
    routes
}

fn paths(matcher: &Node) -> Paths {
    let text = |name: &str| field(matcher, name).and_then(Node::text).map(str::to_owned);
    let below = text("prefix").or_else(|| text("path_separated_prefix"));
    below.map(Paths::Below).or_else(|| text("path").map(Paths::One)).unwrap_or(Paths::Some)
}
