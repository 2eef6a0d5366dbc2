//! Clusters: names for addresses.

use std::collections::HashMap;

use super::field;
use crate::data::Node;

/// All that a document has, wherever they stand: the addresses of each name, as `address:port` or the path of a socket.
pub(super) fn all(root: &Node) -> HashMap<&str, Vec<String>> {
    let mut clusters: HashMap<&str, Vec<String>> = HashMap::new();
    root.walk(&mut |node| {
        let assignment = field(node, "load_assignment");
        if let (Some(name), Some(assignment)) = (field(node, "name").and_then(Node::text), assignment) {
            clusters.entry(name).or_default().extend(addresses(assignment));
        }
    });
    clusters
}

/// Every address within a value.
pub(super) fn addresses(within: &Node) -> Vec<String> {
    let mut addresses = Vec::new();
    within.walk(&mut |node| {
        if let Some(socket) = field(node, "socket_address") {
            let part = |name: &str| field(socket, name).and_then(Node::text).unwrap_or_default().to_ascii_lowercase();
            addresses.push(format!("{}:{}", part("address").replace("localhost", "127.0.0.1"), part("port_value")));
        }
        if let Some(pipe) = field(node, "pipe").and_then(|pipe| field(pipe, "path")).and_then(Node::text) {
            addresses.push(pipe.to_owned());
        }
    });
    addresses
}
