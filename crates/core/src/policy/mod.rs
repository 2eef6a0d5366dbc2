//! Rules: a target (which requests) and an effect (who may). The first rule whose target matches decides.

pub(crate) mod condition;
mod index;
pub(crate) mod pattern;
pub(crate) mod rule;

use std::collections::HashMap;

use self::condition::{Condition, Remedy, Table, Verdict};
use self::index::Index;
use self::pattern::fold;
use self::rule::{Candidate, Match, Mismatch, Rule};
use crate::identity::Identity;
use crate::rejection::Rejection;
use crate::time::UnixTime;
use crate::trace::{Step, Trace};

/// All rules, indexed by host and path, so that a lookup does not slow down with their number.
#[derive(Debug)]
pub(crate) struct Policy {
    rules: Vec<Rule>,
    index: Index,
}

impl Policy {
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        let index = Index::build(rules.iter().map(|rule| &rule.target));
        Self { rules, index }
    }

    /// Returns the headers (lower case) that a rule's target reads.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().flat_map(|rule| &rule.target.headers).map(|(name, _)| name.as_str())
    }

    #[cfg(test)]
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the first rule from `from` on whose target matches (or refuses), and records those it passed over.
    pub(crate) fn first(
        &self,
        candidate: Candidate<'_, '_>,
        from: usize,
        trace: &mut impl Trace,
    ) -> Option<(usize, &Rule, Match)> {
        let found = self.find(candidate, from);
        if trace.listens() {
            let end = found.as_ref().map_or(self.rules.len(), |(index, _)| *index);
            let passed = self.rules.iter().enumerate().take(end).skip(from);
            for (_, rule) in passed {
                if let Err(Mismatch(key)) = rule.target.consider(candidate) {
                    trace.step(|| Step::Rule {
                        rule: rule.id.clone(),
                        matched: false,
                        detail: format!("`{key}` does not match"),
                    });
                }
            }
        }
        let (index, matched) = found?;
        Some((index, self.rules.get(index)?, matched))
    }

    fn find(&self, candidate: Candidate<'_, '_>, from: usize) -> Option<(usize, Match)> {
        let consider = |index: usize| self.rules.get(index).and_then(|rule| rule.target.consider(candidate).ok());
        let host = &candidate.request.host.name;
        let opaque = candidate.request.path.segments();
        if candidate.readings.is_empty() {
            // What the index accepts last is the best.
            let mut matched = None;
            let accepts = |index: usize| {
                let found = consider(index);
                let accepted = found.is_some();
                matched = found.or_else(|| matched.take());
                accepted
            };
            let index = self.index.first(host, opaque, || fold_all(opaque), from, accepts)?;
            return matched.map(|matched| (index, matched));
        }
        // A rule considers every reading by itself, so it is asked once, however many readings lead to it.
        let mut answers: HashMap<usize, bool, ahash::RandomState> = HashMap::default();
        let mut accepts = |index: usize| *answers.entry(index).or_insert_with(|| consider(index).is_some());
        let best = self.index.first(host, opaque, || fold_all(opaque), from, &mut accepts);
        let best = candidate.readings.iter().fold(best, |best, reading| {
            let found = self.index.first(host, reading, || fold_all(reading), from, &mut accepts);
            match (best, found) {
                (Some(best), Some(found)) => Some(best.min(found)),
                (one, other) => one.or(other),
            }
        })?;
        Some((best, consider(best)?))
    }
}

/// What a rule's tables say of an identity that is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shortfall {
    pub(crate) rejection: Rejection,
    pub(crate) detail: String,
    /// The scopes the nearest table wants.
    pub(crate) scopes: Vec<String>,
    /// The authentication context classes the nearest table wants.
    pub(crate) acr_values: Vec<Box<str>>,
    /// The authentication age the nearest table wants.
    pub(crate) max_auth_age: Option<u64>,
}

