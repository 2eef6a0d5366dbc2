//! Whether the application can believe who is asking.

mod fallback_unprotected;
mod identity_from_client;
mod identity_not_set;
mod identity_unsent;
mod identity_variable_unknown;

use std::collections::BTreeSet;

use super::{Rule, Subject};
use crate::model::{LocationId, Pass, ScopeId, Step, Target};
use crate::nginx::Directive;

pub(super) const RULES: &[Rule] = &[
    (&fallback_unprotected::LINT, fallback_unprotected::check),
    (&identity_from_client::LINT, identity_from_client::check),
    (&identity_not_set::LINT, identity_not_set::check),
    (&identity_unsent::LINT, identity_unsent::check),
    (&identity_variable_unknown::LINT, identity_variable_unknown::check),
];

/// The directive that sets headers where a directive passes requests on.
const fn setter_for(pass: &[u8]) -> Option<&'static str> {
    match pass {
        b"proxy_pass" => Some("proxy_set_header"),
        b"grpc_pass" => Some("grpc_set_header"),
        b"uwsgi_pass" => Some("uwsgi_param"),
        b"fastcgi_pass" => Some("fastcgi_param"),
        b"scgi_pass" => Some("scgi_param"),
        _ => None,
    }
}

/// Whether the client's headers reach the program at all.
fn hands_headers_on(subject: &Subject<'_>, scope: ScopeId, pass: &Pass<'_>) -> bool {
    let name = String::from_utf8_lossy(pass.directive.name().strip_suffix(b"_pass").unwrap_or_default()).into_owned();
    let switch = subject.model.scopes.value(scope, &format!("{name}_pass_request_headers"));
    switch.and_then(|line| line.argument(0)) != Some(b"off")
}

/// The names of groups in expressions anywhere: `(?<name>…)`.
fn named_groups(subject: &Subject<'_>) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    for (_, source) in subject.model.configuration.sources().iter() {
        let mut rest = source.text();
        while let Some(at) = rest.windows(2).position(|window| window == b"(?") {
            rest = rest.get(at.saturating_add(2)..).unwrap_or_default();
            let start = rest.strip_prefix(b"P").unwrap_or(rest);
            if let Some(name) = start.strip_prefix(b"<").or_else(|| start.strip_prefix(b"'")) {
                let is_inside = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
                found.insert(name.iter().take_while(is_inside).map(u8::to_ascii_lowercase).collect());
            }
        }
    }
    found
}

/// Where a request is after the gate said yes and nginx went on by itself, however often: locations that ask nobody, each with the
/// line that leads there.
fn after_the_gate<'c>(subject: &Subject<'c>, id: LocationId) -> Vec<(LocationId, &'c Directive)> {
    let model = &subject.model;
    let mut found: Vec<(LocationId, &Directive)> = Vec::new();
    let mut next = vec![id];
    while let Some(at) = next.pop() {
        for (target, directive) in one_step(subject, at, at == id) {
            let is_new = found.iter().all(|(other, _)| *other != target) && target != id;
            if is_new && !model.is_protected(target) && !model.is_login(target) && !model.is_asking(target) && found.len() < MOST
            {
                found.push((target, directive));
                next.push(target);
            }
        }
    }
    found
}

/// Where nginx goes on from a location; of the first one that is protected, only after the gate has said yes.
fn one_step<'c>(subject: &Subject<'c>, id: LocationId, is_first: bool) -> Vec<(LocationId, &'c Directive)> {
    let model = &subject.model;
    let location = model.location(id);
    let is_denial = |code: &u16| matches!(code, 401 | 403 | 500);
    let pages = model.error_pages(location.scope).into_iter().filter(|page| is_first && page.codes.iter().all(is_denial));
    let denials: Vec<_> = pages.map(|page| page.directive.span()).collect();
    let steps = model.steps(id).into_iter().filter(|(step, ..)| *step != Step::Rewrite || !is_first);
    let steps = steps.filter(|(_, directive, _)| !denials.contains(&directive.span()));
    let targets = steps.filter_map(|(_, directive, page)| match model.target(location.server, page) {
        Target::Location(target) => Some((target, directive)),
        Target::Status(_) | Target::Elsewhere | Target::Unknown => None,
    });
    targets.collect()
}

/// How many locations are followed.
const MOST: usize = 32;
