use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::{Return, Target};

pub(crate) const LINT: Lint = Lint::new("login-behind-gate", Severity::Medium, "the way to the login is behind the gate itself");

/// Where 401 leads is protected as well: nobody can log in, and browsers go round in circles.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, _) in model.protected() {
        let location = model.location(id);
        for page in model.error_pages(location.scope).into_iter().filter(|page| page.is_for(&[401])) {
            let Target::Location(target) = model.target(location.server, page.page) else { continue };
            let returned = model.returned(target).filter(Return::is_redirect).and_then(|returned| returned.text);
            let end = match returned {
                // A redirect comes before the gate is asked, so what counts is where it leads.
                Some(path) if path.starts_with(b"/") => model.target(location.server, path),
                Some(_) => continue,
                None => Target::Location(target),
            };
            let Target::Location(end) = end else { continue };
            let answers = model.returned(end).is_none();
            if !model.is_protected(end) || !answers || subject.is_meant_open(end) {
                continue;
            }
            let finding = LINT.at(
                page.directive.span(),
                format!("the gate is asked again in {}, which says 401 to those who came to log in", named(model, end)),
                format!("write `auth_request off;` into {}", named(model, end)),
            );
            findings.push(match model.location(end).directive {
                Some(directive) => {
                    finding.also(directive.words().first().map_or(directive.span(), |word| word.span()), "the login")
                }
                None => finding,
            });
        }
    }
}
