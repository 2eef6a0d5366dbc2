//! One pass over the text: grammar, strings, numbers, duplicate names, depth.

use std::borrow::Cow;

use super::{JsonError, MAX_DEPTH, MAX_VALUES, Member, RawArray, RawObject, Value};

/// A position in text that is known to be UTF-8.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// How many values were read.
    values: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, values: 0 }
    }

    /// Reads a text that is one object and nothing else.
    pub(super) fn document(mut self) -> Result<Vec<Member<'t>>, JsonError> {
        self.skip_space();
        if self.next() != Some(b'{') {
            return Err(JsonError("does not begin with `{`"));
        }
        // Room for the members of a usual token, in one allocation.
        let members = self.members(Vec::with_capacity(USUAL_MEMBERS), 1)?;
        self.skip_space();
        if self.peek().is_some() {
            return Err(JsonError("has text after the object"));
        }
        Ok(members)
    }

    /// Reads the elements of a text that is one array.
    pub(super) fn checked_array(mut self) -> Result<Vec<Value<'t>>, JsonError> {
        let mut elements = Vec::new();
        self.at = 1;
        self.elements(1, |element| elements.push(element))?;
        Ok(elements)
    }

    /// Reads a value; `depth` counts the arrays and objects around it.
    fn value(&mut self, depth: usize) -> Result<Value<'t>, JsonError> {
        let start = self.at;
        self.values = self.values.saturating_add(1);
        if self.values > MAX_VALUES {
            return Err(JsonError("has too many values"));
        }
        match self.next() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(start),
            Some(b'{') => {
                self.members(Vec::new(), deeper(depth)?)?;
                Ok(Value::Object(RawObject(self.since(start)?)))
            }
            Some(b'[') => {
                self.elements(deeper(depth)?, drop)?;
                Ok(Value::Array(RawArray(self.since(start)?)))
            }
            Some(b't') => self.literal("rue", Value::Bool(true)),
            Some(b'f') => self.literal("alse", Value::Bool(false)),
            Some(b'n') => self.literal("ull", Value::Null),
            _ => Err(JsonError("has no value where one must be")),
        }
    }

    /// Reads what follows `{`, up to and with `}`.
    fn members(&mut self, mut members: Vec<Member<'t>>, depth: usize) -> Result<Vec<Member<'t>>, JsonError> {
        self.skip_space();
        if self.skip(b'}') {
            return Ok(members);
        }
        let mut seen = SeenNames::default();
        loop {
            if self.next() != Some(b'"') {
                return Err(JsonError("has no member name where one must be"));
            }
            let name = self.string()?;
            seen.insert(&name, &members)?;
            self.skip_space();
            if self.next() != Some(b':') {
                return Err(JsonError("has no `:` after a member name"));
            }
            self.skip_space();
            let value = self.value(depth)?;
            members.push(Member { name, value });
            self.skip_space();
            match self.next() {
                Some(b',') => self.skip_space(),
                Some(b'}') => break,
                _ => return Err(JsonError("has an object that does not end")),
            }
        }
        SeenNames::check_many(&members)?;
        Ok(members)
    }

    /// Reads what follows `[`, up to and with `]`.
    fn elements(&mut self, depth: usize, mut each: impl FnMut(Value<'t>)) -> Result<(), JsonError> {
        self.skip_space();
        if self.skip(b']') {
            return Ok(());
        }
        loop {
            each(self.value(depth)?);
            self.skip_space();
            match self.next() {
                Some(b',') => self.skip_space(),
                Some(b']') => return Ok(()),
                _ => return Err(JsonError("has an array that does not end")),
            }
        }
    }

    /// Reads what follows the opening quote, up to and with the closing one.
    fn string(&mut self) -> Result<Cow<'t, str>, JsonError> {
        let plain = self.plain()?;
        if self.next() == Some(b'"') { Ok(Cow::Borrowed(plain)) } else { self.unescape(plain).map(Cow::Owned) }
    }

    /// Takes the longest run without quote and backslash; the next byte is one of the two.
    fn plain(&mut self) -> Result<&'t str, JsonError> {
        let start = self.at;
        let length = self.rest().iter().position(|byte| matches!(byte, b'"' | b'\\' | ..=0x1f));
        self.at = start.saturating_add(length.ok_or(JsonError("has a string that does not end"))?);
        if self.peek().is_none_or(|byte| byte < b' ') {
            return Err(JsonError("has a control byte in a string"));
        }
        self.since(start)
    }

    /// Goes on behind the first backslash of a string.
    fn unescape(&mut self, plain: &str) -> Result<String, JsonError> {
        let mut string = String::from(plain);
        loop {
            string.push(match self.next() {
                Some(b'"') => '"',
                Some(b'\\') => '\\',
                Some(b'/') => '/',
                Some(b'b') => '\u{8}',
                Some(b'f') => '\u{c}',
                Some(b'n') => '\n',
                Some(b'r') => '\r',
                Some(b't') => '\t',
                Some(b'u') => self.code_point()?,
                _ => return Err(JsonError("has an unknown escape")),
            });
            string.push_str(self.plain()?);
            if self.next() == Some(b'"') {
                return Ok(string);
            }
        }
    }

    /// Reads what follows `\u`: four digits, or a surrogate pair.
    fn code_point(&mut self) -> Result<char, JsonError> {
        let unit = self.code_unit()?;
        let mut units = [unit, 0];
        let pair = match unit {
            0xd800..=0xdbff if self.skip(b'\\') && self.skip(b'u') => {
                units = [unit, self.code_unit()?];
                &units[..]
            }
            _ => units.split_at(1).0,
        };
        match char::decode_utf16(pair.iter().copied()).next() {
            Some(Ok(character)) => Ok(character),
            _ => Err(JsonError("has a lone surrogate")),
        }
    }

    fn code_unit(&mut self) -> Result<u16, JsonError> {
        (0..4).try_fold(0, |unit: u16, _| {
            let digit = self.next().and_then(|byte| char::from(byte).to_digit(16)).and_then(|digit| u16::try_from(digit).ok());
            digit.map(|digit| (unit << 4) | digit).ok_or(JsonError("has a `\\u` without four digits"))
        })
    }

    /// Reads the rest of a number that began at `start` (RFC 8259 §6).
    fn number(&mut self, start: usize) -> Result<Value<'t>, JsonError> {
        self.at = start;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        self.since(start).map(Value::Number)
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let length = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at = self.at.saturating_add(length);
        if length == 0 { Err(JsonError("has a number without digits")) } else { Ok(()) }
    }

    fn literal(&mut self, rest: &str, value: Value<'t>) -> Result<Value<'t>, JsonError> {
        if !self.rest().starts_with(rest.as_bytes()) {
            return Err(JsonError("has no value where one must be"));
        }
        self.at = self.at.saturating_add(rest.len());
        Ok(value)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at = self.at.saturating_add(1);
        }
    }

    /// Skips `byte` if it comes next, and says whether it did.
    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at = self.at.saturating_add(usize::from(found));
        found
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn since(&self, start: usize) -> Result<&'t str, JsonError> {
        self.text.get(start..self.at).ok_or(JsonError("is cut inside a character"))
    }
}

