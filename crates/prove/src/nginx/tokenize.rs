//! The tokens of a configuration, by the rules of `ngx_conf_read_token`.
//!
//! They cover every byte: the first starts at 0, each of the others where the one before ends, the last ends with the text. nginx
//! has few rules, and not those that one would guess: a quote opens a string only at the start of a word, `}` and `#` are special
//! only there too, and a `{` behind `$` belongs to the word.

use crate::nginx::fault::{Cause, HELD};
use crate::nginx::lua;
use crate::nginx::token::{Kind, Quote, Token};

/// Reads tokens one after the other.
///
/// # Example
/// ```
/// use gatewright_prove::nginx::{Kind, Quote, Tokens};
/// let text = b"try_files $uri $uri/ 'a b';";
/// let words = Tokens::new(text).filter(|token| matches!(token.kind, Kind::Word(_)));
/// let values: Vec<_> = words.map(|word| word.value(text).into_owned()).collect();
/// assert_eq!(values, [&b"try_files"[..], b"$uri", b"$uri/", b"a b"]);
/// ```
#[derive(Clone, Debug)]
pub struct Tokens<'t> {
    text: &'t [u8],
    at: usize,
    /// Whether a closing quote stands directly before.
    quoted: bool,
}

impl<'t> Tokens<'t> {
    /// Starts at the first byte.
    #[must_use]
    pub const fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0, quoted: false }
    }

    /// Takes what follows as Lua, up to the `}` that ends it.
    pub fn lua(&mut self) -> Token {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (length, cause) = lua::end(rest).map_or((rest.len(), Some(Cause::LuaNotClosed)), |length| (length, None));
        let token = Token { kind: Kind::Lua, start: self.at, end: self.at.saturating_add(length), cause, glued: false };
        self.at = token.end;
        token
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    /// The place of the next byte that is meant, or the end.
    fn until(&self, from: usize, is_meant: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        rest.iter().position(|byte| is_meant(*byte)).map_or(self.text.len(), |length| from.saturating_add(length))
    }

    /// `None` while nginx can hold all from `start` to the byte at `last`. Nothing is held of what is behind the end.
    fn held(&self, start: usize, last: usize) -> Option<Cause> {
        let last = last.min(self.text.len().saturating_sub(1));
        (last.saturating_sub(start) >= HELD).then_some(Cause::TooLong)
    }

    fn token(&self, kind: Kind, end: usize, cause: Option<Cause>) -> Token {
        Token { kind, start: self.at, end: end.min(self.text.len()), cause, glued: false }
    }

    fn comment(&self) -> Token {
        let end = self.until(self.at, |byte| byte == b'\n');
        self.token(Kind::Comment, end, self.held(self.at, end))
    }

    fn plain(&self) -> Token {
        let mut at = self.at;
        let mut in_variable = false;
        while let Some(byte) = self.byte(at) {
            match byte {
                b'{' if in_variable => {}
                b';' | b'{' => break,
                byte if is_space(byte) => break,
                b'\\' => at = at.saturating_add(1),
                _ => {}
            }
            // It stays so behind the brace: `${{` is no block either.
            in_variable = byte == b'$' || (in_variable && byte == b'{');
            at = at.saturating_add(1);
        }
        self.token(Kind::Word(Quote::None), at, self.held(self.at, self.held_to(at)))
    }

    fn string(&self, quote: Quote, byte: u8) -> Token {
        let start = self.at.saturating_add(1);
        let limit = start.saturating_add(HELD).min(self.text.len());
        let mut at = start;
        while at < limit {
            match self.byte(at) {
                Some(b'\\') => at = at.saturating_add(2),
                found if found == Some(byte) => {
                    let end = at.saturating_add(1);
                    let cause = self.held(start, self.held_to(end));
                    let has_lines = self.text.get(start..at).is_some_and(|inner| inner.contains(&b'\n'));
                    if has_lines && cause.is_none() && self.byte(end).is_some_and(is_glued) {
                        let cause = Cause::QuoteMissing { quote: byte, seen: end };
                        return self.token(Kind::Word(quote), self.likely_end(start), Some(cause));
                    }
                    return self.token(Kind::Word(quote), end, cause);
                }
                _ => at = at.saturating_add(1),
            }
        }
        self.token(Kind::Word(quote), self.likely_end(start), Some(Cause::NoQuote(byte)))
    }

    /// nginx lets go of a word at its `;` or `{`, or else one byte after the space that ends it.
    fn held_to(&self, end: usize) -> usize {
        if self.byte(end).is_some_and(is_space) { end.saturating_add(1) } else { end }
    }

    /// Where a string without a closing quote was probably meant to end: with its line, but before the line's last `;` or `{`.
    fn likely_end(&self, start: usize) -> usize {
        let line_end = self.until(start, |byte| byte == b'\n');
        let line = self.text.get(start..line_end).unwrap_or_default().trim_ascii_end();
        let line = line.strip_suffix(b";").or_else(|| line.strip_suffix(b"{")).unwrap_or(line);
        start.saturating_add(line.trim_ascii_end().len())
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let first = self.byte(self.at)?;
        let next = self.at.saturating_add(1);
        let mut token = match first {
            b';' => self.token(Kind::Semicolon, next, None),
            b'{' => self.token(Kind::Open, next, None),
            b'}' => self.token(Kind::Close, next, None),
            b'#' => self.comment(),
            b'"' => self.string(Quote::Double, first),
            b'\'' => self.string(Quote::Single, first),
            byte if is_space(byte) => self.token(Kind::Space, self.until(next, |byte| !is_space(byte)), None),
            _ => self.plain(),
        };
        token.glued = self.quoted && is_glued(first);
        self.quoted = matches!(token.kind, Kind::Word(Quote::Single | Quote::Double)) && !token.is_open();
        self.at = token.end;
        Some(token)
    }
}

