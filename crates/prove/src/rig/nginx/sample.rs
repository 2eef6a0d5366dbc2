//! Texts that a regular expression is for.

use regex_syntax::hir::{Hir, HirKind};

/// A few texts in which an expression finds something; none if it is one that only PCRE knows.
pub(in crate::rig) fn of(expression: &str) -> Vec<String> {
    let Ok(parsed) = regex_syntax::Parser::new().parse(expression) else { return Vec::new() };
    let mut found = texts(&parsed);
    found.retain(|text| !text.is_empty() && !text.contains(char::is_control));
    found.truncate(MOST);
    found
}

/// The texts of each part, put together; expressions nest as deep as their parser lets them, which is not much.
fn texts(hir: &Hir) -> Vec<String> {
    let made = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => vec![String::from_utf8_lossy(&literal.0).into_owned()],
        HirKind::Class(_) => vec![one(hir)],
        HirKind::Repetition(repeated) => {
            let times = usize::try_from(repeated.min).unwrap_or(MOST_TIMES).clamp(1, MOST_TIMES);
            texts(&repeated.sub).into_iter().map(|text| text.repeat(times)).collect()
        }
        HirKind::Capture(group) => texts(&group.sub),
        HirKind::Concat(parts) => {
            let mut made = vec![String::new()];
            for part in parts {
                let next = texts(part);
                made = made.iter().flat_map(|start| next.iter().map(move |text| format!("{start}{text}"))).take(MOST).collect();
            }
            made
        }
        HirKind::Alternation(ways) => ways.iter().flat_map(texts).collect(),
    };
    made.into_iter().take(MOST).collect()
}

/// A character of a class: an ordinary one, if there is one.
fn one(hir: &Hir) -> String {
    let HirKind::Class(class) = hir.kind() else { return String::new() };
    let is_in = |character: char| match class {
        regex_syntax::hir::Class::Unicode(class) => {
            class.ranges().iter().any(|range| range.start() <= character && character <= range.end())
        }
        regex_syntax::hir::Class::Bytes(class) => u8::try_from(character)
            .is_ok_and(|byte| class.ranges().iter().any(|range| range.start() <= byte && byte <= range.end())),
    };
    let ordinary = ['x', 'a', '1', '/', '-', '.', '_'];
    ordinary.into_iter().chain('!'..='~').find(|character| is_in(*character)).map(String::from).unwrap_or_default()
}

/// How many texts are made of one expression.
const MOST: usize = 12;
/// How often a part of one is repeated.
const MOST_TIMES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_the_expression_is_for() {
        assert_eq!(of(r"\.(zip|tar\.gz)$"), [".zip", ".tar.gz"]);
        assert_eq!(of(r"^/v[0-9]+/x?"), ["/v1/x"]);
        assert_eq!(of(r"(?=a)"), Vec::<String>::new());
    }
}
