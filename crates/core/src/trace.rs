//! What a decision records of its way, when somebody asks.
//!
//! `decide` and `explain` run the same code, generic over [`Trace`]: with [`Off`] the calls vanish, with
//! [`Explanation`] each step is kept. There is no second implementation that could drift.

use std::fmt;

use serde::Serialize;

use crate::rejection::Refusal;

/// Receives the steps of a decision.
pub(crate) trait Trace {
    /// Records a step; `step` is only built if somebody listens.
    fn step(&mut self, step: impl FnOnce() -> Step);

    /// Returns whether steps are kept, for what is only worth looking at then.
    fn listens(&self) -> bool;
}

/// Records nothing.
#[derive(Debug)]
pub(crate) struct Off;

impl Trace for Off {
    #[inline(always)]
    fn step(&mut self, _: impl FnOnce() -> Step) {}

    #[inline(always)]
    fn listens(&self) -> bool {
        false
    }
}

/// Passes a result on and records it as a step.
pub(crate) fn check<T>(
    trace: &mut impl Trace,
    name: &'static str,
    result: Result<T, Refusal>,
    detail: impl FnOnce(&T) -> String,
) -> Result<T, Refusal> {
    trace.step(|| match &result {
        Ok(value) => Step::Check { name, passed: true, detail: detail(value) },
        Err(refusal) => Step::Check { name, passed: false, detail: refusal.detail.to_string() },
    });
    result
}

/// The steps that led to a decision, in order; `Display` prints them for a person, serde for a program.
///
/// It never contains a token, a cookie or a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Explanation {
    steps: Vec<Step>,
}

impl Explanation {
    /// Returns the steps in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl Trace for Explanation {
    fn step(&mut self, step: impl FnOnce() -> Step) {
        self.steps.push(step());
    }

    fn listens(&self) -> bool {
        true
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(formatter, "{step}"))
    }
}

/// One step on the way to a decision.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// The request as it was understood.
    Request {
        /// The method, as sent.
        method: String,
        /// The scheme.
        scheme: String,
        /// The canonical host, with its port if there is one.
        host: String,
        /// The decoded path.
        path: String,
        /// The client's address, if somebody vouches for one.
        client: Option<String>,
    },
    /// A credential was found.
    Credential {
        /// Its kind.
        kind: &'static str,
        /// Where it was found: `bearer`, `cookie:NAME` or `header:NAME`.
        source: String,
    },
    /// Something that looks like a credential, and is not read.
    Ignored {
        /// The header.
        header: String,
        /// Why, in words.
        detail: String,
    },
    /// A check on the request or on the credential.
    Check {
        /// What was checked.
        name: &'static str,
        /// Whether it held.
        passed: bool,
        /// What was found, in words.
        detail: String,
    },
    /// A rule was considered.
    Rule {
        /// The rule.
        rule: String,
        /// Whether its target matched.
        matched: bool,
        /// The part of the target that did not match, or what follows from the match.
        detail: String,
    },
    /// A condition of a rule was evaluated.
    Condition {
        /// The rule.
        rule: String,
        /// Which of the rule's tables, counted from 1.
        table: usize,
        /// The key of the table.
        key: String,
        /// Whether it held.
        passed: bool,
        /// What was found, in words.
        detail: String,
    },
    /// The outcome.
    Outcome {
        /// `allow`, `challenge`, `forbid` or `indeterminate`.
        outcome: &'static str,
        /// The reason code.
        code: &'static str,
        /// The reason in words.
        detail: String,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = |passed: &bool| if *passed { "ok" } else { "no" };
        match self {
            Self::Request { method, scheme, host, path, client } => {
                write!(
                    formatter,
                    "request     {method} {scheme}://{host}{path} from {}",
                    client.as_deref().unwrap_or("an unknown address")
                )
            }
            Self::Credential { kind, source } => write!(formatter, "credential  {kind} ({source})"),
            Self::Ignored { header, detail } => write!(formatter, "ignored     `{header}`: {detail}"),
            Self::Check { name, passed, detail } => write!(formatter, "  {}  {name}: {detail}", mark(passed)),
            Self::Rule { rule, matched, detail } => write!(formatter, "rule        {} `{rule}`: {detail}", mark(matched)),
            Self::Condition { rule: _, table, key, passed, detail } => {
                write!(formatter, "  {}  table {table}, {key}: {detail}", mark(passed))
            }
            Self::Outcome { outcome, code, detail } => write!(formatter, "outcome     {outcome} ({code}): {detail}"),
        }
    }
}