/// Evaluates the tables of a rule: `Ok` if one holds, else what the nearest lacks.
pub(crate) fn evaluate(
    rule: &str,
    tables: &[Table],
    identity: &Identity,
    now: UnixTime,
    trace: &mut impl Trace,
) -> Result<(), Shortfall> {
    let mut nearest: Option<(u8, &Table, Vec<Failed<'_>>)> = None;
    for (position, table) in tables.iter().enumerate() {
        let failed = failed_conditions(rule, position, table, identity, now, trace);
        if failed.is_empty() {
            return Ok(());
        }
        let distance = distance(&failed);
        if nearest.as_ref().is_none_or(|(best, ..)| distance < *best) {
            nearest = Some((distance, table, failed));
        }
    }
    Err(shortfall(nearest.as_ref()))
}

/// A condition that keeps a table from holding.
struct Failed<'t> {
    condition: &'t Condition,
    /// `not.` if the condition must not hold.
    prefix: &'static str,
}

impl Failed<'_> {
    fn key(&self) -> String {
        format!("{}{}", self.prefix, self.condition.key())
    }

    /// What would help. Nobody gets rid of what `not` names by asking for more.
    fn remedy(&self) -> Remedy {
        if self.prefix.is_empty() { self.condition.remedy() } else { Remedy::Identity }
    }
}

/// Returns the conditions of a table that fail, those under `not` included.
fn failed_conditions<'t>(
    rule: &str,
    position: usize,
    table: &'t Table,
    identity: &Identity,
    now: UnixTime,
    trace: &mut impl Trace,
) -> Vec<Failed<'t>> {
    let plain = table.conditions.iter().map(|condition| (condition, Verdict::Holds, ""));
    // `not` holds when the condition fails for certain: what the identity does not say is no proof.
    let negated = table.not.iter().map(|condition| (condition, Verdict::Fails, "not."));
    plain
        .chain(negated)
        .filter_map(|(condition, wanted, prefix)| {
            let (passed, asked) = (condition.evaluate(identity, now) == wanted, Failed { condition, prefix });
            trace.step(|| Step::Condition {
                rule: rule.to_owned(),
                table: position.saturating_add(1),
                key: asked.key(),
                passed,
                detail: condition.describe(identity, now),
            });
            (!passed).then_some(asked)
        })
        .collect()
}

/// How far a table is from holding: only step-up keys fail, only scopes fail, or more than that.
fn distance(failed: &[Failed<'_>]) -> u8 {
    if failed.iter().all(|failed| failed.remedy() == Remedy::StepUp) {
        0
    } else if failed.iter().all(|failed| failed.remedy() == Remedy::Scopes) {
        1
    } else {
        2
    }
}

fn shortfall(nearest: Option<&(u8, &Table, Vec<Failed<'_>>)>) -> Shortfall {
    let (distance, table, failed) = match nearest {
        Some((distance, table, failed)) => (*distance, Some(*table), failed.as_slice()),
        None => (2, None, [].as_slice()),
    };
    let keys: Vec<String> = failed.iter().map(|failed| format!("`{}`", failed.key())).collect();
    let mut shortfall = Shortfall {
        rejection: match distance {
            0 => Rejection::StepUpRequired,
            1 => Rejection::ScopeInsufficient,
            _ => Rejection::IdentityNotAllowed,
        },
        detail: format!("the nearest table fails at {}", keys.join(", ")),
        scopes: Vec::new(),
        acr_values: Vec::new(),
        max_auth_age: None,
    };
    for condition in table.iter().flat_map(|table| &table.conditions) {
        match condition {
            Condition::Scopes(scopes) => shortfall.scopes.clone_from(scopes),
            Condition::Acr(values) => shortfall.acr_values = values.iter().map(|value| value.as_str().into()).collect(),
            Condition::MaxAuthAge(seconds) => shortfall.max_auth_age = Some(*seconds),
            Condition::Users(_)
            | Condition::Emails(_)
            | Condition::EmailDomains(_)
            | Condition::Groups(_)
            | Condition::Issuers(_)
            | Condition::Credentials(_)
            | Condition::Claim(..)
            | Condition::Amr(_) => {}
        }
    }
    shortfall
}

fn fold_all<S: AsRef<str>>(segments: &[S]) -> Vec<String> {
    segments.iter().map(|segment| fold(segment.as_ref())).collect()
}

#[cfg(test)]
mod tests;
