//! Finding the few rules whose host and path could match, without looking at the others.
//!
//! Hosts first (exact, then each `*.` suffix, then any), then a tree over path segments; a pattern without fixed segments
//! (`re:`, no `paths`) hangs at the root. The index only prunes: whether a candidate's target matches is decided by
//! [`Target::consider`](super::rule::Target::consider) alone, so the index may offer too much but never too little.

use std::collections::HashMap;

use super::pattern::{PathPattern, PatternSegment, Rest};
use super::rule::Target;

/// Candidates by host and path, each list in file order.
#[derive(Debug, Default)]
pub(super) struct Index {
    exact_hosts: Map<Forest>,
    wildcard_hosts: Map<Forest>,
    any_host: Forest,
}

/// The rules of one host: those that compare case, and those that do not.
#[derive(Debug, Default)]
struct Forest {
    sensitive: Tree,
    folded: Tree,
}

/// A tree over path segments.
#[derive(Debug, Default)]
struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// Children by literal segment.
    literal: Map<usize>,
    /// The child for `*`.
    any: Option<usize>,
    /// Rules with a pattern that ends here.
    ends: Vec<usize>,
    /// Rules with a pattern whose `**` stands here.
    rests: Vec<usize>,
}

type Map<V> = HashMap<Box<str>, V, ahash::RandomState>;

impl Index {
    pub(super) fn build<'t>(targets: impl Iterator<Item = &'t Target>) -> Self {
        let mut index = Self::default();
        for (rule, target) in targets.enumerate() {
            match &target.hosts {
                None => index.any_host.insert(rule, target),
                Some(hosts) => {
                    for host in hosts {
                        let map = if host.wildcard { &mut index.wildcard_hosts } else { &mut index.exact_hosts };
                        map.entry(host.name.as_str().into()).or_default().insert(rule, target);
                    }
                }
            }
        }
        index
    }

    /// Returns the first rule from `from` on, in file order, that `accepts` says yes to, among those whose host and path
    /// could match. `segments` is one reading of the path, `folded` gives the same in folded case.
    pub(super) fn first<S: AsRef<str>>(
        &self,
        host: &str,
        segments: &[S],
        folded: impl Fn() -> Vec<String>,
        from: usize,
        accepts: impl FnMut(usize) -> bool,
    ) -> Option<usize> {
        let mut search = Search { from, best: None, accepts };
        let mut folded_segments = None;
        let mut visit = |forest: &Forest| {
            forest.sensitive.visit(segments, &mut search);
            if !forest.folded.nodes.is_empty() {
                forest.folded.visit(folded_segments.get_or_insert_with(&folded), &mut search);
            }
        };
        visit(&self.any_host);
        if let Some(forest) = self.exact_hosts.get(host) {
            visit(forest);
        }
        if !self.wildcard_hosts.is_empty() {
            let mut rest = host;
            while let Some(suffix) = after_dot(rest) {
                if let Some(forest) = self.wildcard_hosts.get(suffix) {
                    visit(forest);
                }
                rest = suffix;
            }
        }
        search.best
    }
}

/// What follows the first dot. Names are short: looking at each byte is quicker than preparing a search.
fn after_dot(name: &str) -> Option<&str> {
    let dot = name.bytes().position(|byte| byte == b'.')?;
    name.get(dot.saturating_add(1)..)
}

impl Forest {
    fn insert(&mut self, rule: usize, target: &Target) {
        let tree = if target.insensitive { &mut self.folded } else { &mut self.sensitive };
        match &target.paths {
            None => tree.insert(rule, &[], Rest::Any),
            Some(patterns) => {
                for pattern in patterns {
                    match pattern {
                        PathPattern::Segments(segments, rest) => tree.insert(rule, segments, *rest),
                        PathPattern::Regex(_) => tree.insert(rule, &[], Rest::Any),
                    }
                }
            }
        }
    }
}

impl Tree {
    fn insert(&mut self, rule: usize, segments: &[PatternSegment], rest: Rest) {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut place = ROOT;
        for segment in segments {
            let next = self.nodes.len();
            let Some(node) = self.nodes.get_mut(place) else { return };
            let child = match segment {
                PatternSegment::Any => *node.any.get_or_insert(next),
                PatternSegment::Literal(literal) => match node.literal.get(literal.as_str()) {
                    Some(child) => *child,
                    None => {
                        node.literal.insert(literal.as_str().into(), next);
                        next
                    }
                },
            };
            if child == next {
                self.nodes.push(Node::default());
            }
            place = child;
        }
        if let Some(node) = self.nodes.get_mut(place) {
            let list = match rest {
                Rest::None => &mut node.ends,
                Rest::Any => &mut node.rests,
            };
            if list.last() != Some(&rule) {
                list.push(rule);
            }
        }
    }

    fn visit<S: AsRef<str>>(&self, segments: &[S], search: &mut Search<impl FnMut(usize) -> bool>) {
        self.visit_node(ROOT, segments, search);
    }

    /// Recursion is as deep as the longest pattern of the file, never as the request's path.
    fn visit_node<S: AsRef<str>>(&self, place: usize, segments: &[S], search: &mut Search<impl FnMut(usize) -> bool>) {
        let Some(node) = self.nodes.get(place) else { return };
        search.offer(&node.rests);
        match segments.split_first() {
            None => search.offer(&node.ends),
            Some((first, rest)) => {
                if let Some(child) = node.literal.get(first.as_ref()) {
                    self.visit_node(*child, rest, search);
                }
                if let Some(child) = node.any {
                    self.visit_node(child, rest, search);
                }
            }
        }
    }
}

/// The best rule found so far.
struct Search<F> {
    from: usize,
    best: Option<usize>,
    accepts: F,
}

impl<F: FnMut(usize) -> bool> Search<F> {
    /// Looks through a list that is in file order, until it cannot hold a better rule.
    fn offer(&mut self, rules: &[usize]) {
        let start = rules.partition_point(|rule| *rule < self.from);
        for rule in rules.iter().skip(start) {
            if self.best.is_some_and(|best| best <= *rule) {
                return;
            }
            if (self.accepts)(*rule) {
                self.best = Some(*rule);
                return;
            }
        }
    }
}

const ROOT: usize = 0;
