//! Which headers something is about.

use regex::RegexBuilder;

use super::super::Intent;
use super::super::declared;
use super::connection::{Connection, Filter, Kind};
use super::{Model, field, path};
use crate::data::Node;

/// Whether one of a list of string matchers matches a header's name (lower case).
pub(super) fn any_matches(patterns: Option<&Node>, name: &str) -> bool {
    patterns.and_then(|list| field(list, "patterns")).map(Node::items).unwrap_or_default().iter().any(|one| matches(one, name))
}

/// Whether a `StringMatcher` matches a header's name (lower case).
fn matches(matcher: &Node, name: &str) -> bool {
    let text = |kind: &str| field(matcher, kind).and_then(Node::text).map(str::to_ascii_lowercase);
    text("exact").is_some_and(|exact| exact == name)
        || text("prefix").is_some_and(|prefix| name.starts_with(&prefix))
        || text("suffix").is_some_and(|suffix| name.ends_with(&suffix))
        || text("contains").is_some_and(|part| name.contains(&part))
        || path(matcher, &["safe_regex", "regex"]).and_then(Node::text).is_some_and(|pattern| matches_whole(pattern, name))
}

fn matches_whole(pattern: &str, name: &str) -> bool {
    let regex = RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 20).build();
    regex.is_ok_and(|regex| regex.is_match(name))
}

/// Headers that tell the application who is asking: declared ones, and those that the gates' answers bring.
pub(super) fn identity(model: &Model<'_>, intent: &Intent<'_>) -> Vec<String> {
    let exact = |gate: &Filter<'_>| {
        let list = upstream(gate).and_then(|list| field(list, "patterns")).map(Node::items).unwrap_or_default();
        list.iter().filter_map(|one| field(one, "exact").and_then(Node::text)).map(str::to_owned).collect::<Vec<_>>()
    };
    let found: Vec<String> = model.gates().flat_map(exact).collect();
    declared::with_found(declared::identity(intent), found.iter().map(String::as_str))
}

/// What of the gate's answer the application gets, over HTTP.
pub(super) fn upstream<'n>(gate: &Filter<'n>) -> Option<&'n Node> {
    path(gate.config, &["http_service", "authorization_response", "allowed_upstream_headers"])
}

/// Whether a client's header (lower case) is gone, or another's, before the gate is asked.
pub(super) fn is_taken(connection: &Connection<'_>, name: &str) -> bool {
    let early = field(connection.node, "early_header_mutation_extensions").map(Node::items).unwrap_or_default();
    let early = early.iter().filter_map(|one| path(one, &["typed_config", "mutations"]));
    let filters = connection.before_gate().filter(|filter| filter.kind == Kind::HeaderMutation);
    let filters = filters.filter_map(|filter| path(filter.config, &["mutations", "request_mutations"]));
    early.chain(filters).flat_map(Node::items).any(|mutation| takes(mutation, name)) || script_takes(connection, name)
}

fn takes(mutation: &Node, name: &str) -> bool {
    let removed = field(mutation, "remove").and_then(Node::text);
    let matcher = path(mutation, &["remove_on_match", "key_matcher"]);
    let added = path(mutation, &["append", "header", "key"]).and_then(Node::text);
    let overwrites =
        path(mutation, &["append", "append_action"]).and_then(Node::text).is_some_and(|it| it.starts_with("OVERWRITE"));
    removed.is_some_and(|removed| removed.eq_ignore_ascii_case(name))
        || matcher.is_some_and(|matcher| matches(matcher, name))
        || (overwrites && added.is_some_and(|added| added.eq_ignore_ascii_case(name)))
}

/// Whether a script before the gate names the header; what it does with it is not looked into.
fn script_takes(connection: &Connection<'_>, name: &str) -> bool {
    let mut scripts = connection.before_gate().filter(|filter| filter.kind == Kind::Lua);
    scripts.any(|script| {
        let mut named = false;
        script.config.walk(&mut |node| named |= node.text().is_some_and(|text| text.to_ascii_lowercase().contains(name)));
        named
    })
}

/// Whether the gate is told a header (lower case) of the request.
pub(super) fn is_told(gate: &Filter<'_>, name: &str) -> bool {
    let allowed = field(gate.config, "allowed_headers");
    let deprecated = path(gate.config, &["http_service", "authorization_request", "allowed_headers"]);
    let over_grpc = field(gate.config, "grpc_service").is_some();
    (over_grpc && allowed.is_none()) || any_matches(allowed, name) || any_matches(deprecated, name)
}
