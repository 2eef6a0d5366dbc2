//! What one evaluation of an expression may cost.

use biscuit_auth::format::schema::op::Content as Op;
use biscuit_auth::format::schema::op_binary::Kind as Binary;
use biscuit_auth::format::schema::op_unary::Kind as Unary;
use biscuit_auth::format::schema::term::Content as Term;
use biscuit_auth::format::schema::{self, map_key};

use super::cost::Cost;
use super::names::Names;
use super::{pattern, too_complex};
use crate::rejection::Refusal;

/// What the terms of a whole token hold, added up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sizes {
    /// Elements of sets, arrays and maps, and sixteenths of byte strings, all together.
    pub(super) elements: u64,
    /// Those of the largest term.
    largest: u64,
    /// Whether collections are joined: then one may come to have all elements.
    has_union: bool,
    /// Texts that are translated from one table of symbols to another.
    pub(super) texts: u64,
    /// Symbols of all blocks: a text that was made is looked for among them.
    pub(super) symbols: u64,
}

impl Sizes {
    /// Bounds the elements of any term there is or may come to be.
    pub(super) fn largest_term(&self) -> u64 {
        // Of a map, an entry with its key is handed to a closure.
        if self.has_union { self.elements } else { self.largest.saturating_add(u64::from(self.largest > 0)) }
    }

    /// Adds what a term holds; numbers have to stand for something.
    fn count_term(&mut self, term: &schema::Term, names: Names<'_>) -> Result<(), Refusal> {
        let before = self.elements;
        self.count_nested(term, names)?;
        self.largest = self.largest.max(self.elements.saturating_sub(before));
        Ok(())
    }

    fn count_nested(&mut self, term: &schema::Term, names: Names<'_>) -> Result<(), Refusal> {
        let nested = match &term.content {
            Some(Term::String(symbol)) => {
                self.texts = self.texts.saturating_add(1);
                return names.get(*symbol).map(drop);
            }
            Some(Term::Variable(symbol)) => return names.get((*symbol).into()).map(drop),
            Some(Term::Bytes(bytes)) => {
                self.elements = self.elements.saturating_add(u64::try_from(bytes.len() >> 4).unwrap_or(u64::MAX));
                return Ok(());
            }
            Some(Term::Set(set)) => &set.set,
            Some(Term::Array(array)) => &array.array,
            Some(Term::Map(map)) => {
                for entry in &map.entries {
                    if let Some(map_key::Content::String(symbol)) = &entry.key.content {
                        self.texts = self.texts.saturating_add(1);
                        names.get(*symbol)?;
                    }
                    self.elements = self.elements.saturating_add(1);
                    self.count_nested(&entry.value, names)?;
                }
                return Ok(());
            }
            Some(Term::Integer(_) | Term::Date(_) | Term::Bool(_) | Term::Null(_)) | None => return Ok(()),
        };
        self.elements = self.elements.saturating_add(u64::try_from(nested.len()).unwrap_or(u64::MAX));
        nested.iter().try_for_each(|term| self.count_nested(term, names))
    }

    pub(super) fn count_predicate(&mut self, predicate: &schema::Predicate, names: Names<'_>) -> Result<(), Refusal> {
        self.texts = self.texts.saturating_add(1);
        predicate.terms.iter().try_for_each(|term| self.count_term(term, names))
    }

    pub(super) fn count_ops(&mut self, ops: &[schema::Op], names: Names<'_>) -> Result<(), Refusal> {
        ops.iter().try_for_each(|op| match &op.content {
            Some(Op::Value(term)) => self.count_term(term, names),
            Some(Op::Closure(closure)) => self.count_ops(&closure.ops, names),
            Some(Op::Binary(binary)) => {
                self.has_union |= binary.kind() == Binary::Union;
                Ok(())
            }
            Some(Op::Unary(_)) | None => Ok(()),
        })
    }
}

/// One expression of a clause.
#[derive(Clone, Copy)]
pub(super) struct Expression<'c> {
    pub(super) sizes: Sizes,
    pub(super) names: Names<'c>,
    /// Variables that are bound around it, each of which a closure copies.
    pub(super) variables: u64,
}

