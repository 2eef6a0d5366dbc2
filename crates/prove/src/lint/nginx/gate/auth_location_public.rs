use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;

pub(crate) const LINT: Lint =
    Lint::new("auth-location-public", Severity::Medium, "clients can ask the location of the gate themselves");

/// The location lacks `internal`, and does not refuse everybody: what does, refuses clients alone, because the access phase is
/// skipped for subrequests.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, _) in model.asked() {
        let location = model.location(id);
        let denies = |line: &&crate::nginx::Directive| line.argument(0) == Some(b"all");
        let refuses = model.scopes.effective(location.scope, "deny").iter().any(denies)
            && model.scopes.effective(location.scope, "allow").is_empty();
        let Some(directive) = location.directive.filter(|_| !model.is_internal(id) && !refuses) else { continue };
        findings.push(LINT.at(
            directive.words().first().map_or(directive.span(), |word| word.span()),
            "anybody can ask the gate here without a page behind it: to try credentials, to read the headers of its answer, and to say \
             by headers of their own which request it is about",
            "write `internal;` into this location; subrequests still reach it",
        ));
    }
}
