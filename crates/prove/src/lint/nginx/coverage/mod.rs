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

use super::words::{is_public_folder, is_public_path, is_public_tree};
use super::{Rule, Subject};
use crate::lint::finding::Severity;
use crate::model::{LocationId, Pass, Pattern, Way};

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

/// The locations that anybody can ask for and that nobody has declared to be meant so. Where people log in is meant so as one path,
/// or where it is another program's.
fn unasked<'s>(subject: &'s Subject<'_>) -> impl Iterator<Item = LocationId> + 's {
    let model = &subject.model;
    let direct = model.open().filter(|(_, way)| matches!(way, Way::Direct)).map(|(id, _)| id);
    let is_login = |id: LocationId| model.is_login(id) && (model.location(id).is_exact() || shared(subject, id).is_none());
    direct.filter(move |id| !subject.is_meant_open(*id) && !is_login(*id))
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
    let is_one = location.is_exact() || location.regex().is_some_and(Pattern::is_finite);
    let is_off = is_switched_off(subject, id);
    let is_tree = location.is_prefix() && location.pattern.ends_with(b"/") && location.pattern.len() > 1;
    let is_mapped = pass.path.as_ref().is_some_and(|path| path.len() > 1 && path.ends_with(b"/") && is_public_folder(path));
    let is_public = if is_one { is_public_path(location.pattern) } else { is_public_tree(location.pattern) };
    match (is_one, is_public) {
        (true, true) => Severity::Info,
        _ if is_closed(subject, id) => Severity::Low,
        (true, false) if is_off => Severity::Low,
        // A page of the gate's own that is behind it makes it no application.
        _ if has_another_guard(subject, id) || subject.model.is_gate(&pass.addresses) => Severity::Medium,
        // A login, a tree of the application's (`/public/`), or one where no identity gets through: it is meant.
        (false, is_public) if is_tree && (is_public || is_mapped || takes_identity_away(subject, id, pass)) => Severity::Medium,
        _ if is_off => Severity::High,
        _ => Severity::Critical,
    }
}

/// Whether something else than the gate keeps strangers out: a password, a certificate, rules about addresses.
fn is_closed(subject: &Subject<'_>, id: LocationId) -> bool {
    let scopes = &subject.model.scopes;
    let scope = subject.model.location(id).scope;
    let has_password = scopes.value(scope, "auth_basic").is_some_and(|line| line.argument(0) != Some(b"off"));
    let verifies = scopes.value(scope, "ssl_verify_client").is_some_and(|line| line.argument(0) == Some(b"on"));
    let denies = scopes.addresses(scope).iter().any(|line| line.is("deny") && line.argument(0) == Some(b"all"));
    has_password || verifies || denies
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

/// Whether an `if` refuses requests here by something that a client cannot choose: a secret, a signed link, its address.
fn has_another_guard(subject: &Subject<'_>, id: LocationId) -> bool {
    let scopes = &subject.model.scopes;
    scopes.conditions(subject.model.location(id).scope).any(|(scope, condition)| {
        let refuses =
            scopes.own(scope, "return").iter().any(|line| matches!(line.argument(0), Some(b"401" | b"403" | b"404" | b"444")));
        refuses && condition.directive.is_some_and(|condition| presence_is_no_proof::is_proof(subject, condition))
    })
}
