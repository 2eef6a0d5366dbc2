use super::unasked;
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::words::head;
use crate::model::{Content, LocationId};

pub(crate) const LINT: Lint = Lint::new("open-private-path", Severity::High, "a path that calls itself private asks nobody");

/// A location whose path has a word such as `private` or `admin` serves something without the gate, a password or rules about
/// addresses, in a server that has a gate.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    for id in unasked(subject) {
        let location = model.location(id);
        let lower = location.pattern.to_ascii_lowercase();
        let mut words = lower.split(|byte| !byte.is_ascii_alphanumeric());
        let Some(word) = words.find(|word| PRIVATE.iter().any(|private| private.as_bytes() == *word)) else { continue };
        let Some(head) = head(location).filter(|_| {
            model.is_guarded(location.server)
                && serves(subject, id)
                && !super::is_closed(subject, id)
                && !super::has_another_guard(subject, id)
        }) else {
            continue;
        };
        findings.push(LINT.at(
            head,
            format!("it calls itself `{}`, and anybody gets what is there", String::from_utf8_lossy(word)),
            "write `auth_request` or `internal;` into it, or say `# gatewright: open REASON`",
        ));
    }
}

fn serves(subject: &Subject<'_>, id: LocationId) -> bool {
    !matches!(subject.model.contents(id), [Content::Returned(_), ..])
}

const PRIVATE: &[&str] = &["admin", "confidential", "internal", "private", "protected", "restricted", "secret", "secrets"];
