//! JSON (RFC 8259), of which a parser of YAML would read long keys, tabs and pairs of surrogates otherwise.

use super::{Entry, MOST_DEPTH, MOST_VALUES, Node, Problem, Value};
use crate::source::{FileId, Span};

/// Reads one value and nothing behind it.
pub(super) fn read(text: &str, file: FileId) -> Result<Node, Problem> {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut reader = Reader { text, file, at: start, depth: 0, left: MOST_VALUES };
    let node = reader.value()?;
    reader.skip_space();
    if reader.peek().is_some() {
        return Err(reader.wrong("there is something behind the end of the value"));
    }
    Ok(node)
}

struct Reader<'t> {
    text: &'t str,
    file: FileId,
    /// The next byte.
    at: usize,
    depth: usize,
    /// How many values may still come.
    left: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Node, Problem> {
        self.skip_space();
        self.left = self.left.checked_sub(1).ok_or_else(|| self.wrong("there are too many values"))?;
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.within(Self::map)?,
            Some(b'[') => self.within(Self::list)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.digits()?),
            Some(_) => self.word()?,
            None => return Err(self.wrong("the file ends where a value is missing")),
        };
        Ok(Node::new(self.since(start), value))
    }

    fn within(&mut self, read: fn(&mut Self) -> Result<Value, Problem>) -> Result<Value, Problem> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > MOST_DEPTH {
            return Err(self.wrong("values stand too deep in each other"));
        }
        self.skip(1);
        let value = read(self)?;
        self.depth = self.depth.saturating_sub(1);
        Ok(value)
    }

    fn map(&mut self) -> Result<Value, Problem> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut keys = std::collections::HashSet::new();
        if self.ends(b'}') {
            return Ok(Value::Map(entries));
        }
        loop {
            self.skip_space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key in quotation marks is missing"));
            }
            let key = self.string()?;
            let key_span = self.since(start);
            if !keys.insert(key.clone()) {
                return Err((key_span, format!("the key `{key}` comes twice")));
            }
            if !self.ends(b':') {
                return Err(self.wrong("`:` is missing behind the key"));
            }
            entries.push(Entry { key, key_span, node: self.value()? });
            if self.ends(b'}') {
                return Ok(Value::Map(entries));
            }
            if !self.ends(b',') {
                return Err(self.wrong("`,` or `}` is missing"));
            }
        }
    }

    fn list(&mut self) -> Result<Value, Problem> {
        let mut items = Vec::new();
        if self.ends(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.ends(b']') {
                return Ok(Value::List(items));
            }
            if !self.ends(b',') {
                return Err(self.wrong("`,` or `]` is missing"));
            }
        }
    }

    fn word(&mut self) -> Result<Value, Problem> {
        let words = [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)];
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found = words.into_iter().find(|(word, _)| rest.starts_with(word));
        let (word, value) = found.ok_or_else(|| self.wrong("this is no value of JSON"))?;
        self.skip(word.len());
        Ok(value)
    }

    fn digits(&mut self) -> Result<String, Problem> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            self.skip(1);
        }
        let number = self.text.get(start..self.at).unwrap_or_default();
        let digits = number.strip_prefix('-').unwrap_or(number);
        let leads = digits.strip_prefix('0').is_none_or(|rest| !rest.starts_with(|digit: char| digit.is_ascii_digit()));
        let whole = digits.starts_with(|digit: char| digit.is_ascii_digit()) && !digits.contains(".e") && !digits.ends_with('.');
        if number.parse::<f64>().is_err() || !leads || !whole || digits.contains(".E") {
            return Err((self.since(start), "this is no number of JSON".to_owned()));
        }
        Ok(number.to_owned())
    }

    fn string(&mut self) -> Result<String, Problem> {
        let start = self.at;
        self.skip(1);
        let mut string = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(character) = rest.chars().next() else {
                return Err((Span { end: start.saturating_add(1), ..self.since(start) }, "this string does not end".to_owned()));
            };
            match character {
                '"' => {
                    self.skip(1);
                    return Ok(string);
                }
                '\\' => string.push(self.escape()?),
                '\0'..='\u{1f}' => return Err(self.wrong("a string cannot hold a line feed or another control character")),
                _ => {
                    string.push(character);
                    self.skip(character.len_utf8());
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Problem> {
        let start = self.at;
        self.skip(1);
        let character = match self.peek() {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => return self.code_point(start),
            _ => return Err((self.since(start), "this is no escape of JSON".to_owned())),
        };
        self.skip(1);
        Ok(character)
    }

    /// Reads `uXXXX`, or two of them that are one character.
    fn code_point(&mut self, start: usize) -> Result<char, Problem> {
        let high = self.four_digits();
        let low = match high {
            Some(0xd800..0xdc00) if self.peek() == Some(b'\\') => {
                self.skip(1);
                self.four_digits()
            }
            _ => None,
        };
        let units = high.into_iter().chain(low);
        let mut characters = char::decode_utf16(units);
        match (characters.next(), characters.next()) {
            (Some(Ok(character)), None) => Ok(character),
            _ => Err((self.since(start), "this is no character".to_owned())),
        }
    }

    fn four_digits(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at.saturating_add(1)..self.at.saturating_add(5))?;
        let is_escape = self.peek() == Some(b'u') && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.skip(5);
        is_escape.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    }

    /// Skips space, and the byte if it is next.
    fn ends(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.skip(1);
        }
        is_next
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.skip(1);
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.text.len());
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn since(&self, start: usize) -> Span {
        Span { file: self.file, start, end: self.at }
    }

    fn wrong(&self, message: &str) -> Problem {
        (Span { file: self.file, start: self.at, end: self.at.saturating_add(1) }, message.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn parse(text: &str) -> Result<Node, Problem> {
        read(text, Sources::default().add("f", ""))
    }

    #[test]
    fn values_know_their_place() {
        let node = parse("{\n\t\"a\": [1, -2.5e3, \"\\ud83d\\ude00\\n\\/\"],\n\t\"b\": null}").unwrap();
        let list = node.get("a").unwrap();
        assert_eq!((list.span.start, list.items()[1].number()), (8, Some(-2500.0)));
        assert_eq!(list.items()[2].text(), Some("😀\n/"));
        assert_eq!(node.entries()[1].key_span.start, 42);
    }

    #[test]
    fn mistakes_have_a_place() {
        let cases = [
            ("", 0, "ends where a value is missing"),
            ("{\"a\":1,}", 7, "a key"),
            ("[1 2]", 3, "`,` or `]`"),
            ("{\"a\":1,\"a\":2}", 7, "`a` comes twice"),
            ("\"\\ud800\"", 1, "no character"),
            ("\"\\ud800\\u0041\"", 1, "no character"),
            ("\"a\nb\"", 2, "line feed"),
            ("01", 0, "no number"),
            ("1.", 0, "no number"),
            ("\"\\x\"", 1, "no escape"),
            ("nul", 0, "no value"),
            ("\"a", 0, "does not end"),
            ("1 2", 2, "behind the end"),
        ];
        for (text, at, message) in cases {
            let (span, said) = parse(text).unwrap_err();
            assert!(span.start == at && said.contains(message), "{text}: {said} at {}", span.start);
        }
        assert!(parse(&"[".repeat(100_000)).unwrap_err().1.contains("too deep"));
    }
}
