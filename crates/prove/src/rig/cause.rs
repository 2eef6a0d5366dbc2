//! Which rule of the linter would have found what a run has shown.

use crate::lint::{Intent, Lint, Severity, Subject, lint};
use crate::model::LocationId;
use crate::nginx::Files;
use crate::prove::Verdict;
use crate::source::Span;

/// What the linter says about a configuration that opens it, with the places of its locations.
#[derive(Debug, Default)]
pub(super) struct Causes {
    found: Vec<Cause>,
    /// By location, where its directive stands.
    locations: Vec<(LocationId, Span)>,
    /// For a proxy whose configuration is data: the rules that spoke, the worst first.
    of_data: Vec<(&'static str, Severity)>,
}

/// One finding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause {
    pub(super) id: &'static str,
    pub(super) severity: Severity,
    span: Option<Span>,
}

impl Causes {
    pub(super) fn new(name: &[u8], files: &dyn Files, intent: Intent<'_>, subject: &Subject<'_>) -> Self {
        // What the linter cannot read has no cause that it knows.
        let findings = lint(name, files, intent).map(|report| report.findings).unwrap_or_default();
        let found = findings.into_iter().filter(|finding| finding.severity >= Severity::High);
        let found = found.map(|finding| Cause { id: id(finding.lint), severity: finding.severity, span: Some(finding.span) });
        let locations = subject.model.locations();
        let locations = locations.filter_map(|(id, location)| Some((id, location.directive?.span())));
        Self { found: found.collect(), locations: locations.collect(), of_data: Vec::new() }
    }

    /// Of a proxy whose configuration is data: the rules that spoke, the worst first.
    pub(super) fn of_data(found: &[(&'static str, Severity)]) -> Self {
        Self { of_data: found.to_vec(), ..Self::default() }
    }

    /// The finding that explains best what was seen: one about this kind of thing, in the location where it was.
    pub(super) fn of(&self, probe: &str, verdict: Verdict, location: Option<LocationId>) -> Option<Cause> {
        let is_about = |(id, _): &&(&'static str, Severity)| {
            let is_identity = ["identity", "header", "connection"].iter().any(|word| id.contains(word));
            is_identity == (verdict == Verdict::Spoof)
        };
        if let Some((id, severity)) = self.of_data.iter().find(is_about) {
            return Some(Cause { id, severity: *severity, span: None });
        }
        let here = location.and_then(|id| self.locations.iter().find(|(other, _)| *other == id)).map(|(_, span)| *span);
        let is_here = |at: Span| here.is_some_and(|here| at.file == here.file && here.start <= at.start && at.end <= here.end);
        let first = match (verdict, probe) {
            (Verdict::Spoof, _) => IDENTITY,
            (_, "P13" | "P14") => OUTAGE,
            (_, "P11") => CACHES,
            (_, "P04" | "P08") => TALKED_ROUND,
            _ => &[],
        };
        let rank = |cause: &Cause| {
            let place = first.iter().position(|id| *id == cause.id);
            let other = WAYS.iter().position(|id| *id == cause.id).filter(|_| verdict != Verdict::Spoof);
            let other = other.and_then(|place| place.checked_add(first.len()));
            Some((!cause.span.is_some_and(is_here), place.or(other)?))
        };
        let ranked = self.found.iter().filter_map(|cause| Some((rank(cause)?, *cause)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, cause)| cause)
    }
}

const fn id(lint: &'static Lint) -> &'static str {
    lint.id
}

/// Rules about who the application takes somebody for.
const IDENTITY: &[&str] = &["identity-not-set", "identity-from-client", "identity-variable-unknown", "fallback-unprotected"];

/// Rules about what comes of a gate that does not say yes or no.
const OUTAGE: &[&str] =
    &["auth-location-error-page", "error-page-opens", "auth-location-stale", "auth-location-cache", "open-fallback"];

/// Rules about what is kept.
const CACHES: &[&str] = &["page-cache", "auth-location-cache", "auth-location-stale"];

/// Rules about words that open.
const TALKED_ROUND: &[&str] = &["presence-is-no-proof", "real-ip-anyone", "satisfy-any", "auth-location-answers-some"];

/// All other rules about ways around the gate, the plainest first.
const WAYS: &[&str] = &[
    "auth-request-target",
    "auth-location-answers-itself",
    "auth-location-wrong-page",
    "auth-location-own-server",
    "auth-location-answers-some",
    "open-sibling",
    "open-regex",
    "open-server",
    "open-fallback",
    "return-before-gate",
    "rewrite-before-gate",
    "try-files-around-gate",
    "index-around-gate",
    "error-page-opens",
    "auth-location-error-page",
    "auth-location-cache",
    "satisfy-any",
    "presence-is-no-proof",
    "real-ip-anyone",
    "page-cache",
    "open-folder",
    "alias-traversal",
    "merge-slashes",
    "ssi",
    "fallback-unprotected",
    "open-private-path",
    "policy-host-unprotected",
    "auth-location-own-path",
    "auth-location-no-request",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_are_named_exist() {
        let known = crate::lint::lints();
        for id in [IDENTITY, OUTAGE, CACHES, TALKED_ROUND, WAYS].concat() {
            assert!(known.iter().any(|lint| lint.id == id && lint.severity >= Severity::High), "{id}");
        }
    }
}
