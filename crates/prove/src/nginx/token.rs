//! The pieces of a configuration.

use std::borrow::Cow;

use crate::nginx::fault::Cause;

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// The first byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
    /// What nginx would refuse about it, whatever stands around it.
    pub cause: Option<Cause>,
    /// Whether it stands directly behind a closing quote, where it may not.
    pub glued: bool,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Spaces, tabs, CR and LF.
    Space,
    /// From `#` to the end of the line, without the line feed.
    Comment,
    /// A name or an argument, quotes included.
    Word(Quote),
    /// `;`
    Semicolon,
    /// `{`
    Open,
    /// `}`
    Close,
    /// The inside of a `*_by_lua_block`.
    Lua,
}

/// How a word is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// Not at all.
    None,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
}

impl Token {
    /// Whether it is a string that is not closed.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.cause, Some(Cause::NoQuote(_) | Cause::QuoteMissing { .. }))
    }

    /// The word as directives see it: without quotes, and with escapes folded.
    #[must_use]
    pub fn value<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let raw = text.get(self.start..self.end).unwrap_or_default();
        let quote: &[u8] = match self.kind {
            Kind::Word(Quote::Single) => b"'",
            Kind::Word(Quote::Double) => b"\"",
            _ => b"",
        };
        let inner = raw.strip_prefix(quote).unwrap_or(raw);
        let inner = if self.is_open() { inner } else { inner.strip_suffix(quote).unwrap_or(inner) };
        unescape(inner)
    }
}

/// Folds the six escapes that there are; a backslash before anything else stays.
fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.contains(&b'\\') {
        return Cow::Borrowed(raw);
    }
    let mut value = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let folded = match bytes.peek() {
            Some(next @ (b'"' | b'\'' | b'\\')) if byte == b'\\' => Some(*next),
            Some(b't') if byte == b'\\' => Some(b'\t'),
            Some(b'r') if byte == b'\\' => Some(b'\r'),
            Some(b'n') if byte == b'\\' => Some(b'\n'),
            _ => None,
        };
        if folded.is_some() {
            bytes.next();
        }
        value.push(folded.unwrap_or(byte));
    }
    Cow::Owned(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_escapes_are_folded_and_others_stay() {
        for (raw, value) in [
            ("ab", "ab"),
            (r#"\"\'\\"#, r#""'\"#),
            (r"\t\r\n", "\t\r\n"),
            (r"\.\d\$\x", r"\.\d\$\x"),
            (r"\\n\\\n", "\\n\\\n"),
            (r"a\", r"a\"),
        ] {
            assert_eq!(unescape(raw.as_bytes()), value.as_bytes(), "{raw}");
        }
    }
}
