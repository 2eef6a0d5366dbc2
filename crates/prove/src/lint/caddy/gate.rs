//! What a `reverse_proxy` does with answers: by that, one that asks is told from one that serves.

use super::flow::ends;
use super::{items, path};
use crate::data::Node;
use crate::source::Span;

/// A `reverse_proxy` after some of whose answers the request goes on.
pub(super) struct Gate<'n> {
    pub(super) node: &'n Node,
    /// Addresses as they are dialled.
    pub(super) upstreams: Vec<String>,
    /// Headers that come from its answers.
    pub(super) copied: Vec<String>,
    /// Headers of the client that it removes, whatever the answer has.
    pub(super) cleared: Vec<String>,
    /// Where the request goes on after an answer that is no success.
    pub(super) falls_through: Option<Span>,
}

impl<'n> Gate<'n> {
    /// Looks at a `reverse_proxy`; `None` if no request goes on behind it.
    pub(super) fn of(node: &'n Node) -> Option<Self> {
        let responses = items(node, "handle_response");
        let goes_on = |response: &Node| response.get("status_code").is_none() && !ends(items(response, "routes"));
        let responses: Vec<(&Node, bool)> = responses.iter().map(|response| (response, goes_on(response))).collect();
        responses.iter().find(|(_, goes_on)| *goes_on)?;
        let mut gate = Self { node, upstreams: upstreams(node), copied: Vec::new(), cleared: Vec::new(), falls_through: None };
        // Kinds of statuses, as the first digit, that an earlier block has answered.
        let mut answered: Vec<u32> = Vec::new();
        for (response, goes_on) in responses {
            let statuses = statuses(response);
            if goes_on {
                gate.read_headers(response);
                let refused = |status: &u32| !(*status == 2 || (200..300).contains(status));
                let open = |status: &&u32| refused(status) && !answered.contains(status);
                gate.falls_through = gate.falls_through.or(statuses.iter().find(open).map(|_| response.span));
            } else if response
                .get("match")
                .is_none_or(|conditions| conditions.entries().iter().all(|one| one.key == "status_code"))
            {
                answered.extend(statuses);
            }
        }
        Some(gate)
    }

    fn read_headers(&mut self, response: &Node) {
        response.walk(&mut |node| {
            if node.get("handler").and_then(Node::text) != Some("headers") {
                return;
            }
            for entry in path(node, &["request", "set"]).map(Node::entries).unwrap_or_default() {
                let from_answer = |(text, _): &(&str, Span)| text.contains("http.reverse_proxy.header.");
                if entry.node.texts().iter().any(from_answer) {
                    self.copied.push(entry.key.clone());
                }
            }
            let deleted = path(node, &["request", "delete"]).map(Node::texts).unwrap_or_default();
            self.cleared.extend(deleted.into_iter().map(|(name, _)| name.to_owned()));
        });
    }
}

/// The addresses of a `reverse_proxy`, as they are dialled.
pub(super) fn upstreams(proxy: &Node) -> Vec<String> {
    let dialled = items(proxy, "upstreams").iter().filter_map(|upstream| upstream.get("dial").and_then(Node::text));
    dialled.map(|address| address.to_ascii_lowercase().replace("localhost", "127.0.0.1")).collect()
}

/// The statuses of answers that a block is for; a digit stands for all that begin so.
fn statuses(response: &Node) -> Vec<u32> {
    let listed = path(response, &["match", "status_code"]).map(Node::texts).unwrap_or_default();
    if listed.is_empty() { vec![1, 2, 3, 4, 5] } else { listed.iter().filter_map(|(status, _)| status.parse().ok()).collect() }
}
