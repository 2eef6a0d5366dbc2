//! A verdict, and the requests that showed it.

use std::collections::BTreeSet;
use std::fmt;

use crate::lint::Subject;
use crate::prove::{Check, Entry};

/// What a configuration does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Outcome {
    /// Somebody who may not got what is behind the gate.
    Open,
    /// Nobody got in, but somebody who may was taken for another.
    Spoofed,
    /// Neither, by any of the requests.
    Closed,
    /// The proxy refuses the configuration.
    Rejected,
    /// It needs something that this machine or program has not.
    NotRun,
}

/// What running a configuration has shown.
#[derive(Debug)]
#[non_exhaustive]
pub struct Trial {
    /// What it comes to.
    pub outcome: Outcome,
    /// The requests that showed it, the first one first.
    pub shown: Vec<Evidence>,
    /// What opens only together with a gate or an application that does something odd.
    pub remarks: Vec<Evidence>,
    /// What was different from the configuration as it is, and what was not tried.
    pub notes: Vec<String>,
    /// What was asked of which server, and what came of it.
    pub checks: Vec<Check>,
    /// How many requests were made.
    pub requests: usize,
    /// Whether somebody with a session got to see anything that is behind the gate.
    pub lets_in: bool,
    /// The requests, as a report shows them.
    pub(super) entries: Vec<Entry>,
}

/// A request, and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Evidence {
    /// Who sent it.
    pub who: &'static str,
    /// What was sent: the lines of its head.
    pub request: String,
    /// The port of the configuration that it was sent to.
    pub to: String,
    /// How the gate answered meanwhile.
    pub gate: String,
    /// What came of it.
    pub what: String,
}

impl Evidence {
    pub(super) fn of_proxy(who: &'static str, message: String, place: Option<String>) -> Self {
        let to = place.unwrap_or_default();
        Self { who, request: String::new(), to, gate: String::new(), what: message }
    }
}

impl Trial {
    /// What comes of a program within nginx: it could reach anywhere, so that it is not run.
    pub(super) fn of_program(subject: &Subject<'_>) -> Option<Self> {
        let configuration = subject.model.configuration;
        let scopes = &subject.model.scopes;
        let lines = scopes.iter().flat_map(|(scope, _)| scopes.all_own(scope).iter().copied());
        let found = lines.chain(configuration.directives()).find(|line| is_program(line.name()))?;
        let name = String::from_utf8_lossy(found.name()).into_owned();
        let message = format!("`{name}` is a program within nginx, which could reach anywhere: it is not run");
        let evidence = Evidence::of_proxy("nginx", message, Some(configuration.sources().place(found.span())));
        Some(Self::not_asked(Outcome::NotRun, evidence, Vec::new()))
    }

    pub(super) fn refused(who: &'static str, message: String, place: Option<String>, notes: BTreeSet<String>) -> Self {
        let is_missing = MISSING.iter().any(|part| message.contains(part));
        let outcome = if is_missing { Outcome::NotRun } else { Outcome::Rejected };
        let evidence = Evidence::of_proxy(who, message, place);
        Self::not_asked(outcome, evidence, notes.into_iter().collect())
    }

    /// What comes of a configuration that is wrong before the proxy has seen it.
    pub(super) fn rejected(who: &'static str, message: String) -> Self {
        Self::not_asked(Outcome::Rejected, Evidence::of_proxy(who, message, None), Vec::new())
    }

    /// What comes of one that cannot be run here.
    pub(super) fn not_run(who: &'static str, message: String) -> Self {
        Self::not_asked(Outcome::NotRun, Evidence::of_proxy(who, message, None), Vec::new())
    }

    fn not_asked(outcome: Outcome, why: Evidence, notes: Vec<String>) -> Self {
        let (remarks, checks, entries) = (Vec::new(), Vec::new(), Vec::new());
        Self { outcome, shown: vec![why], remarks, notes, checks, requests: 0, lets_in: false, entries }
    }
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Spoofed => "spoofed",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
            Self::NotRun => "not run",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// Whether a directive runs a program within nginx: Lua, JavaScript, Perl.
fn is_program(name: &[u8]) -> bool {
    let starts: [&[u8]; 3] = [b"js_", b"perl", b"init_by_lua"];
    starts.iter().any(|start| name.starts_with(start)) || name.windows(7).any(|part| part == b"_by_lua")
}

/// What nginx says when something is not on this machine: that is nothing about the configuration.
const MISSING: [&str; 4] = ["unknown directive", "No such file or directory", "is not binary compatible", "Permission denied"];
