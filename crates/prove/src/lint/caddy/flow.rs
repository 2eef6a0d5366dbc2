//! The ways of requests through routes: what has happened to them when they reach an application.

use std::collections::HashSet;

use super::gate::{Gate, upstreams};
use super::matcher::Matcher;
use super::state::{Asked, Part, State};
use super::{items, path};
use crate::data::Node;
use crate::source::Span;

/// What a document says of where requests go.
pub(super) struct Model<'n> {
    pub(super) root: &'n Node,
    pub(super) gates: Vec<Gate<'n>>,
    /// Each application, on each way to it.
    pub(super) reaches: Vec<Reach<'n>>,
    /// Gates that stand behind what answers every request.
    pub(super) unreached: Vec<&'n Node>,
    pub(super) servers: Vec<&'n Node>,
}

/// An application, and what has happened before a request comes to it.
pub(super) struct Reach<'n> {
    pub(super) node: &'n Node,
    pub(super) upstreams: Vec<String>,
    pub(super) state: State,
}

impl Reach<'_> {
    /// Whether the application is one of these.
    pub(super) fn is_one_of(&self, upstreams: &HashSet<&String>) -> bool {
        self.upstreams.iter().any(|upstream| upstreams.contains(upstream))
    }
}

impl<'n> Model<'n> {
    pub(super) fn new(root: &'n Node) -> Self {
        let servers = path(root, &["apps", "http", "servers"]).map(Node::entries).unwrap_or_default();
        let servers: Vec<&Node> = servers.iter().map(|entry| &entry.node).collect();
        let mut model = Self { root, gates: Vec::new(), reaches: Vec::new(), unreached: Vec::new(), servers: servers.clone() };
        for server in servers {
            model.follow(items(server, "routes"), &mut State::new(false));
            if let Some(errors) = server.get("errors") {
                model.follow(items(errors, "routes"), &mut State::new(true));
            }
        }
        model
    }

    /// Applications that are reached only after somebody was asked, at least about some requests.
    pub(super) fn protected(&self) -> HashSet<&String> {
        self.reaches.iter().filter(|reach| reach.state.asked != Asked::No).flat_map(|reach| &reach.upstreams).collect()
    }

    /// Ways on which a gate was asked about every request, with the gate.
    pub(super) fn asked(&self) -> impl Iterator<Item = (&Reach<'n>, &Gate<'n>)> {
        self.reaches.iter().filter_map(|reach| Some((reach, self.gates.get(reach.state.gate?)?)))
    }

    /// Follows a request through routes; returns whether each is answered there.
    fn follow(&mut self, routes: &'n [Node], state: &mut State) -> bool {
        let mut rest = routes.iter();
        while let Some(route) = rest.next() {
            let matcher = Matcher::of(route);
            let mut inner = state.clone();
            if !matcher.hosts.is_empty() {
                inner.hosts.clone_from(&matcher.hosts);
            }
            if matcher.is_conditional {
                inner.paths = matcher.declared_paths();
            }
            if state.is_error && is_about_other_errors(route) {
                inner.is_error = false;
                inner.asked = Asked::Yes;
                inner.gate = None;
            }
            let answered = self.handle(items(route, "handle"), &mut inner);
            let leaves = answered || route.get("terminal").is_some_and(Node::is_true);
            if !matcher.is_conditional && matcher.hosts.is_empty() {
                if answered {
                    rest.for_each(|route| self.find_unreached(route, &inner));
                    return true;
                }
                *state = State { hosts: state.hosts.clone(), paths: state.paths.clone(), ..inner };
                if leaves {
                    return true;
                }
            } else if !leaves {
                merge(state, inner, &matcher, route.get("match").unwrap_or(route).span);
            }
        }
        false
    }

    fn handle(&mut self, handlers: &'n [Node], state: &mut State) -> bool {
        let mut rest = handlers.iter();
        while let Some(handler) = rest.next() {
            let answered = match kind(handler) {
                "subroute" => {
                    if let Some(errors) = handler.get("errors") {
                        self.follow(
                            items(errors, "routes"),
                            &mut State { is_error: true, asked: Asked::No, gate: None, ..state.clone() },
                        );
                    }
                    self.follow(items(handler, "routes"), state)
                }
                "reverse_proxy" => self.proxy(handler, state),
                "headers" => {
                    take_headers(handler, state);
                    false
                }
                "rewrite" => {
                    rewrite(handler, state);
                    false
                }
                kind => is_answer(kind),
            };
            if answered {
                rest.for_each(|handler| self.find_unreached(handler, state));
                return true;
            }
        }
        false
    }

