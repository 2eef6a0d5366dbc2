use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::{Return, Target};

pub(crate) const LINT: Lint = Lint::new("forbidden-loop", Severity::Medium, "403 is sent to the login, like 401");

/// A page for 403 of a protected location redirects: who is logged in and may not pass goes round in circles.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, _) in model.protected() {
        let location = model.location(id);
        for page in model.error_pages(location.scope).into_iter().filter(|page| page.is_for(&[403])) {
            let leads_away = match model.target(location.server, page.page) {
                Target::Location(target) => {
                    model.all_returns(target).iter().any(Return::is_redirect).then(|| named(model, target))
                }
                Target::Elsewhere => Some("another address".to_owned()),
                Target::Status(_) | Target::Unknown => None,
            };
            let Some(target) = leads_away else { continue };
            findings.push(LINT.at(
                page.directive.span(),
                format!("who is logged in but not allowed goes from 403 to {target}, from there back here, and to 403 again"),
                "send 401 alone to the login; let 403 be answered as it is, or by a page that says so",
            ));
        }
    }
}
