//! What one evaluation of an expression may cost.

use biscuit_auth::format::schema::op::Content as Op;
use biscuit_auth::format::schema::op_binary::Kind as Binary;
use biscuit_auth::format::schema::op_unary::Kind as Unary;
use biscuit_auth::format::schema::term::Content as Term;
use biscuit_auth::format::schema::{self, map_key};
use regex::RegexBuilder;

use super::names::Names;
use super::too_complex;
use crate::rejection::Refusal;

/// What the terms of a whole token hold, added up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sizes {
    /// Elements of sets, arrays and maps.
    pub(super) elements: u64,
    /// Texts that are translated from one table of symbols to another.
    pub(super) texts: u64,
}

impl Sizes {
    /// Adds what a term holds, nested terms included; numbers have to stand for something.
    pub(super) fn count_term(&mut self, term: &schema::Term, names: Names<'_>) -> Result<(), Refusal> {
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
                    self.count_term(&entry.value, names)?;
                }
                return Ok(());
            }
            Some(Term::Integer(_) | Term::Date(_) | Term::Bool(_) | Term::Null(_)) | None => return Ok(()),
        };
        self.elements = self.elements.saturating_add(u64::try_from(nested.len()).unwrap_or(u64::MAX));
        nested.iter().try_for_each(|term| self.count_term(term, names))
    }

    pub(super) fn count_predicate(&mut self, predicate: &schema::Predicate, names: Names<'_>) -> Result<(), Refusal> {
        self.texts = self.texts.saturating_add(1);
        predicate.terms.iter().try_for_each(|term| self.count_term(term, names))
    }

    pub(super) fn count_ops(&mut self, ops: &[schema::Op], names: Names<'_>) -> Result<(), Refusal> {
        ops.iter().try_for_each(|op| match &op.content {
            Some(Op::Value(term)) => self.count_term(term, names),
            Some(Op::Closure(closure)) => self.count_ops(&closure.ops, names),
            Some(Op::Unary(_) | Op::Binary(_)) | None => Ok(()),
        })
    }
}

/// Bounds one evaluation of the operations.
///
/// A closure with a parameter runs once for each element of a collection; since it may be a collection that was computed, all
/// elements of the token count. Texts are joined a few times at the most, because each joining copies all that came before.
pub(super) fn cost(ops: &[schema::Op], sizes: Sizes, names: Names<'_>) -> Result<u64, Refusal> {
    let (mut cost, mut joinings) = (0_u64, 0_u64);
    let mut before: Option<&schema::Op> = None;
    for op in ops {
        let of_op = match &op.content {
            None => 1,
            Some(Op::Value(term)) => {
                let mut of_term = Sizes::default();
                of_term.count_term(term, names)?;
                VALUE.saturating_add(of_term.elements.saturating_mul(ELEMENT))
            }
            Some(Op::Unary(unary)) if unary.kind() == Unary::TypeOf => symbol_cost(names),
            Some(Op::Unary(_)) => OPERATION,
            Some(Op::Binary(binary)) => match Binary::from_i32(binary.kind) {
                Some(Binary::Regex) => {
                    check_pattern(before, names)?;
                    PATTERN
                }
                Some(Binary::Add) => {
                    joinings = joinings.saturating_add(1);
                    if joinings > MAX_JOININGS {
                        return Err(too_complex(format!("an expression has more than {MAX_JOININGS} additions")));
                    }
                    joinings.saturating_mul(JOINING).saturating_add(symbol_cost(names))
                }
                Some(Binary::Contains | Binary::Prefix | Binary::Suffix) => {
                    SEARCH.saturating_add(sizes.elements.saturating_mul(ELEMENT))
                }
                Some(Binary::Intersection | Binary::Union) => OPERATION.saturating_add(sizes.elements.saturating_mul(ELEMENT)),
                Some(_) | None => OPERATION,
            },
            Some(Op::Closure(closure)) => {
                let body = self::cost(&closure.ops, sizes, names)?.saturating_add(CLOSURE);
                let times = if closure.params.is_empty() { 1 } else { sizes.elements.max(1) };
                body.saturating_mul(times)
            }
        };
        cost = cost.saturating_add(of_op);
        before = Some(op);
    }
    Ok(cost)
}

/// A pattern is compiled each time it is used, so it must be there as it is, and be small when compiled.
fn check_pattern(before: Option<&schema::Op>, names: Names<'_>) -> Result<(), Refusal> {
    let pattern = match before.and_then(|op| op.content.as_ref()) {
        Some(Op::Value(schema::Term { content: Some(Term::String(symbol)) })) => Some(names.get(*symbol)?),
        _ => None,
    };
    let pattern = pattern.ok_or_else(|| too_complex("the pattern of `matches` is not a text that stands there".to_owned()))?;
    if pattern.len() > MAX_PATTERN {
        return Err(too_complex(format!("a pattern has {} bytes, at most {MAX_PATTERN}", pattern.len())));
    }
    // A pattern that is none matches nothing, which costs nothing.
    match RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build() {
        Err(regex::Error::CompiledTooBig(_)) => Err(too_complex(format!(
            "a pattern takes more than {MAX_COMPILED} bytes when compiled; `[a-z0-9_]` takes less than `\\w`"
        ))),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A text that was made is looked for among all symbols.
fn symbol_cost(names: Names<'_>) -> u64 {
    OPERATION.saturating_add(u64::try_from(names.0.len() >> 5).unwrap_or(u64::MAX))
}

// In units of a tenth of a microsecond.
const VALUE: u64 = 1;
const OPERATION: u64 = 2;
/// An element of a collection that is copied or compared.
const ELEMENT: u64 = 1;
/// A text looked for in one of 8 KiB, the longest path.
const SEARCH: u64 = 10;
/// A text of 8 KiB copied once.
const JOINING: u64 = 10;
/// A closure's operations and the variables around it are copied for each element.
const CLOSURE: u64 = 5;
/// Compiling a pattern of [`MAX_COMPILED`] bytes and matching a path of 8 KiB.
const PATTERN: u64 = 10_000;

const MAX_JOININGS: u64 = 8;
/// In bytes.
const MAX_PATTERN: usize = 256;
/// In bytes, of the automaton.
const MAX_COMPILED: usize = 16 * 1024;