    fn proxy(&mut self, node: &'n Node, state: &mut State) -> bool {
        for response in items(node, "handle_response") {
            let statuses = path(response, &["match", "status_code"]).map(Node::texts).unwrap_or_default();
            let success = !statuses.is_empty() && statuses.iter().all(|(status, _)| status.starts_with('2'));
            let asked = if success { Asked::Yes } else { state.asked.clone() };
            self.follow(items(response, "routes"), &mut State { asked, ..state.clone() });
        }
        if let Some(gate) = Gate::of(node) {
            state.asked = Asked::Yes;
            state.gate = Some(self.gates.len());
            state.taken_before.extend(gate.cleared.iter().cloned());
            self.gates.push(gate);
            return false;
        }
        self.reaches.push(Reach { node, upstreams: upstreams(node), state: state.clone() });
        true
    }

    /// Notes gates in what no request comes to, if nobody was asked before.
    fn find_unreached(&mut self, within: &'n Node, state: &State) {
        let reached = self.reaches.last().is_some_and(|reach| reach.state.asked == Asked::No && reach.state.hosts == state.hosts);
        if reached && state.asked == Asked::No {
            within.walk(&mut |node| {
                if kind(node) == "reverse_proxy" && Gate::of(node).is_some() {
                    self.unreached.push(node);
                }
            });
        }
    }
}

/// What is known behind a route that takes only some requests.
fn merge(state: &mut State, inner: State, matcher: &Matcher, span: Span) {
    if inner.asked == Asked::Yes && state.asked == Asked::No {
        let part = Part { paths: matcher.paths.clone(), not_paths: matcher.not_paths.clone(), span };
        state.asked = if matcher.is_conditional { Asked::Partly(part) } else { Asked::No };
        state.gate = inner.gate;
    }
    // A header that is removed under a condition counts: what the condition is for is not looked into.
    state.taken_before = inner.taken_before;
    state.taken_after = inner.taken_after;
    state.rewritten = inner.rewritten;
}

/// Whether these routes answer every request.
pub(super) fn ends(routes: &[Node]) -> bool {
    routes.iter().any(|route| {
        let all = !Matcher::of(route).is_conditional;
        let answers = |handler: &Node| match kind(handler) {
            "subroute" => ends(items(handler, "routes")),
            "reverse_proxy" => Gate::of(handler).is_none(),
            kind => is_answer(kind),
        };
        all && items(route, "handle").iter().any(answers)
    })
}

/// Whether a route of errors is about statuses other than those of a gate that does not answer.
fn is_about_other_errors(route: &Node) -> bool {
    let mut expressions = Vec::new();
    route.get("match").into_iter().for_each(|matches| {
        matches
            .walk(&mut |node| expressions.extend(node.get("expression").and_then(|one| one.get("expr").unwrap_or(one).text())));
    });
    let spares = |text: &&str| {
        let digits =
            |text: &str| text.split(|letter: char| !letter.is_ascii_digit()).any(|word| word.starts_with('5') && word.len() == 3);
        text.contains("status_code") && !digits(text) && !text.contains(['>', '<', '!'])
    };
    !expressions.is_empty() && expressions.iter().all(spares)
}

fn take_headers(handler: &Node, state: &mut State) {
    let deleted = path(handler, &["request", "delete"]).map(Node::texts).unwrap_or_default();
    let set = path(handler, &["request", "set"]).map(Node::entries).unwrap_or_default();
    let names = deleted.into_iter().map(|(name, span)| (name.to_owned(), span));
    let names = names.chain(set.iter().map(|entry| (entry.key.clone(), entry.key_span)));
    if state.asked == Asked::No {
        state.taken_before.extend(names.map(|(name, _)| name))
    } else {
        state.taken_after.extend(names)
    }
}

fn rewrite(handler: &Node, state: &mut State) {
    let uri = handler.get("uri").and_then(Node::text);
    let changes = handler.entries().iter().any(|entry| !["handler", "method"].contains(&entry.key.as_str()));
    if changes && state.asked == Asked::No {
        state.rewritten = Some((handler.span, uri.is_some_and(|uri| !uri.contains('{'))));
    }
}

fn kind(handler: &Node) -> &str {
    handler.get("handler").and_then(Node::text).unwrap_or_default()
}

fn is_answer(kind: &str) -> bool {
    matches!(kind, "static_response" | "file_server" | "error" | "copy_response" | "acme_server" | "metrics")
}
