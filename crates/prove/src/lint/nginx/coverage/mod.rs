//! What the gate is not asked about, although it keeps the same elsewhere.

mod alias_traversal;
mod index_around_gate;
mod open_folder;
mod open_private_path;
mod open_regex;
mod open_server;
mod open_sibling;
mod presence_is_no_proof;
mod try_files_around_gate;

use super::words::is_public_path;
use super::{Rule, Subject};
use crate::lint::finding::Severity;
use crate::model::{LocationId, Pass, Way};

pub(super) const RULES: &[Rule] = &[
    (&alias_traversal::LINT, alias_traversal::check),
    (&index_around_gate::LINT, index_around_gate::check),
    (&open_folder::LINT, open_folder::check),
    (&open_private_path::LINT, open_private_path::check),
    (&open_regex::LINT, open_regex::check),
    (&open_server::LINT, open_server::check),
    (&open_sibling::LINT, open_sibling::check),
    (&presence_is_no_proof::LINT, presence_is_no_proof::check),
    (&try_files_around_gate::LINT, try_files_around_gate::check),
];

/// The locations that anybody can ask for and that nobody has declared to be meant so.
fn unasked<'s>(subject: &'s Subject<'_>) -> impl Iterator<Item = LocationId> + 's {
    let direct = subject.model.open().filter(|(_, way)| matches!(way, Way::Direct)).map(|(id, _)| id);
    direct.filter(|id| !subject.is_meant_open(*id) && !subject.model.is_login(*id))
}

/// What a location passes on to a program that is behind the gate elsewhere, and the protected location that does so: one of the same
/// server, if there is one.
fn shared<'s, 'c>(subject: &'s Subject<'c>, id: LocationId) -> Option<(&'s Pass<'c>, LocationId)> {
    let model = &subject.model;
    let server = model.location(id).server;
    let near = model.passes(id).find_map(|pass| Some((pass, model.protected_in(server, &pass.addresses)?)));
    near.or_else(|| model.passes(id).find_map(|pass| Some((pass, model.protected_at(&pass.addresses)?))))
}

/// Whether the location itself says `auth_request off`.
fn is_switched_off(subject: &Subject<'_>, id: LocationId) -> bool {
    let scopes = &subject.model.scopes;
    scopes.own(subject.model.location(id).scope, "auth_request").iter().any(|line| line.argument(0) == Some(b"off"))
}

/// How bad it is that a location serves what is behind the gate elsewhere: least where one path is open that is open everywhere, and
/// less where somebody has meant it.
fn openness(subject: &Subject<'_>, id: LocationId, pass: &Pass<'_>) -> Severity {
    let location = subject.model.location(id);
    let is_one = location.is_exact() || location.regex().is_some_and(|regex| regex.is_anchored() && regex.is_closed());
    let is_off = is_switched_off(subject, id);
    let is_tree = location.is_prefix() && location.pattern.ends_with(b"/") && location.pattern.len() > 1;
    let is_mapped = pass.path.as_ref().is_some_and(|path| path.len() > 1 && path.ends_with(b"/"));
    match (is_one, is_public_path(location.pattern)) {
        (true, true) => Severity::Info,
        (true, false) if is_off => Severity::Low,
        // A login or what certificates are issued by, a tree of the application's (`/public/`), one where no identity gets through, or one with another guard: it is meant.
        (false, is_public)
            if is_tree
                && (is_public || is_mapped || takes_identity_away(subject, id, pass) || has_another_guard(subject, id)) =>
        {
            Severity::Medium
        }
        _ if is_off => Severity::High,
        _ => Severity::Critical,
    }
}

/// Whether no identity gets through a location: every header of it is emptied, or the gate is switched off and so says nothing to set
/// it from. Then somebody has thought of strangers. One that only lacks the `auth_request` sets them as the others do.
fn takes_identity_away(subject: &Subject<'_>, id: LocationId, pass: &Pass<'_>) -> bool {
    let setter = String::from_utf8_lossy(pass.directive.name()).replace("_pass", "_set_header");
    let scope = subject.model.location(id).scope;
    let is_off = is_switched_off(subject, id);
    let is_away = |header: &Vec<u8>| {
        let line = subject.sent(scope, &setter, header);
        line.is_some_and(|line| is_off || line.argument(1) == Some(b""))
    };
    !subject.identity.is_empty() && subject.identity.keys().all(is_away)
}

/// Whether an `if` refuses requests here, and not only those without any credential.
fn has_another_guard(subject: &Subject<'_>, id: LocationId) -> bool {
    let scopes = &subject.model.scopes;
    scopes.conditions(subject.model.location(id).scope).any(|(scope, condition)| {
        let refuses =
            scopes.own(scope, "return").iter().any(|line| matches!(line.argument(0), Some(b"401" | b"403" | b"404" | b"444")));
        refuses && condition.directive.is_some_and(|condition| !presence_is_no_proof::looks_for_a_credential(subject, condition))
    })
}
