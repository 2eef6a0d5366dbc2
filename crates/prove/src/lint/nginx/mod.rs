//! Rules about configurations of nginx. Each is a file of its own: what it is called, and what it looks for.

mod comment;
mod subject;
#[cfg(test)]
mod testing;
mod words;

mod coverage;
mod flow;
mod gate;
mod hygiene;
mod identity;
mod policy;

use std::collections::BTreeMap;

pub(crate) use subject::{Known, Subject};
pub(crate) use words::is_public_path;

use super::finding::{Finding, Lint};
use super::intent::Intent;
use crate::model::Model;
use crate::nginx::Configuration;
use comment::Word;

/// A rule with the function that asks it.
pub(super) type Rule = (&'static Lint, fn(&Subject<'_>, &mut Vec<Finding>));

/// All rules, by what they are about.
pub(super) fn rules() -> impl Iterator<Item = Rule> {
    [gate::RULES, flow::RULES, coverage::RULES, identity::RULES, policy::RULES, hygiene::RULES].into_iter().flatten().copied()
}

/// Asks every rule.
pub(super) fn check(configuration: &Configuration, intent: Intent<'_>) -> Vec<Finding> {
    let subject = Subject::new(Model::new(configuration), intent);
    let mut findings = Vec::new();
    for (_, check) in rules() {
        check(&subject, &mut findings);
    }
    let mut allowed: BTreeMap<&[u8], Vec<_>> = BTreeMap::new();
    for said in &subject.said {
        if let Word::Allow(id) = &said.word {
            allowed.entry(id).or_default().push(said.span);
        }
    }
    let is_allowed = |finding: &Finding| {
        let spans = allowed.get(finding.lint.id.as_bytes()).map(Vec::as_slice).unwrap_or_default();
        let at = finding.span;
        spans.iter().any(|span| span.file == at.file && span.start <= at.start && at.end <= span.end)
    };
    findings.retain(|finding| !is_allowed(finding));
    findings
}
