//! Whether the application can believe who is asking.

mod fallback_unprotected;
mod identity_from_client;
mod identity_not_set;
mod identity_unsent;
mod identity_variable_unknown;

use super::{Rule, Subject};
use crate::model::{LocationId, Pass, ScopeId};

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

/// Whether a header is one that applications take somebody's identity from, by its name.
fn is_identity_name(header: &[u8]) -> bool {
    let header = String::from_utf8_lossy(header);
    let words = ["user", "email", "group", "role", "subject", "account"];
    words.iter().any(|word| header.contains(word)) && !header.contains("user-agent")
}

/// Where a request is after the gate said yes and nginx went on by itself: a location that asks nobody, and the line that leads there.
fn after_the_gate<'c>(subject: &Subject<'c>, id: LocationId) -> Vec<(LocationId, &'c crate::nginx::Directive)> {
    use crate::model::{Step, Target};
    let model = &subject.model;
    let location = model.location(id);
    let steps = model.steps(id).into_iter().filter(|(step, ..)| *step != Step::Rewrite);
    let denials: Vec<_> = model
        .error_pages(location.scope)
        .into_iter()
        .filter(|page| page.codes.iter().all(|code| matches!(code, 401 | 403 | 500)))
        .map(|page| page.directive.span())
        .collect();
    let steps = steps.filter(|(_, directive, _)| !denials.contains(&directive.span()));
    let targets = steps.filter_map(|(_, directive, page)| match model.target(location.server, page) {
        Target::Location(target) => Some((target, directive)),
        Target::Status(_) | Target::Elsewhere | Target::Unknown => None,
    });
    targets.filter(|(target, _)| !model.is_protected(*target) && !model.is_login(*target) && !model.is_asking(*target)).collect()
}
