//! Another way to an application, on which no gate is asked.

use super::super::declared::{is_commented_open, is_host_of_policy, is_open};
use super::super::{Finding, Intent, Lint, Severity};
use super::{Model, field, is_kind};
use crate::data::Node;

pub(super) const LINT: Lint =
    Lint::new("envoy-not-asked", Severity::High, "a listener leads to a protected application without asking the gate");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let protected = model.protected();
    for connection in model.connections.iter().filter(|connection| connection.gates().next().is_none()) {
        for route in &connection.routes {
            let Some((cluster, span)) = route.cluster else { continue };
            let of_policy = route.hosts.iter().any(|host| is_host_of_policy(intent, host));
            let open = is_commented_open(route.levels.iter().copied()) || is_open(intent, &route.hosts, &route.paths);
            if (protected.contains(cluster) || of_policy) && !open {
                findings.push(LINT.at(
                    span,
                    format!("this route leads to `{cluster}`, and its connection manager has no `ext_authz` filter that is switched on: whoever comes this way is not asked about"),
                    "give this connection manager the same `ext_authz` filter, or let it redirect to the one that has it",
                ));
            }
        }
    }
    model.root.walk(&mut |node| {
        let cluster = field(node, "cluster").filter(|_| is_kind(node, "TcpProxy"));
        if let Some(cluster) = cluster.filter(|cluster| cluster.text().is_some_and(|name| protected.contains(name))) {
            findings.push(tunnel(cluster));
        }
    });
}

fn tunnel(cluster: &Node) -> Finding {
    LINT.at(
        cluster.span,
        "`tcp_proxy` hands connections to a protected application as they come: no request in them is asked about",
        "use an HTTP connection manager with the `ext_authz` filter",
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent};
    use super::*;

    const SECOND: &str = r#"  - address: { socket_address: { address: 0.0.0.0, port_value: 8001 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          http_filters: [ { name: envoy.filters.http.router } ]
          route_config: { virtual_hosts: [ { name: a, domains: ["*"], routes: [
            { match: { prefix: / }, TARGET }
          ] } ] }
"#;

    fn second(target: &str) -> String {
        GOOD.replace("  clusters:\n", &format!("{}  clusters:\n", SECOND.replace("TARGET", target)))
    }

    #[test]
    fn second_listener_is_open() {
        flags(&second("route: { cluster: app }"), &LINT, "{ match: { prefix: / }, route: { cluster: app } }");
        is_silent(&second("redirect: { https_redirect: true }"), &LINT);
        is_silent(&second("route: { cluster: elsewhere }"), &LINT);
    }

    #[test]
    fn another_name_for_the_same_address_is_open() {
        let text = second("route: { cluster: other }");
        let other = text.replace("  clusters:\n", "  clusters:\n  - { name: other, load_assignment: { endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 8080 } } } } ] } ] } }\n");
        flags(&other, &LINT, "route: { cluster: other }");
    }

    #[test]
    fn tunnel_is_open() {
        let text = GOOD.replace("  clusters:\n", "  - filter_chains: [ { filters: [ { name: tcp, typed_config: { \"@type\": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, cluster: app } } ] } ]\n  clusters:\n");
        flags(&text, &LINT, "tcp_proxy.v3.TcpProxy");
    }

    #[test]
    fn comment_declares_it() {
        is_silent(&second("route: { cluster: app } } # gatewright: open a mirror inside\n            #"), &LINT);
    }
}
