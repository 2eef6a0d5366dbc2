//! What tests of rules share: what is found in a text, and in which line.

use super::{Finding, Intent, Lint};
use crate::data::{self, Language, Node};
use crate::source::Sources;

pub(super) type Check = fn(&Node, &Intent<'_>) -> Vec<Finding>;

/// All findings in a text.
#[track_caller]
pub(super) fn findings(check: Check, text: &str, intent: &Intent<'_>) -> Vec<Finding> {
    let mut sources = Sources::default();
    let file = sources.add("-", text);
    let documents = data::read(&sources, file, Language::of(sources.get(file).unwrap())).unwrap();
    documents.iter().flat_map(|document| check(document, intent)).collect()
}

/// The rules that speak, each with the line of which it does.
#[track_caller]
pub(super) fn found_with(check: Check, text: &str, intent: &Intent<'_>) -> Vec<(&'static str, usize)> {
    let line = |at: usize| 1 + text[..at].matches('\n').count();
    findings(check, text, intent).iter().map(|finding| (finding.lint.id, line(finding.span.start))).collect()
}

/// The same where nothing is declared.
#[track_caller]
pub(super) fn found(check: Check, text: &str) -> Vec<(&'static str, usize)> {
    found_with(check, text, &Intent::default())
}

/// Asserts that a rule speaks once, of a line that holds these words.
#[track_caller]
pub(super) fn flags(check: Check, text: &str, lint: &Lint, words: &str) {
    let found: Vec<usize> = found(check, text).into_iter().filter(|(id, _)| *id == lint.id).map(|(_, line)| line).collect();
    let lines: Vec<&str> = found.iter().map(|line| text.lines().nth(line - 1).unwrap_or_default()).collect();
    assert!(lines.len() == 1 && lines[0].contains(words), "{}: {lines:?} instead of {words:?} in\n{text}", lint.id);
}

/// Asserts that a rule has nothing to say.
#[track_caller]
pub(super) fn is_silent(check: Check, text: &str, lint: &Lint) {
    let found = found(check, text);
    assert!(found.iter().all(|(id, _)| *id != lint.id), "{}: {found:?} in\n{text}", lint.id);
}

/// A policy with sessions, which opens nothing.
pub(super) const SESSIONS: &str = "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n";

/// The rules that speak, each with its line, where a policy is known.
#[track_caller]
pub(super) fn with_policy(check: Check, text: &str, policy: &str) -> Vec<(&'static str, usize)> {
    let config = gatewright::Config::from_toml(policy).unwrap();
    let authorizer = gatewright::Authorizer::new(&config).unwrap();
    found_with(check, text, &Intent { policy: Some((&config, &authorizer)), ..Intent::default() })
}
