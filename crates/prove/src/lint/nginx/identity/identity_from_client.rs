use std::collections::{BTreeSet, HashSet};

use super::named_groups;

use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::subject::{SETTERS, header, is_identity_name};
use crate::model::{Block, Definition, ScopeId};
use crate::nginx::{Directive, Part, parts};

pub(crate) const LINT: Lint =
    Lint::new("identity-from-client", Severity::Critical, "the identity is taken from the client's own request");

/// A header about the person, or a variable of `auth_request_set`, is made of `$http_…`, a cookie, an argument or `$remote_user`,
/// which nobody has checked unless `auth_basic` is in force.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    if model.protected().next().is_none() {
        return;
    }
    let groups = named_groups(subject);
    let asking: HashSet<ScopeId> = model.asked().map(|(id, _)| model.location(id).scope).collect();
    for (scope, about) in model.scopes.iter() {
        // What the gate is told is for the gate to judge.
        if about.block == Block::LimitExcept || asking.contains(&scope) {
            continue;
        }
        for line in SETTERS.iter().flat_map(|setter| model.scopes.own(scope, setter)) {
            let setter = String::from_utf8_lossy(line.name()).into_owned();
            let Some(name) = line.argument(0) else { continue };
            let header = header(&setter, name);
            let is_about = |header: Vec<u8>| is_identity_name(&header) || subject.identity.contains_key(&header);
            if name == b"REMOTE_USER" || header.is_some_and(is_about) {
                look_at(subject, scope, line, &groups, findings);
            }
        }
        for line in model.scopes.own(scope, "auth_request_set") {
            look_at(subject, scope, line, &groups, findings);
        }
    }
}

/// Whether an expression cuts a variable out of the request: a named group, or `set $name $1;`.
fn is_captured(subject: &Subject<'_>, name: &[u8], groups: &BTreeSet<Vec<u8>>) -> bool {
    let definitions = subject.model.variables.of(name);
    let is_cut = |definition: &Definition<'_>| match definition {
        Definition::Set(line) => line.argument(1).is_some_and(|value| parts(value).any(|part| matches!(part, Part::Capture(_)))),
        _ => false,
    };
    definitions.iter().any(is_cut) || definitions.is_empty() && groups.contains(name)
}

fn look_at(subject: &Subject<'_>, scope: ScopeId, line: &Directive, groups: &BTreeSet<Vec<u8>>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let value = line.argument(1).unwrap_or_default();
    let held = model.variables.held_by(value);
    let has_password = model.scopes.value(scope, "auth_basic").is_some_and(|line| line.argument(0) != Some(b"off"));
    let checked = |name: &[u8]| name == b"remote_user" && has_password;
    // A variable of the answer may hold anything that is not about the person.
    let is_identity = |name: &[u8]| !line.is("auth_request_set") || is_identity_name(name);
    let is_cut_out = |name: &Vec<u8>| is_captured(subject, name, groups);
    let guilty =
        held.iter().find(|name| (crate::model::is_clients(name) && !checked(name) && is_identity(name)) || is_cut_out(name));
    let Some(name) = guilty else { return };
    if line.is("auth_request_set") && model.variables.origin(value).gate {
        return;
    }
    let name = String::from_utf8_lossy(name);
    let why = if name == "remote_user" {
        "`$remote_user` is the name in a Basic credential that nobody has checked: a client writes whom it likes".to_owned()
    } else {
        format!("`${name}` is made of what the client sends: it can be anybody")
    };
    // The parameters that nginx is shipped with set `REMOTE_USER` so, for those who use `auth_basic`.
    let place = subject.model.configuration.sources().place(line.span());
    let is_shipped = place.contains("/fastcgi_params:") || place.contains("/fastcgi.conf:");
    let severity = if is_shipped && line.argument(0) == Some(b"REMOTE_USER") { Severity::Medium } else { Severity::Critical };
    let instead = name.strip_prefix("http_").unwrap_or("x_user").to_owned();
    let help =
        format!("take it from the gate's answer: `auth_request_set $identity $upstream_http_{instead};`, and send `$identity`");
    findings.push(LINT.at(line.span(), why, help).severity(severity));
}
