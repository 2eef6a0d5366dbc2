//! The logic of a verified biscuit, translated once and evaluated on each request.
//!
//! Translation, rules, queries and expressions are `biscuit-auth`'s; what is kept here is their result, so that a remembered
//! token costs a request no more than its own facts. `samples` holds the answers to be those of `biscuit-auth` itself.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use biscuit_auth::builder::{CheckKind, PolicyKind};
use biscuit_auth::datalog::{
    self, Binary, Fact, MapKey, Op, Origin, Predicate, Rule, RunLimits, SymbolTable, Term, TrustedOrigins, Unary, World, fact,
};
use biscuit_auth::error::{Execution, Expression, RunLimit};

use super::blocks::{Block, Blocks, BlocksOfKey};
use super::operator::OperatorCode;
use crate::json::Quoted;
use crate::time::UnixTime;

/// What is known of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestFacts<'r> {
    /// `operation`: the method, as sent.
    pub(crate) operation: &'r str,
    /// `resource`: the decoded path, without a trailing slash.
    pub(crate) resource: &'r str,
    /// `host`: canonical, without port.
    pub(crate) host: &'r str,
    /// `time`.
    pub(crate) now: UnixTime,
    /// `client_ip`, if somebody vouches for it.
    pub(crate) client: Option<IpAddr>,
}

/// Facts, rules, checks and policies with one table of symbols.
#[derive(Clone)]
pub(super) struct Program {
    symbols: SymbolTable,
    world: World,
    has_rules: bool,
    checks: Vec<Check>,
    policies: Vec<Policy>,
}

/// A check of a block, or of the operator.
#[derive(Clone)]
struct Check {
    /// `None` for the operator's.
    block: Option<usize>,
    number: usize,
    kind: CheckKind,
    queries: Vec<Query>,
}

#[derive(Clone)]
struct Policy {
    kind: PolicyKind,
    queries: Vec<Query>,
}

/// A query and the blocks whose facts it sees.
#[derive(Clone)]
struct Query {
    rule: Rule,
    trusted: TrustedOrigins,
}

/// What the evaluation says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every check holds, and the policy of this number allows.
    Allowed(usize),
    Refused {
        policy: MatchedPolicy,
        failed: Vec<FailedCheck>,
    },
    /// An expression has no value, because of a wrong type or an overflow: in this check, or in a rule or policy.
    Faulty(Option<FailedCheck>, Expression),
    /// The limits of facts or iterations are reached.
    TooMuch(RunLimit),
}

/// The operator's policy that matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MatchedPolicy {
    Allow(usize),
    Deny(usize),
    None,
}

/// A check that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FailedCheck {
    /// `None` for the operator's.
    pub(super) block: Option<usize>,
    pub(super) number: usize,
    /// `None` if it is too long to be shown.
    pub(super) text: Option<String>,
}

impl Program {
    /// Joins a verified token and the operator's code.
    pub(super) fn new(blocks: Blocks, code: &OperatorCode) -> Self {
        let Blocks { blocks, symbols, blocks_of_key } = blocks;
        let mut program = Self { symbols, world: World::new(), has_rules: false, checks: Vec::new(), policies: Vec::new() };
        let operator = code.block(&mut program.symbols, OPERATOR, &blocks_of_key);
        let trusted = operator.trusted.clone();
        let query = |rule| Query::new(rule, &trusted, OPERATOR, &blocks_of_key);
        for (kind, rules) in code.policies(&mut program.symbols) {
            program.policies.push(Policy { kind, queries: rules.into_iter().map(query).collect() });
        }
        // The operator's checks are first, as in `Authorizer::authorize`.
        program.add(operator, OPERATOR, &blocks_of_key);
        for (index, block) in blocks.into_iter().enumerate() {
            program.add(block, index, &blocks_of_key);
        }
        program
    }

    fn add(&mut self, block: Block, index: usize, blocks_of_key: &BlocksOfKey) {
        let query = |rule| Query::new(rule, &block.trusted, index, blocks_of_key);
        let origin: Origin = [index].iter().collect();
        for fact in block.facts {
            self.world.add_fact(&origin, fact);
        }
        for rule in block.rules {
            let Query { rule, trusted } = query(rule);
            self.world.add_rule(index, &trusted, rule);
            self.has_rules = true;
        }
        for (number, check) in block.checks.into_iter().enumerate() {
            let queries = check.queries.into_iter().map(query).collect();
            self.checks.push(Check { block: (index != OPERATOR).then_some(index), number, kind: check.kind, queries });
        }
    }

    /// Returns how many checks there are.
    pub(super) fn checks(&self) -> usize {
        self.checks.len()
    }

