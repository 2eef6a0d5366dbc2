use super::{openness, shared, unasked};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::{head, named};
use crate::model::Matcher;

pub(crate) const LINT: Lint =
    Lint::new("open-sibling", Severity::Critical, "another location serves the same application, and asks nobody");

/// A location passes requests on to a program that is behind the gate in another location of the server. Locations inherit from what
/// is around them, not from one another.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for id in unasked(subject) {
        let location = model.location(id);
        let Some((pass, protected)) =
            shared(subject, id).filter(|(_, protected)| model.location(*protected).server == location.server)
        else {
            continue;
        };
        let is_regex = matches!(&location.matcher, Matcher::Regex(pattern) if !pattern.is_anchored());
        let Some(head) = head(location).filter(|_| !is_regex) else { continue };
        let guard = named(model, protected);
        let below = if location.is_prefix() { " and everything below" } else { "" };
        let why = format!(
            "`{}`{below} reaches the application that the gate keeps in {guard}; an application that reads a path otherwise than nginx \
             (`/;/admin`, `/Admin`, `%2f`) serves from here what is protected there",
            String::from_utf8_lossy(location.pattern),
        );
        let help =
            "write `auth_request` into the server, so that every location asks, or say `# gatewright: open REASON` in this one";
        let mut finding =
            LINT.at(head, why, help).severity(openness(subject, id, pass)).also(pass.directive.span(), "the same application");
        if let Some(auth) = model.auth_request(protected) {
            finding = finding.also(auth.directive.span(), format!("the gate, in {guard}"));
        }
        findings.push(finding);
    }
}
