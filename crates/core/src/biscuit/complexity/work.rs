//! The work of rules and queries, bounded by counting facts.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use biscuit_auth::format::schema::{self, term};

use super::super::malformed;
use super::super::program::{MAX_FACTS, MAX_ITERATIONS};
use super::expression::{self, Sizes};
use super::names::Names;
use super::{MAX_COST, too_complex};
use crate::rejection::Refusal;

/// Facts counted by predicate, and every rule and query that goes over them.
pub(super) struct Work<'b> {
    /// How many facts there are before any rule has run.
    facts: Facts<'b>,
    sizes: Sizes,
    symbols: u64,
    rules: Vec<Clause<'b>>,
    queries: Vec<Clause<'b>>,
}

/// How many facts there are of each predicate.
type Facts<'b> = HashMap<Predicate<'b>, u64, ahash::RandomState>;

/// What facts are matched by: a name and the number of terms.
type Predicate<'b> = (&'b str, usize);

/// Where a rule or a query stands.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// `None` is the operator's own block.
    Rule(Option<usize>, usize),
    Check(Option<usize>, usize),
    Policy,
}

/// A rule, or a query of a check or policy.
struct Clause<'b> {
    place: Place,
    head: Predicate<'b>,
    /// Variables in the head: so many terms of a derived fact can differ.
    head_variables: u32,
    body: Vec<Predicate<'b>>,
    /// What the expressions cost for one match of the whole body.
    per_match: u64,
}

impl Default for Work<'_> {
    /// Starts with the facts of any request.
    fn default() -> Self {
        let facts = ["operation", "resource", "host", "client_ip", "time"].map(|name| ((name, 1), 1));
        Self { facts: facts.into_iter().collect(), sizes: Sizes::default(), symbols: 0, rules: Vec::new(), queries: Vec::new() }
    }
}

impl<'b> Work<'b> {
    /// Counts what a block holds; every block is counted before the first is added.
    pub(super) fn count(
        &mut self,
        facts: &[schema::Fact],
        rules: &[schema::Rule],
        checks: &[schema::Check],
        names: Names<'b>,
    ) -> Result<(), Refusal> {
        self.symbols = self.symbols.max(u64::try_from(names.0.len()).unwrap_or(u64::MAX));
        for fact in facts {
            self.sizes.count_predicate(&fact.predicate, names)?;
            let count = self.facts.entry(predicate(&fact.predicate, names)?).or_default();
            *count = count.saturating_add(1);
        }
        for rule in rules.iter().chain(checks.iter().flat_map(|check| &check.queries)) {
            self.sizes.count_predicate(&rule.head, names)?;
            rule.body.iter().try_for_each(|predicate| self.sizes.count_predicate(predicate, names))?;
            rule.expressions.iter().try_for_each(|expression| self.sizes.count_ops(&expression.ops, names))?;
        }
        Ok(())
    }

    /// Adds the rules and checks of a block, or of the operator.
    pub(super) fn add(
        &mut self,
        block: Option<usize>,
        rules: &[schema::Rule],
        checks: &[schema::Check],
        names: Names<'b>,
    ) -> Result<(), Refusal> {
        for (number, rule) in rules.iter().enumerate() {
            let clause = self.clause(Place::Rule(block, number), rule, names)?;
            self.rules.push(clause);
        }
        for (number, check) in checks.iter().enumerate() {
            self.add_queries(Place::Check(block, number), &check.queries, names)?;
        }
        Ok(())
    }

    pub(super) fn add_queries(&mut self, place: Place, queries: &[schema::Rule], names: Names<'b>) -> Result<(), Refusal> {
        for query in queries {
            let clause = self.clause(place, query, names)?;
            self.queries.push(clause);
        }
        Ok(())
    }

    /// Bounds everything, or names the clause that costs most.
    pub(super) fn cost(&self) -> Result<u64, Refusal> {
        if self.rules.len() > MAX_RULES {
            return Err(too_complex(format!("the token has {} rules, at most {MAX_RULES} are evaluated", self.rules.len())));
        }
        let (facts, iterations) = self.derived_facts();
        let total = facts.values().fold(0_u64, |sum, count| sum.saturating_add(*count)).min(MAX_FACTS);
        if self.facts.values().sum::<u64>() >= MAX_FACTS {
            return Err(too_complex(format!("the token has {MAX_FACTS} facts or more")));
        }
        // Every text is looked for among the symbols there are, every fact is copied.
        let translation = self.sizes.texts.saturating_mul(self.symbols.saturating_add(32)) >> 5;
        let translation = translation.saturating_add(total.saturating_mul(FACT));
        let of_rules = self.rules.iter().map(|rule| (rule, self.clause_cost(rule, &facts, total).saturating_mul(iterations)));
        let of_queries = self.queries.iter().map(|query| (query, self.clause_cost(query, &facts, total)));
        let (mut cost, mut costliest) = (translation, (None, 0));
        for (clause, of_clause) in of_rules.chain(of_queries) {
            cost = cost.saturating_add(of_clause);
            if of_clause > costliest.1 {
                costliest = (Some(clause.place), of_clause);
            }
        }
        if cost > MAX_COST {
            let place = costliest.0.map_or("the facts".to_owned(), |place| place.to_string());
            return Err(too_complex(format!(
                "evaluating could take {cost} units, at most {MAX_COST} are allowed; most of it {place}"
            )));
        }
        Ok(cost)
    }