/// Which names an object has had, so that comparing all pairs is the exception.
#[derive(Default)]
struct SeenNames {
    /// One bit for every name so far, picked by its length and its outer bytes.
    bits: u64,
}

impl SeenNames {
    /// Refuses a name that one of the (few) `members` has.
    fn insert(&mut self, name: &str, members: &[Member<'_>]) -> Result<(), JsonError> {
        let outer = |byte: Option<&u8>| u32::from(byte.copied().unwrap_or_default());
        let mixed = outer(name.as_bytes().first()).wrapping_mul(5) ^ outer(name.as_bytes().last());
        let bit = 1u64.rotate_left(mixed.wrapping_add(u32::try_from(name.len()).unwrap_or_default().wrapping_mul(11)));
        let known = self.bits & bit != 0 && members.len() <= FEW_MEMBERS && members.iter().any(|member| member.name == name);
        self.bits |= bit;
        if known { Err(DUPLICATE) } else { Ok(()) }
    }

    /// Refuses a name that occurs twice among many `members`: sorting keeps a hostile object from costing its square.
    fn check_many(members: &[Member<'_>]) -> Result<(), JsonError> {
        if members.len() <= FEW_MEMBERS {
            return Ok(());
        }
        let mut names: Vec<&str> = members.iter().map(|member| member.name.as_ref()).collect();
        names.sort_unstable();
        let twice = names.iter().zip(names.iter().skip(1)).any(|(name, next)| name == next);
        if twice { Err(DUPLICATE) } else { Ok(()) }
    }
}

fn deeper(depth: usize) -> Result<usize, JsonError> {
    if depth < MAX_DEPTH { Ok(depth.saturating_add(1)) } else { Err(JsonError("is nested too deep")) }
}

const DUPLICATE: JsonError = JsonError("has a member twice");

/// Up to here names are compared in pairs; beyond, they are sorted.
const FEW_MEMBERS: usize = 32;

/// A token of a large provider has 10 to 16 claims.
const USUAL_MEMBERS: usize = 16;
