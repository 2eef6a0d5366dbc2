//! The patterns that `matches` may have: a part of the language whose cost can be told from its length.
//!
//! The engine compiles a pattern each time it uses it. A class as short as `\w` has hundreds of ranges, and doubles with `(?i)`; a word
//! boundary takes the fast way of matching away. So letters, classes that are written out, groups, choices and repetitions are
//! accepted, and nothing else.

use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{AssertionKind, Ast, ClassSet, ClassSetItem, GroupKind, RepetitionKind, RepetitionRange};

use super::too_complex;
use crate::rejection::Refusal;

/// Returns how many states the pattern has at the most.
pub(super) fn states(pattern: &str) -> Result<u64, Refusal> {
    if pattern.len() > MAX_LENGTH {
        return Err(too_complex(format!("a pattern has {} bytes, at most {MAX_LENGTH}", pattern.len())));
    }
    let parsed = ParserBuilder::new().nest_limit(MAX_NESTING).build().parse(pattern);
    // What is no pattern matches nothing, and costs no more than finding that out.
    let Ok(ast) = parsed else { return if nests_too_deep(pattern) { Err(refused("groups nested that deep")) } else { Ok(1) } };
    let states = count(&ast)?;
    if states > MAX_STATES {
        return Err(too_complex(format!("a pattern has {states} states, at most {MAX_STATES}")));
    }
    Ok(states)
}

fn count(ast: &Ast) -> Result<u64, Refusal> {
    let sum = |parts: &[Ast]| parts.iter().try_fold(1_u64, |sum, part| Ok::<_, Refusal>(sum.saturating_add(count(part)?)));
    match ast {
        Ast::Empty(_) => Ok(1),
        Ast::Literal(literal) if literal.c.is_ascii() => Ok(1),
        Ast::Literal(_) => Ok(4),
        // Every character there is: some states for each length of UTF-8.
        Ast::Dot(_) => Ok(ANY_CHARACTER),
        Ast::Assertion(assertion) => match assertion.kind {
            AssertionKind::StartLine | AssertionKind::EndLine | AssertionKind::StartText | AssertionKind::EndText => Ok(1),
            _ => Err(refused("a boundary of words")),
        },
        Ast::ClassBracketed(class) => match &class.kind {
            ClassSet::Item(item) => {
                let ranges = class_ranges(item)?;
                Ok(if class.negated { ranges.saturating_add(ANY_CHARACTER) } else { ranges })
            }
            ClassSet::BinaryOp(_) => Err(refused("an operation on classes")),
        },
        Ast::Repetition(repetition) => {
            let times = match &repetition.op.kind {
                RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore => 1,
                RepetitionKind::Range(RepetitionRange::Exactly(times) | RepetitionRange::AtLeast(times)) => *times,
                RepetitionKind::Range(RepetitionRange::Bounded(_, most)) => *most,
            };
            Ok(count(&repetition.ast)?.saturating_mul(u64::from(times).saturating_add(1)).saturating_add(1))
        }
        Ast::Group(group) => match &group.kind {
            GroupKind::NonCapturing(flags) if !flags.items.is_empty() => Err(refused("a flag")),
            GroupKind::NonCapturing(_) | GroupKind::CaptureIndex(_) | GroupKind::CaptureName { .. } => {
                Ok(count(&group.ast)?.saturating_add(2))
            }
        },
        Ast::Alternation(choices) => sum(&choices.asts),
        Ast::Concat(parts) => sum(&parts.asts),
        Ast::Flags(_) => Err(refused("a flag")),
        Ast::ClassUnicode(_) | Ast::ClassPerl(_) => Err(refused("a class by its name")),
    }
}

fn class_ranges(item: &ClassSetItem) -> Result<u64, Refusal> {
    match item {
        ClassSetItem::Empty(_) => Ok(1),
        ClassSetItem::Literal(literal) if literal.c.is_ascii() => Ok(1),
        ClassSetItem::Range(range) if range.start.c.is_ascii() && range.end.c.is_ascii() => Ok(1),
        ClassSetItem::Literal(_) | ClassSetItem::Range(_) => Err(refused("a class of other characters than ASCII")),
        ClassSetItem::Union(union) => union.items.iter().try_fold(1_u64, |sum, item| Ok(sum.saturating_add(class_ranges(item)?))),
        ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) | ClassSetItem::Perl(_) => Err(refused("a class by its name")),
        ClassSetItem::Bracketed(_) => Err(refused("a class inside a class")),
    }
}

/// Whether a pattern cannot be read because of the limit alone: the engine, which has another, could read it.
fn nests_too_deep(pattern: &str) -> bool {
    let limit = pattern.bytes().filter(|byte| b"([*+?{".contains(byte)).count();
    limit > usize::try_from(MAX_NESTING).unwrap_or(usize::MAX)
}

fn refused(what: &str) -> Refusal {
    too_complex(format!(
        "a pattern has {what}; letters, classes such as `[a-z0-9_]`, groups, choices and repetitions are evaluated"
    ))
}

/// In bytes.
const MAX_LENGTH: usize = 256;
const MAX_STATES: u64 = 256;
const MAX_NESTING: u32 = 16;
const ANY_CHARACTER: u64 = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_paths_are_accepted() {
        for pattern in ["^/reports/[0-9]+$", "^/(a|b)(/[a-z0-9_-]+)*/?$", "file[0-9]{1,3}\\.txt", "/x/.*", "[^/]+", "", "é"] {
            assert!(states(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn what_is_short_and_costly_is_refused() {
        for pattern in [
            "\\w+",
            "\\d",
            "\\pL",
            "(?i)a",
            "(?i:a)",
            "\\ba",
            "[\\w--a]",
            "[a&&b]",
            "[[a]]",
            "[[:alpha:]]",
            "[à-ý]",
            "a{300}",
            "(a{20}){20}",
            "((((((((((((((((((a))))))))))))))))))",
            &"(".repeat(100),
            &format!("a{}", "*".repeat(200)),
            &"a".repeat(257),
        ] {
            assert!(states(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_costs_nothing() {
        for pattern in ["(", "[", "a**b{", "*"] {
            assert!(states(pattern).is_ok(), "{pattern}");
        }
    }
}