impl Expression<'_> {
    /// Bounds one evaluation.
    pub(super) fn cost(&self, ops: &[schema::Op]) -> Result<Cost, Refusal> {
        let additions = additions(ops);
        if additions > MAX_ADDITIONS {
            return Err(too_complex(format!("an expression has {additions} additions, at most {MAX_ADDITIONS}")));
        }
        // No text is longer than all that can be joined.
        self.cost_within(ops, additions.saturating_add(1), 0)
    }

    fn cost_within(&self, ops: &[schema::Op], texts: u64, depth: u32) -> Result<Cost, Refusal> {
        if depth > MAX_DEPTH {
            return Err(too_complex(format!("closures are nested deeper than {MAX_DEPTH}")));
        }
        let term = self.term();
        let mut cost = Cost::default();
        for (index, op) in ops.iter().enumerate() {
            cost = cost.plus(match &op.content {
                None => Cost::fixed(1),
                Some(Op::Value(_)) => Cost::fixed(term),
                Some(Op::Unary(unary)) if unary.kind() == Unary::TypeOf => Cost::fixed(term.saturating_add(self.new_text())),
                Some(Op::Unary(_)) => Cost::fixed(term),
                Some(Op::Binary(binary)) => match Binary::from_i32(binary.kind) {
                    Some(Binary::Regex) => self.matching(ops.get(..index).unwrap_or_default())?,
                    Some(Binary::Add) => {
                        Cost::per_text(JOINING).times(texts).plus(Cost::fixed(term.saturating_add(self.new_text())))
                    }
                    Some(Binary::Contains | Binary::Prefix | Binary::Suffix) => {
                        Cost::per_text(SEARCHING).times(texts).plus(Cost::fixed(term.saturating_mul(2)))
                    }
                    Some(_) | None => Cost::fixed(term.saturating_mul(2)),
                },
                Some(Op::Closure(closure)) => {
                    let copy = self.copy(&closure.ops);
                    let body = self.cost_within(&closure.ops, texts, depth.saturating_add(1))?;
                    let bound = self.variables.saturating_add(1).saturating_mul(term);
                    let times = if closure.params.is_empty() { 1 } else { self.sizes.largest_term().max(1) };
                    let once = body.plus(Cost::fixed(copy.saturating_add(term).saturating_add(CLOSURE)));
                    once.times(times).plus(Cost::fixed(copy.saturating_add(bound)))
                }
            });
        }
        Ok(cost)
    }

    /// Copying the operations of a closure, nested ones included.
    fn copy(&self, ops: &[schema::Op]) -> u64 {
        ops.iter().fold(0, |sum, op| {
            let of_op = match &op.content {
                Some(Op::Closure(closure)) => self.copy(&closure.ops).saturating_add(1),
                Some(Op::Value(_)) => self.term(),
                Some(Op::Unary(_) | Op::Binary(_)) | None => 1,
            };
            sum.saturating_add(of_op)
        })
    }

    /// A pattern has to stand there as it is, and be matched against a text that does.
    fn matching(&self, before: &[schema::Op]) -> Result<Cost, Refusal> {
        let is_given = |op: &schema::Op| {
            matches!(&op.content, Some(Op::Value(schema::Term { content: Some(Term::String(_) | Term::Variable(_)) })))
        };
        let [.., text, pattern] = before else { return Ok(Cost::fixed(1)) };
        let pattern = match &pattern.content {
            Some(Op::Value(schema::Term { content: Some(Term::String(symbol)) })) => self.names.get(*symbol)?,
            _ => return Err(too_complex("the pattern of `matches` is not a text that stands there".to_owned())),
        };
        if !is_given(text) {
            return Err(too_complex("what `matches` looks at is neither a variable nor a text that stands there".to_owned()));
        }
        let states = pattern::states(pattern)?;
        let compiling = COMPILING.saturating_add(states.saturating_mul(COMPILING_STATE));
        Ok(Cost::per_text(states.saturating_mul(MATCHING)).plus(Cost::fixed(compiling)))
    }

    /// Copying or comparing a term, which may be the largest there is.
    fn term(&self) -> u64 {
        VALUE.saturating_add(self.sizes.largest_term() >> 1)
    }

    /// A text that was made is looked for among all there are.
    fn new_text(&self) -> u64 {
        VALUE.saturating_add(self.sizes.symbols >> 5)
    }
}

/// Counts the additions, those in closures included.
fn additions(ops: &[schema::Op]) -> u64 {
    ops.iter().fold(0, |sum, op| {
        let of_op = match &op.content {
            Some(Op::Binary(binary)) => u64::from(binary.kind() == Binary::Add),
            Some(Op::Closure(closure)) => additions(&closure.ops),
            Some(Op::Value(_) | Op::Unary(_)) | None => 0,
        };
        sum.saturating_add(of_op)
    })
}

// In units of a tenth of a microsecond.
/// A number or a symbol that is copied or compared.
const VALUE: u64 = 1;
/// What goes around a closure's own operations.
const CLOSURE: u64 = 6;
/// Reading and compiling a pattern.
const COMPILING: u64 = 230;
const COMPILING_STATE: u64 = 5;

// In the same units, for each KiB of the longest text.
/// A text looked for in another.
const SEARCHING: u64 = 2;
/// A text copied twice.
const JOINING: u64 = 4;
/// One state of a pattern.
const MATCHING: u64 = 6;

const MAX_ADDITIONS: u64 = 8;
const MAX_DEPTH: u32 = 8;
