use super::{after_the_gate, setter_for};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::LocationId;

pub(crate) const LINT: Lint = Lint::new(
    "fallback-unprotected",
    Severity::High,
    "the gate is asked in one location, and another that asks nobody serves the request",
);

/// `try_files` or an error page of a protected location goes on in one that neither asks the gate nor sends anything of its answer
/// on: whatever identity a client writes reaches the application. Where headers of the identity are known, `identity-not-set` says so.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, auth) in model.protected().filter(|_| subject.identity.is_empty()) {
        for (target, directive) in after_the_gate(subject, id) {
            let Some(pass) = model.passes(target).next() else { continue };
            if sends_the_answer_on(subject, target) || subject.is_meant_open(target) || is_asked_directly(subject, target) {
                continue;
            }
            let target = named(model, target);
            let finding = LINT.at(
                directive.span(),
                format!(
                    "the gate is asked in {}, but {target} passes the request on: it asks nobody, and a client's own identity headers \
                     reach the application",
                    named(model, id)
                ),
                format!(
                    "write `auth_request {};` into {target}, and set there what the application is to know",
                    String::from_utf8_lossy(auth.path)
                ),
            );
            findings.push(finding.also(pass.directive.span(), "passed on here"));
        }
    }
}

/// Whether a client can ask for the location itself: then another rule speaks.
fn is_asked_directly(subject: &Subject<'_>, id: LocationId) -> bool {
    !subject.model.is_internal(id)
}

fn sends_the_answer_on(subject: &Subject<'_>, id: LocationId) -> bool {
    let model = &subject.model;
    let scope = model.location(id).scope;
    let setters = model.passes(id).filter_map(|pass| setter_for(pass.directive.name()));
    let lines = setters.flat_map(|setter| model.scopes.effective(scope, setter));
    lines.filter_map(|line| line.argument(1)).any(|value| model.variables.origin(value).gate)
}