    /// Evaluates with the facts of a request.
    pub(super) fn evaluate(&self, facts: &RequestFacts<'_>) -> Verdict {
        let (mut symbols, mut world) = (self.symbols.clone(), self.world.clone());
        let origin: Origin = [OPERATOR].iter().collect();
        for fact in facts.facts(&mut symbols) {
            world.add_fact(&origin, fact);
        }
        self.run(world, &symbols)
    }

    /// Evaluates with no more than the facts of token and operator.
    #[cfg(test)]
    pub(super) fn evaluate_alone(&self) -> Verdict {
        self.run(self.world.clone(), &self.symbols)
    }

    fn run(&self, mut world: World, symbols: &SymbolTable) -> Verdict {
        let stopped = |check: Option<&Check>, error| match error {
            Execution::RunLimit(limit) => Verdict::TooMuch(limit),
            Execution::Expression(error) => Verdict::Faulty(check.map(|check| check.failed(symbols)), error),
        };
        if self.has_rules
            && let Err(error) = world.run_with_limits(symbols, limits())
        {
            return stopped(None, error);
        }
        let mut failed = Vec::new();
        for check in &self.checks {
            match check.holds(&world, symbols) {
                Ok(true) => {}
                Ok(false) => failed.push(check.failed(symbols)),
                Err(error) => return stopped(Some(check), error),
            }
        }
        match self.matched_policy(&world, symbols) {
            Ok(MatchedPolicy::Allow(number)) if failed.is_empty() => Verdict::Allowed(number),
            Ok(policy) => Verdict::Refused { policy, failed },
            Err(error) => stopped(None, error),
        }
    }

    fn matched_policy(&self, world: &World, symbols: &SymbolTable) -> Result<MatchedPolicy, Execution> {
        for (number, policy) in self.policies.iter().enumerate() {
            for query in &policy.queries {
                if query.matches(OPERATOR, world, symbols)? > 0 {
                    return Ok(match policy.kind {
                        PolicyKind::Allow => MatchedPolicy::Allow(number),
                        PolicyKind::Deny => MatchedPolicy::Deny(number),
                    });
                }
            }
        }
        Ok(MatchedPolicy::None)
    }
}

impl Check {
    fn failed(&self, symbols: &SymbolTable) -> FailedCheck {
        let text = self.is_short(symbols).then(|| {
            let queries = self.queries.iter().map(|query| query.rule.clone()).collect();
            symbols.print_check(&datalog::Check { queries, kind: self.kind.clone() })
        });
        FailedCheck { block: self.block, number: self.number, text }
    }

    /// Whether its text may be written: writing copies what was written before, again and again.
    fn is_short(&self, symbols: &SymbolTable) -> bool {
        let mut length = Length { symbols, left: MAX_TEXT };
        self.queries.iter().all(|query| length.takes_rule(&query.rule))
    }

    /// Whether it holds: one of its queries has to match, or none for `reject if`.
    fn holds(&self, world: &World, symbols: &SymbolTable) -> Result<bool, Execution> {
        let origin = self.block.unwrap_or(OPERATOR);
        let mut matched = false;
        for query in &self.queries {
            let matches = query.matches(origin, world, symbols)?;
            matched |= match self.kind {
                CheckKind::One | CheckKind::Reject => matches > 0,
                CheckKind::All => matches > 0 && matches == query.without_expressions().matches(origin, world, symbols)?,
            };
            if matched {
                break;
            }
        }
        // `reject if` fails if any of its queries matches; `biscuit-auth` 6.0.0 lets it hold if any does not.
        Ok(if self.kind == CheckKind::Reject { !matched } else { matched })
    }
}

impl Query {
    fn new(rule: Rule, of_block: &TrustedOrigins, index: usize, blocks_of_key: &BlocksOfKey) -> Self {
        Self { trusted: TrustedOrigins::from_scopes(&rule.scopes, of_block, index, blocks_of_key), rule }
    }

    fn without_expressions(&self) -> Self {
        let mut query = self.clone();
        query.rule.expressions.clear();
        query
    }

    /// Counts the combinations of facts that it holds for.
    ///
    /// All of them are looked at, and one whose expression has no value is an error even if others hold: facts have no order, so
    /// stopping at the first of either would give one answer now and another one the next time.
    fn matches(&self, origin: usize, world: &World, symbols: &SymbolTable) -> Result<usize, Execution> {
        let (mut count, mut faults) = (0_usize, Vec::new());
        for found in self.rule.apply(world.facts.iterator(&self.trusted), origin, symbols, &world.extern_funcs) {
            match found {
                Ok(_) => count = count.saturating_add(1),
                Err(error) => faults.push(error),
            }
        }
        match faults.into_iter().min_by_key(ToString::to_string) {
            None => Ok(count),
            Some(error) => Err(Execution::Expression(error)),
        }
    }
}

