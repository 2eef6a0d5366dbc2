use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::{Content, Response, Target};

pub(crate) const LINT: Lint =
    Lint::new("error-page-hides-refusal", Severity::Medium, "a refusal or an outage is answered as if all were well");

/// A page for 401, 403 or 5xx of a protected location is answered with 2xx: it opens nothing, but caches, monitors and programs take
/// it for the page itself. Worse with a policy, whose clients are to see why they were refused.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, _) in model.protected() {
        let location = model.location(id);
        for page in model.error_pages(location.scope) {
            if !page.is_for(&[401, 403, 500, 503]) {
                continue;
            }
            let hides = match (page.response, model.target(location.server, page.page)) {
                (Response::Fixed(200..=299), _) => true,
                (Response::OfPage, Target::Location(target)) => {
                    !model.is_protected(target) && matches!(model.contents(target), [Content::Files(_), ..])
                }
                _ => false,
            };
            if hides {
                let severity = if subject.intent.policy.is_some() { Severity::Medium } else { Severity::Low };
                let finding = LINT.at(
                    page.directive.span(),
                    "programs and caches take this answer for the page that was asked for, and a refusal for a success",
                    "leave out the `=`, so that the status stays that of the refusal",
                );
                findings.push(finding.severity(severity));
            }
        }
    }
}
