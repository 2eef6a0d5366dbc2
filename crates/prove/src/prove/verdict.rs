//! What a probe says.

use std::time::Duration;

use super::traffic::Entry;
use crate::lint::Severity;

/// What was seen, from best to worst for the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "another verdict must be handled by everybody who prints them")]
pub enum Verdict {
    /// Blocked, as it should be.
    Pass,
    /// Not tried; the evidence says why.
    Skip,
    /// Nobody got in, and yet something is not as it should be.
    Warn,
    /// Tried, and what came says neither.
    Inconclusive,
    /// People are sent round in a circle.
    Loop,
    /// A client can say who it is.
    Spoof,
    /// Somebody got in who should not.
    Open,
}

impl Verdict {
    /// As it is printed.
    ///
    /// # Example
    /// ```
    /// use gatewright_prove::prove::Verdict;
    /// assert_eq!(Verdict::Open.name(), "FAIL(open)");
    /// assert!(Verdict::Open.is_fail() && !Verdict::Warn.is_fail());
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Skip => "SKIP",
            Self::Warn => "WARN",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::Loop => "FAIL(loop)",
            Self::Spoof => "FAIL(spoof)",
            Self::Open => "FAIL(open)",
        }
    }

    /// Whether the deployment is broken.
    #[must_use]
    pub const fn is_fail(self) -> bool {
        matches!(self, Self::Open | Self::Spoof | Self::Loop)
    }
}

/// One thing that was tried, and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Check {
    /// `P01` to `P19`.
    pub probe: &'static str,
    /// What of it was tried, in a few words.
    pub variant: String,
    /// The protected path it is about.
    pub path: String,
    /// What it says.
    pub verdict: Verdict,
    /// How bad that is.
    pub severity: Option<Severity>,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// How long the last answer took.
    pub time: Duration,
    /// Why: a clause.
    pub evidence: String,
    /// The lint that finds this in a configuration.
    pub lint: Option<&'static str>,
    /// A line for a shell that shows it again; credentials are read from files.
    pub curl: Option<String>,
    /// The requests that were made for it, as indexes into those of the report.
    pub requests: Vec<usize>,
}

/// Everything that was tried.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The URL.
    pub target: String,
    /// When it began, as it was given.
    pub started: String,
    /// What was learned first.
    pub baseline: Learned,
    /// Why nothing can be proved, and nothing was tried.
    pub nothing_proved: Option<String>,
    /// In the order in which they were tried.
    pub checks: Vec<Check>,
    /// Every request that was made.
    pub requests: Vec<Entry>,
    /// What was different from the deployment as it is, and what was not tried.
    pub notes: Vec<String>,
}

/// The answers that others are compared with, in words.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Learned {
    /// Each path with its answers.
    pub paths: Vec<LearnedPath>,
    /// The answer to a path that nobody knows, without a credential.
    pub unknown: Option<String>,
    /// The requests that were made for it.
    pub requests: Vec<usize>,
}

/// The answers of one path, in words.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LearnedPath {
    /// The path.
    pub path: String,
    /// With the credential.
    pub authorised: Option<String>,
    /// Without.
    pub anonymous: Option<String>,
    /// Why its answers cannot be compared.
    pub useless: Option<String>,
}

/// Whether what could not be told counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are two")]
pub enum Strictness {
    /// A warning is a warning.
    Usual,
    /// A warning counts as inconclusive, and so does an outage that was not tried.
    Strict,
}

impl Report {
    /// How the command ends: 0 all blocked and the credential works, 1 a failure, 3 nothing proved, 4 something is not certain.
    ///
    /// # Example
    /// ```
    /// use gatewright_prove::prove::{Prove, Strictness, prove};
    /// let mut options = Prove::new("http://127.0.0.1:1/admin".parse()?);
    /// options.connect_timeout = std::time::Duration::from_millis(100);
    /// let report = prove(&options, &mut |_| ()); // nobody listens there
    /// assert_eq!(report.exit_code(Strictness::Usual), 3);
    /// # Ok::<(), gatewright_prove::prove::TargetError>(())
    /// ```
    #[must_use]
    pub fn exit_code(&self, strictness: Strictness) -> u8 {
        if self.nothing_proved.is_some() {
            return 3;
        }
        if self.checks.iter().any(|check| check.verdict.is_fail()) {
            return 1;
        }
        let counts = |check: &Check| match check.verdict {
            Verdict::Inconclusive => true,
            Verdict::Warn => strictness == Strictness::Strict,
            Verdict::Skip => strictness == Strictness::Strict && check.probe == "P13",
            Verdict::Pass | Verdict::Loop | Verdict::Spoof | Verdict::Open => false,
        };
        if self.checks.iter().any(counts) { 4 } else { 0 }
    }

    /// How many checks say so.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|check| check.verdict == verdict).count()
    }
}