impl RequestFacts<'_> {
    /// Returns the length of the longest text, in bytes.
    pub(super) fn longest_text(&self) -> usize {
        self.operation.len().max(self.resource.len()).max(self.host.len())
    }

    fn facts(&self, symbols: &mut SymbolTable) -> Vec<Fact> {
        let client = self.client.map(|client| client.to_string());
        let texts = [
            ("operation", Some(self.operation)),
            ("resource", Some(self.resource)),
            ("host", Some(self.host)),
            ("client_ip", client.as_deref()),
        ];
        let mut facts = Vec::with_capacity(texts.len().saturating_add(1));
        for (name, text) in texts {
            let Some(text) = text else { continue };
            let term = symbols.add(text);
            facts.push(fact(symbols.insert(name), &[term]));
        }
        facts.push(fact(symbols.insert("time"), &[Term::Date(self.now.as_secs())]));
        facts
    }
}

impl fmt::Display for FailedCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.block {
            Some(block) => write!(formatter, "check {} of block {block}, ", self.number)?,
            None => write!(formatter, "check {} of `policy`, ", self.number)?,
        }
        match &self.text {
            Some(text) => write!(formatter, "{}", Quoted(text)),
            None => formatter.write_str("which is too long to be shown"),
        }
    }
}

impl fmt::Display for MatchedPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow(number) => write!(formatter, "rule {number} of `policy` allows"),
            Self::Deny(number) => write!(formatter, "rule {number} of `policy` denies"),
            Self::None => formatter.write_str("nothing in `policy` allows"),
        }
    }
}

/// How much text may still be written.
struct Length<'s> {
    symbols: &'s SymbolTable,
    left: usize,
}

impl Length<'_> {
    fn takes_rule(&mut self, rule: &Rule) -> bool {
        let of_predicate = |length: &mut Self, predicate: &Predicate| {
            length.takes(length.of_symbol(predicate.name)) && predicate.terms.iter().all(|term| length.takes_term(term))
        };
        rule.body.iter().all(|predicate| of_predicate(self, predicate))
            && rule.expressions.iter().all(|expression| self.takes_ops(&expression.ops))
            && self.takes(rule.scopes.len().saturating_mul(80))
    }

    fn takes_ops(&mut self, ops: &[Op]) -> bool {
        ops.iter().all(|op| match op {
            Op::Value(term) => self.takes_term(term),
            Op::Closure(params, ops) => self.takes(params.len().saturating_mul(16)) && self.takes_ops(ops),
            Op::Unary(Unary::Ffi(name)) | Op::Binary(Binary::Ffi(name)) => self.takes(self.of_symbol(*name)),
            Op::Unary(_) | Op::Binary(_) => self.takes(16),
        })
    }

    fn takes_term(&mut self, term: &Term) -> bool {
        match term {
            Term::Str(symbol) => self.takes(self.of_symbol(*symbol)),
            Term::Variable(symbol) => self.takes(self.of_symbol((*symbol).into())),
            Term::Integer(_) | Term::Date(_) | Term::Bool(_) | Term::Null => self.takes(24),
            Term::Bytes(bytes) => self.takes(bytes.len().saturating_mul(2)),
            Term::Set(set) => set.iter().all(|term| self.takes_term(term)),
            Term::Array(array) => array.iter().all(|term| self.takes_term(term)),
            Term::Map(map) => map.iter().all(|(key, term)| {
                let key = match key {
                    MapKey::Integer(_) => 24,
                    MapKey::Str(symbol) => self.of_symbol(*symbol),
                };
                self.takes(key) && self.takes_term(term)
            }),
        }
    }

    fn of_symbol(&self, symbol: u64) -> usize {
        self.symbols.get_symbol(symbol).map_or(24, str::len).saturating_add(4)
    }

    fn takes(&mut self, length: usize) -> bool {
        let left = self.left.checked_sub(length);
        self.left = left.unwrap_or_default();
        left.is_some()
    }
}

/// In bytes: some times what is shown of a check, and little enough to be written over and over.
const MAX_TEXT: usize = 1_500;
/// Facts and iterations are bounded; time is not, because then a decision would depend on how busy the machine is: what an
/// evaluation may cost has been bounded before it begins.
pub(super) fn limits() -> RunLimits {
    RunLimits { max_facts: MAX_FACTS, max_iterations: MAX_ITERATIONS, max_time: Duration::from_secs(3_600) }
}

/// What `biscuit-auth` calls the authorizer, as the origin of facts and rules.
const OPERATOR: usize = usize::MAX;
/// The default of `biscuit-auth`.
pub(super) const MAX_FACTS: u64 = 1_000;
/// Rules that build on rules twenty deep.
pub(super) const MAX_ITERATIONS: u64 = 20;
