//! Text of a client inside a sentence for the operator.

use std::fmt::{self, Write as _};

/// Shows text in backticks: what could act on a terminal or a log is escaped, and what is long is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quoted<'t>(pub(crate) &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_char('`')?;
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(MAX_SHOWN) {
            match character {
                '`' => formatter.write_str("\\u{60}")?,
                '\'' | '"' => formatter.write_char(character)?,
                _ => write!(formatter, "{}", character.escape_debug())?,
            }
        }
        if characters.next().is_some() {
            formatter.write_char('…')?;
        }
        formatter.write_char('`')
    }
}

/// In characters: enough to recognise a value, too few to flood a log.
const MAX_SHOWN: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_forge_a_line_or_end_the_quote_is_escaped() {
        let hostile = Quoted("a`b\r\n\u{1b}[31m\0\u{202e}é\"'");
        assert_eq!(hostile.to_string(), "`a\\u{60}b\\r\\n\\u{1b}[31m\\0\\u{202e}é\"'`");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(Quoted(&"é".repeat(100)).to_string().chars().count(), 102);
        assert_eq!(Quoted(&"é".repeat(5_000)).to_string().chars().count(), 103);
    }
}