    fn clause(&self, place: Place, rule: &schema::Rule, names: Names<'b>) -> Result<Clause<'b>, Refusal> {
        let bound: Vec<u32> = rule.body.iter().flat_map(variables).collect();
        let mut head: Vec<u32> = variables(&rule.head).collect();
        if head.iter().any(|variable| !bound.contains(variable)) {
            return Err(malformed("the head of a rule has a variable that its body does not have"));
        }
        head.sort_unstable();
        head.dedup();
        let mut per_match = CLAUSE;
        for expression in &rule.expressions {
            per_match = per_match.saturating_add(expression::cost(&expression.ops, self.sizes, names)?);
        }
        Ok(Clause {
            place,
            head: predicate(&rule.head, names)?,
            head_variables: u32::try_from(head.len()).unwrap_or(u32::MAX),
            body: rule.body.iter().map(|body| predicate(body, names)).collect::<Result<_, _>>()?,
            per_match,
        })
    }

    /// Bounds the number of facts of each predicate once no rule derives anything new, and the iterations until then.
    ///
    /// Rules that build on each other settle after as many rounds as there are rules. What grows on is derived from itself; of such
    /// a predicate there are at most as many facts as the terms that exist can be combined to.
    fn derived_facts(&self) -> (Cow<'_, Facts<'b>>, u64) {
        if self.rules.is_empty() {
            return (Cow::Borrowed(&self.facts), 1);
        }
        let mut facts = self.facts.clone();
        let rounds = self.rules.len().saturating_add(1);
        for round in 1..=rounds {
            if !self.derive_once(&mut facts, Derive::ByBody) {
                return (Cow::Owned(facts), u64::try_from(round).unwrap_or(u64::MAX).min(MAX_ITERATIONS));
            }
        }
        for _ in 0..=rounds {
            if !self.derive_once(&mut facts, Derive::ByTerms) {
                break;
            }
        }
        (Cow::Owned(facts), MAX_ITERATIONS)
    }

    /// Lets every rule run once; says whether a count has grown.
    fn derive_once(&self, facts: &mut Facts<'b>, derive: Derive) -> bool {
        let mut after = self.facts.clone();
        for rule in &self.rules {
            let by_body = rule.body.iter().fold(1_u64, |product, body| product.saturating_mul(count(facts, body)));
            let derived = match derive {
                Derive::ByBody => by_body,
                Derive::ByTerms => {
                    self.all_terms().saturating_pow(rule.head_variables).min(if by_body == 0 { 0 } else { u64::MAX })
                }
            };
            let known = after.entry(rule.head).or_default();
            *known = known.saturating_add(derived).min(MAX_FACTS);
        }
        let grown = after.iter().any(|(predicate, count_after)| *count_after > count(facts, predicate));
        for (predicate, count_after) in after {
            let known = facts.entry(predicate).or_default();
            *known = (*known).max(count_after);
        }
        grown
    }

    /// Bounds how many different terms exist.
    fn all_terms(&self) -> u64 {
        let of_facts = self.facts.iter().fold(0_u64, |sum, ((_, arity), count)| {
            sum.saturating_add(u64::try_from(*arity).unwrap_or(u64::MAX).saturating_mul(*count))
        });
        of_facts.saturating_add(self.sizes.texts)
    }

    /// Bounds one run of a clause: for every combination of facts that match the first predicates, all facts are looked at for the
    /// next, and those that match are bound.
    fn clause_cost(&self, clause: &Clause<'b>, facts: &Facts<'b>, total: u64) -> u64 {
        let length = u64::try_from(clause.body.len()).unwrap_or(u64::MAX);
        let step = STEP.saturating_add(length.saturating_mul(2)).saturating_add(self.sizes.elements >> 1);
        let (mut combinations, mut cost) = (1_u64, CLAUSE);
        for body in &clause.body {
            let looked_at = combinations.saturating_mul(total.saturating_add(7)) >> 3;
            combinations = combinations.saturating_mul(count(facts, body));
            cost = cost.saturating_add(looked_at).saturating_add(combinations.saturating_mul(step));
        }
        cost.saturating_add(combinations.saturating_mul(clause.per_match))
    }
}

/// How many facts a rule is taken to derive.
#[derive(Clone, Copy)]
enum Derive {
    /// As many as its body has combinations.
    ByBody,
    /// As many as its head has combinations of terms.
    ByTerms,
}

fn count(facts: &Facts<'_>, predicate: &Predicate<'_>) -> u64 {
    facts.get(predicate).copied().unwrap_or_default()
}

fn predicate<'b>(predicate: &schema::Predicate, names: Names<'b>) -> Result<Predicate<'b>, Refusal> {
    Ok((names.get(predicate.name)?, predicate.terms.len()))
}

fn variables(predicate: &schema::Predicate) -> impl Iterator<Item = u32> {
    predicate.terms.iter().filter_map(|term| match &term.content {
        Some(term::Content::Variable(variable)) => Some(*variable),
        _ => None,
    })
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(Some(block), number) => write!(formatter, "rule {number} of block {block}"),
            Self::Check(Some(block), number) => write!(formatter, "check {number} of block {block}"),
            Self::Rule(None, number) => write!(formatter, "rule {number} of `policy`"),
            Self::Check(None, number) => write!(formatter, "check {number} of `policy`"),
            Self::Policy => formatter.write_str("`policy`"),
        }
    }
}

// In units of a tenth of a microsecond.
/// Binding the variables of one more fact.
const STEP: u64 = 6;
/// Beginning a rule or query, and each complete match.
const CLAUSE: u64 = 5;
/// Translating a fact and copying it into the facts of a request.
const FACT: u64 = 10;

/// Bounding the facts goes over all rules as many times as there are rules.
const MAX_RULES: usize = 64;
