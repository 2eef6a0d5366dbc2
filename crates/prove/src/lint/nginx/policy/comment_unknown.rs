use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::comment::Word;

pub(crate) const LINT: Lint = Lint::new("comment-unknown", Severity::Low, "a comment for this linter says nothing that it knows");

/// A comment starts with `gatewright:`, and what follows is no word that is known, lacks its reason, or allows a rule that there is not.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for said in &subject.said {
        let why = match &said.word {
            Word::Unknown => "it is passed over".to_owned(),
            Word::Allow(id) if !crate::lint::lints().iter().any(|lint| lint.id.as_bytes() == id) => {
                format!("there is no rule `{}`", String::from_utf8_lossy(id))
            }
            _ => continue,
        };
        let help = "write `# gatewright: open REASON`, `# gatewright: identity HEADER…` or `# gatewright: allow RULE REASON`";
        findings.push(LINT.at(said.comment, why, help));
    }
}
