//! Routers, and the middlewares that a request passes in them.

use super::super::declared::Paths;
use super::rule::{hosts, paths};
use super::{plain, text};
use crate::data::{Entry, Node};
use crate::source::Span;

/// Which requests go where, and through what.
pub(super) struct Router<'n> {
    pub(super) name: &'n str,
    pub(super) node: &'n Node,
    pub(super) rule: &'n str,
    pub(super) hosts: Vec<String>,
    pub(super) paths: Paths,
    pub(super) service: Option<(&'n str, Span)>,
    /// Middlewares in the order in which they see a request, chains taken apart.
    pub(super) steps: Vec<Step<'n>>,
    /// Names of middlewares that are not defined in this file though they should be.
    pub(super) undefined: Vec<(&'n str, Span)>,
}

/// A middleware in a router.
#[derive(Clone, Copy)]
pub(super) struct Step<'n> {
    /// What it is: `forwardAuth`, as it is written.
    kind: &'n str,
    pub(super) config: &'n Node,
    /// Where the router, or a chain, names it.
    pub(super) span: Span,
}

impl<'n> Router<'n> {
    pub(super) fn new(entry: &'n Entry, middlewares: &'n [Entry]) -> Self {
        let rule = text(&entry.node, "rule").unwrap_or_default();
        let service = entry.node.get_any_case("service").and_then(|node| node.text().map(|name| (name, node.span)));
        let mut router = Self {
            name: &entry.key,
            node: &entry.node,
            rule,
            hosts: hosts(rule),
            paths: paths(rule),
            service,
            steps: Vec::new(),
            undefined: Vec::new(),
        };
        router.expand(&entry.node, middlewares, 0);
        router
    }

    fn expand(&mut self, node: &'n Node, middlewares: &'n [Entry], depth: usize) {
        for (name, span) in node.get_any_case("middlewares").map(Node::texts).unwrap_or_default() {
            let is_elsewhere = name.split_once('@').is_some_and(|(_, provider)| provider != "file");
            let Some(entry) = middlewares.iter().find(|entry| entry.key == plain(name)).filter(|_| !is_elsewhere) else {
                if !is_elsewhere {
                    self.undefined.push((name, span));
                }
                continue;
            };
            match Step::new(entry, span) {
                Some(step) if step.is("chain") && (depth >= MOST_CHAINS || self.length() >= MOST_STEPS) => {}
                Some(step) if step.is("chain") => self.expand(step.config, middlewares, depth.saturating_add(1)),
                Some(step) => self.steps.push(step),
                None => {}
            }
        }
    }

    fn length(&self) -> usize {
        self.steps.len().saturating_add(self.undefined.len())
    }

    /// What asks, and the middlewares before it.
    pub(super) fn gate(&self) -> Option<(&Step<'n>, &[Step<'n>])> {
        let at = self.steps.iter().position(Step::is_gate)?;
        Some((self.steps.get(at)?, self.steps.get(..at).unwrap_or_default()))
    }

    /// Whether a request gets a redirect, and never comes to the service.
    pub(super) fn redirects(&self) -> bool {
        self.steps.iter().any(|step| {
            let regex = text(step.config, "regex").unwrap_or_default().trim_start_matches('^');
            let all = [".*", "(.*)", "http://", "https?://(.*)", "https?://[^/]+"];
            step.is("redirectScheme") || (step.is("redirectRegex") && all.iter().any(|start| regex.starts_with(start)))
        })
    }

    /// Whether something else than `forwardAuth` lets only some through.
    pub(super) fn other_guard(&self) -> Option<&'n str> {
        const GUARDS: [&str; 4] = ["basicAuth", "digestAuth", "ipAllowList", "ipWhiteList"];
        self.steps.iter().find(|step| GUARDS.iter().any(|guard| step.is(guard))).map(|step| step.kind)
    }
}

impl<'n> Step<'n> {
    pub(super) fn new(entry: &'n Entry, span: Span) -> Option<Self> {
        let kind = entry.node.entries().first()?;
        Some(Self { kind: &kind.key, config: &kind.node, span })
    }

    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    pub(super) fn kind(&self) -> &'n str {
        self.kind
    }

    pub(super) fn is_gate(&self) -> bool {
        self.is("forwardAuth")
    }

    /// Whether it takes a header (in any case) from the request, or writes it itself.
    pub(super) fn takes_header(&self, name: &str) -> bool {
        let set = self.config.get_any_case("customRequestHeaders").map(Node::entries).unwrap_or_default();
        self.is("headers") && set.iter().any(|entry| entry.key.eq_ignore_ascii_case(name))
    }
}

/// Of chains in chains.
const MOST_CHAINS: usize = 8;
/// Of middlewares in a router: chains that name each other twice would be many.
const MOST_STEPS: usize = 200;