/// Whether nginx refuses the byte behind a closing quote. A `)` is for `if ($a = "b")`; a `}` is refused behind any word.
const fn is_glued(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b';' | b'{' | b'}' | b')')
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of the words, and what stands between.
    fn words(text: &[u8]) -> Vec<String> {
        let show = |token: Token| match token.kind {
            Kind::Word(_) => Some(String::from_utf8_lossy(&token.value(text)).into_owned()),
            Kind::Semicolon => Some(";".to_owned()),
            Kind::Open => Some("{".to_owned()),
            Kind::Close => Some("}".to_owned()),
            _ => None,
        };
        Tokens::new(text).filter_map(show).collect()
    }

    #[test]
    fn word_ends_at_space_semicolon_and_brace_only_and_a_comment_at_the_line_feed() {
        assert_eq!(words(b"# a\r b; \\\nc;#"), ["c", ";"]);
        assert_eq!(words(b"a$b/ c#d e}f 'g' h\"i j'k;"), ["a$b/", "c#d", "e}f", "g", "h\"i", "j'k", ";"]);
        assert_eq!(words(b"a\x0bb\x00c\xc2\xa0d\x0c;"), ["a\u{b}b\0c\u{a0}d\u{c}", ";"]);
        assert_eq!(words(b"a{b }c;}"), ["a", "{", "b", "}", "c", ";", "}"]);
    }

    #[test]
    fn brace_of_a_variable_is_part_of_the_word() {
        assert_eq!(words(b"${a}b {"), ["${a}b", "{"]);
        assert_eq!(words(b"x${{{ y$z{"), ["x${{{", "y$z", "{"]);
        assert_eq!(words(b"$\\{ \\${"), ["$\\{", "\\$", "{"]);
    }

    #[test]
    fn backslash_takes_the_next_byte_along() {
        assert_eq!(
            words(br#"a\ b \; \{ \} \# \" \' 'a\'"' "\"";"#),
            [r"a\ b", r"\;", r"\{", r"\}", r"\#", "\"", "'", "a'\"", "\"", ";"]
        );
    }

    #[test]
    fn string_holds_everything_up_to_its_quote() {
        assert_eq!(words(b"'a\n;{}#\"' \"'\" ''\"\";"), ["a\n;{}#\"", "'", "", "", ";"]);
    }

    #[test]
    fn only_space_semicolon_brace_and_parenthesis_may_follow_a_closing_quote() {
        let glued = |text: &[u8]| Tokens::new(text).filter(|token| token.glued).map(|token| token.start).collect::<Vec<_>>();
        assert!(glued(b"if ($a = \"b\") {}'a';'b'{'c'\r\n").is_empty());
        assert_eq!(glued(b"'a'b 'c'\"d\"# 'e"), [3, 8, 11]);
    }

    #[test]
    fn word_fits_into_4096_bytes_with_what_ends_it() {
        let cause = |text: String| Tokens::new(text.as_bytes()).next().and_then(|token| token.cause);
        let a = |count| "a".repeat(count);
        for fits in
            [a(4095) + ";", a(4094) + " ;", format!("'{}';", a(4094)), format!("#{}\n;", a(4094)), format!("#{}", a(4095))]
        {
            assert_eq!(cause(fits.clone()), None, "{}", fits.len());
        }
        for long in
            [a(4096) + ";", a(4095) + " ;", format!("'{}';", a(4095)), format!("'{}' ;", a(4094)), format!("#{}\n;", a(4095))]
        {
            assert_eq!(cause(long.clone()), Some(Cause::TooLong), "{}", long.len());
        }
        assert_eq!(cause(format!("'{}';", a(4096))), Some(Cause::NoQuote(b'\'')));
    }

    #[test]
    fn string_without_end_ends_with_its_line() {
        assert_eq!(words(b"a \"b ; \nc;"), ["a", "b", ";", "c", ";"]);
        assert_eq!(words(b"a 'b;\nd 'e';\n"), ["a", "b", ";", "d", "e", ";"]);
        assert_eq!(words(b"a 'b;\nd' e;\n"), ["a", "b;\nd", "e", ";"]);
    }

    #[test]
    fn tokens_cover_every_byte() {
        for text in [&b""[..], b"\xef\xbb\xbfa 'b' { # c\r\n}", b"\\", b"'\\", b"#", b"\"a\n\n", b"${", b";;}}{{", b"\xff\0"] {
            let end = Tokens::new(text).fold(0, |at, token| {
                assert!(token.start == at && token.end > at);
                token.end
            });
            assert_eq!(end, text.len());
        }
    }
}
