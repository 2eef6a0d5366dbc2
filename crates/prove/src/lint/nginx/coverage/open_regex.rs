use super::{is_switched_off, shared, unasked};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::{head, named};
use crate::model::{Content, LocationId, Matcher};

pub(crate) const LINT: Lint =
    Lint::new("open-regex", Severity::Critical, "a regular expression takes paths away from a protected location");

/// A location with an expression that is not bound to the start of the path asks nobody, and can match below a protected prefix.
/// nginx prefers expressions to prefixes, unless they are written with `^~`.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for id in unasked(subject) {
        let location = model.location(id);
        let Matcher::Regex(pattern) = &location.matcher else { continue };
        if pattern.is_anchored() && (pattern.is_closed() || shared(subject, id).is_some()) {
            continue; // one path, or a tree of its own: that is what `open-sibling` is for
        }
        let Some(guarded) = model.taken_from(id, pattern) else { continue };
        let gives_something = model.contents(id).iter().any(|content| match content {
            Content::Returned(returned) => returned.is_success() && returned.has_body(),
            _ => true,
        });
        let Some(head) = head(location).filter(|_| gives_something) else { continue };
        let severity = match shared(subject, id) {
            _ if super::is_closed(subject, id) => Severity::Low,
            _ if pattern.is_anchored() => Severity::Medium,
            _ if super::has_another_guard(subject, id) => Severity::Medium,
            None if has_a_folder_of_its_own(subject, id) => Severity::Medium,
            Some(_) if !is_switched_off(subject, id) => Severity::Critical,
            _ => Severity::High,
        };
        let guard = named(model, guarded);
        let finding = LINT.at(
            head,
            format!("this expression also matches paths that {guard} is to protect, and nginx prefers it to that prefix"),
            "write `^~` before the protected path, `auth_request` into this location, or an expression that is bound by `^` and `$`",
        );
        let finding = finding.severity(severity);
        findings.push(match head_of(subject, guarded) {
            Some(span) => finding.also(span, "the protected location"),
            None => finding,
        });
    }
}

/// Whether the location serves files of a folder that it names itself, and in which none lie that are protected elsewhere.
fn has_a_folder_of_its_own(subject: &Subject<'_>, id: LocationId) -> bool {
    let model = &subject.model;
    let scope = model.location(id).scope;
    let is_named = ["root", "alias"].iter().any(|name| !model.scopes.own(scope, name).is_empty());
    let holds_protected = |content: &Content<'_>| match content {
        Content::Files(files) => model.protected_folders_in(&files.folder).next().is_some(),
        _ => false,
    };
    is_named && !model.contents(id).iter().any(holds_protected)
}

fn head_of(subject: &Subject<'_>, id: LocationId) -> Option<crate::source::Span> {
    head(subject.model.location(id))
}
