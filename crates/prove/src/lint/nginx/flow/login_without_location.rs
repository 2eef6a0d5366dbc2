use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::model::Response;

pub(crate) const LINT: Lint =
    Lint::new("login-without-location", Severity::Low, "the redirect to the login can be one without an address");

/// A page for 401 is a variable alone and answered with 3xx: when the gate sends no address, the redirect is empty.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for (id, _) in model.protected() {
        for page in model.error_pages(model.location(id).scope) {
            let is_redirect = matches!(page.response, Response::Fixed(300..=399));
            let is_variable = page.page.starts_with(b"$") && !page.page.iter().skip(1).any(|byte| matches!(byte, b'/' | b'$'));
            if page.is_for(&[401]) && is_redirect && is_variable {
                findings.push(LINT.at(
                    page.directive.span(),
                    "a 401 of the gate that names no address becomes a redirect to nowhere, which browsers take for this page again",
                    "go through a named location, and return 401 there when the variable is empty",
                ));
            }
        }
    }
}
