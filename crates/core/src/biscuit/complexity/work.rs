//! The work of rules and queries, bounded by counting facts.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use biscuit_auth::format::schema::{self, term};

use super::super::malformed;
use super::super::program::{MAX_FACTS, MAX_ITERATIONS};
use super::cost::{Cost, MAX_COST, USUAL_TEXT};
use super::expression::{Expression, Sizes};
use super::names::Names;
use super::too_complex;
use crate::rejection::Refusal;

/// Facts counted by predicate, and every rule and query that goes over them.
pub(super) struct Work<'b> {
    /// How many facts there are before any rule has run.
    facts: Facts<'b>,
    sizes: Sizes,
    /// The longest text of the token, in bytes.
    longest: usize,
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
    /// What binding its variables by one more fact costs.
    per_step: u64,
    /// What the expressions cost for one match of the whole body.
    per_match: Cost,
    /// How many times it is run over: `check all` asks twice.
    times: u64,
}

impl Default for Work<'_> {
    /// Starts with the facts of any request.
    fn default() -> Self {
        let facts = ["operation", "resource", "host", "client_ip", "time"].map(|name| ((name, 1), 1));
        Self { facts: facts.into_iter().collect(), sizes: Sizes::default(), longest: 0, rules: Vec::new(), queries: Vec::new() }
    }
}

impl<'b> Work<'b> {
    /// Counts the symbols that a block brings.
    pub(super) fn count_symbols(&mut self, symbols: &[String]) {
        self.sizes.symbols = self.sizes.symbols.saturating_add(u64::try_from(symbols.len()).unwrap_or(u64::MAX));
        self.longest = symbols.iter().map(String::len).fold(self.longest, usize::max);
    }

    /// Counts what a block holds; every block is counted before the first is added.
    pub(super) fn count(
        &mut self,
        facts: &[schema::Fact],
        rules: &[schema::Rule],
        checks: &[schema::Check],
        names: Names<'b>,
    ) -> Result<(), Refusal> {
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
            let clause = self.clause(Place::Rule(block, number), rule, 1, names)?;
            self.rules.push(clause);
        }
        for (number, check) in checks.iter().enumerate() {
            let times = if check.kind() == schema::check::Kind::All { 2 } else { 1 };
            self.add_queries(Place::Check(block, number), &check.queries, times, names)?;
        }
        Ok(())
    }

    pub(super) fn add_queries(
        &mut self,
        place: Place,
        queries: &[schema::Rule],
        times: u64,
        names: Names<'b>,
    ) -> Result<(), Refusal> {
        for query in queries {
            let clause = self.clause(place, query, times, names)?;
            self.queries.push(clause);
        }
        Ok(())
    }

    /// Bounds everything, or names the clause that costs most.
    pub(super) fn cost(&self) -> Result<Cost, Refusal> {
        if self.rules.len() > MAX_RULES {
            return Err(too_complex(format!("the token has {} rules, at most {MAX_RULES} are evaluated", self.rules.len())));
        }
        let (facts, iterations) = self.derived_facts();
        let total = facts.values().fold(0_u64, |sum, count| sum.saturating_add(*count)).min(MAX_FACTS);
        if self.facts.values().sum::<u64>() >= MAX_FACTS {
            return Err(too_complex(format!("the token has {MAX_FACTS} facts or more")));
        }
        // Every text is looked for among the symbols there are, every fact is copied.
        let translation = self.sizes.texts.saturating_mul(self.sizes.symbols.saturating_add(32)) >> 5;
        let translation = translation.saturating_add(total.saturating_mul(FACT)).saturating_add(self.sizes.elements);
        let of_rules = self.rules.iter().map(|rule| (rule, self.clause_cost(rule, &facts, total).times(iterations)));
        let of_queries = self.queries.iter().map(|query| (query, self.clause_cost(query, &facts, total)));
        let (mut cost, mut costliest) = (Cost::fixed(translation), (None, 0));
        for (clause, of_clause) in of_rules.chain(of_queries) {
            let of_clause = of_clause.with_text(self.longest);
            cost = cost.plus(of_clause);
            if of_clause.for_text(USUAL_TEXT) > costliest.1 {
                costliest = (Some(clause.place), of_clause.for_text(USUAL_TEXT));
            }
        }
        let units = cost.for_text(USUAL_TEXT);
        if units > MAX_COST {
            let place = costliest.0.map_or("the facts".to_owned(), |place| place.to_string());
            return Err(too_complex(format!(
                "evaluating could take {units} units, at most {MAX_COST} are allowed; most of it {place}"
            )));
        }
        Ok(cost)
    }

    fn clause(&self, place: Place, rule: &schema::Rule, times: u64, names: Names<'b>) -> Result<Clause<'b>, Refusal> {
        let distinct = |mut variables: Vec<u32>| {
            variables.sort_unstable();
            variables.dedup();
            variables
        };
        let bound = distinct(rule.body.iter().flat_map(variables).collect());
        let head = distinct(variables(&rule.head).collect());
        if head.iter().any(|variable| !bound.contains(variable)) {
            return Err(malformed("the head of a rule has a variable that its body does not have"));
        }
        if rule.body.len() > MAX_BODY {
            return Err(too_complex(format!("{place} has {} predicates, at most {MAX_BODY} are evaluated", rule.body.len())));
        }
        let variables = u64::try_from(bound.len()).unwrap_or(u64::MAX);
        // A term that is copied or compared may be the largest there is.
        let term = 1_u64.saturating_add(self.sizes.largest_term() >> 1);
        let widest = rule.body.iter().chain([&rule.head]).map(|predicate| predicate.terms.len()).max().unwrap_or_default();
        let terms = variables.saturating_add(u64::try_from(widest).unwrap_or(u64::MAX)).saturating_mul(term);
        let expression = Expression { sizes: self.sizes, names, variables };
        let mut per_match = Cost::fixed(CLAUSE.saturating_add(terms));
        for one in &rule.expressions {
            per_match = per_match.plus(expression.cost(&one.ops)?);
        }
        Ok(Clause {
            place,
            head: predicate(&rule.head, names)?,
            head_variables: u32::try_from(head.len()).unwrap_or(u32::MAX),
            body: rule.body.iter().map(|body| predicate(body, names)).collect::<Result<_, _>>()?,
            per_step: STEP
                .saturating_add(u64::try_from(rule.body.len()).unwrap_or(u64::MAX).saturating_mul(2))
                .saturating_add(terms),
            per_match,
            times,
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
    fn clause_cost(&self, clause: &Clause<'b>, facts: &Facts<'b>, total: u64) -> Cost {
        let (mut combinations, mut cost) = (1_u64, CLAUSE);
        for body in &clause.body {
            let looked_at = combinations.saturating_mul(total.saturating_add(7)) >> 3;
            combinations = combinations.saturating_mul(count(facts, body));
            cost = cost.saturating_add(looked_at).saturating_add(combinations.saturating_mul(clause.per_step));
        }
        clause.per_match.times(combinations).plus(Cost::fixed(cost)).times(clause.times)
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
    if predicate.terms.len() > MAX_TERMS {
        return Err(too_complex(format!(
            "a fact or predicate has {} terms, at most {MAX_TERMS} are evaluated",
            predicate.terms.len()
        )));
    }
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
/// Every predicate takes some of the stack.
const MAX_BODY: usize = 32;
const MAX_TERMS: usize = 32;
