use super::unasked;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::named;
use crate::model::Target;

pub(crate) const LINT: Lint =
    Lint::new("try-files-around-gate", Severity::High, "the gate is asked only about what is not a file");

/// `try_files` in a location that asks nobody, with a protected location behind it: every file that it finds is open.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for id in unasked(subject) {
        let Some((directive, last)) = model.try_files(id) else { continue };
        let tries_files = directive.arguments().len() > 1;
        let Target::Location(target) = model.target(model.location(id).server, last) else { continue };
        if !tries_files || !model.is_protected(target) || model.is_asking(target) {
            continue;
        }
        findings.push(LINT.at(
            directive.span(),
            format!(
                "a file that lies in the folder is sent to anybody; only for the rest nginx goes on to {}",
                named(model, target)
            ),
            "write `auth_request` here as well, or say `# gatewright: open REASON` if all files in the folder are public",
        ));
    }
}
