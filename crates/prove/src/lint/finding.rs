//! What a linter says: which rule spoke, how bad it is, where, why, and what to write instead.

use std::fmt;
use std::str::FromStr;

use crate::source::{Sources, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is wrong with it as it stands.
    Info,
    /// Makes an outage longer, or hides what happened.
    Low,
    /// Opens together with something that the file does not show, or refuses people who should pass.
    Medium,
    /// Somebody gets in, or is taken for somebody else, in ordinary circumstances.
    High,
    /// Everybody gets in, at once or as soon as the gate is down.
    Critical,
}

impl Severity {
    /// From the mildest to the worst.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word for it, as it is printed and written on the command line.
    ///
    /// # Example
    /// ```
    /// use gatewright_prove::Severity;
    /// assert_eq!(Severity::High.name(), "high");
    /// assert!(Severity::High < Severity::Critical);
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|severity| severity.name() == name);
        found.ok_or_else(|| format!("`{name}` is no severity; there are {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// A rule: what it looks for, and how bad it is at its worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lint {
    /// The stable name, also that of its page in the documentation.
    pub id: &'static str,
    /// The worst that it reports.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub title: &'static str,
}

impl Lint {
    pub(crate) const fn new(id: &'static str, severity: Severity, title: &'static str) -> Self {
        Self { id, severity, title }
    }

    /// A finding of this rule, as bad as the rule is.
    ///
    /// `why` says in a sentence how this opens or breaks, `help` what to write instead.
    pub(crate) fn at(&'static self, span: Span, why: impl Into<String>, help: impl Into<String>) -> Finding {
        Finding { lint: self, severity: self.severity, span, why: why.into(), help: help.into(), related: Vec::new() }
    }
}

/// One thing that is wrong in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule that spoke.
    pub lint: &'static Lint,
    /// How bad it is here.
    pub severity: Severity,
    /// Where it is.
    pub span: Span,
    /// How it opens the gate, or what else comes of it: a sentence.
    pub why: String,
    /// What to write instead: a sentence.
    pub help: String,
    /// Other places that have to do with it, each with what it is.
    pub related: Vec<(Span, String)>,
}

impl Finding {
    /// The same, less or more bad than its rule usually is.
    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Also points at another place.
    pub(crate) fn also(mut self, span: Span, what: impl Into<String>) -> Self {
        self.related.push((span, what.into()));
        self
    }
}

/// All findings about one configuration, and the files that they point into.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The files.
    pub sources: Sources,
    /// In the order of the files; in one place the worst first.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn new(sources: Sources, mut findings: Vec<Finding>) -> Self {
        let key = |finding: &Finding| (finding.span, std::cmp::Reverse(finding.severity), finding.lint.id);
        findings.sort_by(|left, right| key(left).cmp(&key(right)).then_with(|| left.why.cmp(&right.why)));
        findings.dedup_by(|left, right| left.lint.id == right.lint.id && left.span == right.span && left.why == right.why);
        Self { sources, findings }
    }

    /// The worst severity found.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}
