//! A strict, borrowing JSON reader (RFC 8259, I-JSON of RFC 7493) for text that came from a client.
//!
//! Refuses, at every depth: duplicate member names (compared after unescaping), invalid UTF-8, lone surrogates, control
//! bytes, a byte order mark, trailing data, depth over [`MAX_DEPTH`], more than [`MAX_VALUES`] values, comments, anything RFC 8259 does not allow.

mod quoted;
mod reader;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub(crate) use quoted::Quoted;
use reader::Reader;

/// The deepest nesting that is read: claims nest three or four deep, and a bound keeps recursion off the stack's end.
pub(crate) const MAX_DEPTH: usize = 32;

/// The most values of a document, at all depths together: a token has some ten, a hundred keys have two thousand. A value takes up to
/// a hundred bytes of memory for the two that it is written in.
pub(crate) const MAX_VALUES: usize = 4_096;

/// An object whose whole text has been checked; members in order, values not yet decoded further than their kind.
#[derive(Debug)]
pub(crate) struct Object<'t> {
    members: Vec<Member<'t>>,
}

#[derive(Debug)]
struct Member<'t> {
    name: Cow<'t, str>,
    value: Value<'t>,
}

/// A JSON value. Arrays and objects keep their (already checked) text and are read when asked for.
#[derive(Clone, Debug)]
pub(crate) enum Value<'t> {
    Null,
    Bool(bool),
    /// The number as written: nothing is rounded.
    Number(&'t str),
    /// The string, unescaped; borrowed if it has no escapes.
    String(Cow<'t, str>),
    Array(RawArray<'t>),
    Object(RawObject<'t>),
}

/// The checked text of an array.
#[derive(Clone, Debug)]
pub(crate) struct RawArray<'t>(&'t str);

/// The checked text of an object.
#[derive(Clone, Debug)]
pub(crate) struct RawObject<'t>(&'t str);

/// What is wrong with the text, for the operator's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonError(pub(crate) &'static str);

impl<'t> Object<'t> {
    /// Reads a whole text that must be one object.
    pub(crate) fn parse(text: &'t [u8]) -> Result<Self, JsonError> {
        let text = str::from_utf8(text).map_err(|_| JsonError("not UTF-8"))?;
        Ok(Self { members: Reader::new(text).document()? })
    }

    /// Finds a member by its (unescaped) name.
    pub(crate) fn get(&self, name: &str) -> Option<&Value<'t>> {
        self.members.iter().find(|member| member.name == name).map(|member| &member.value)
    }

    /// Returns the members in order.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Value<'t>)> {
        self.members.iter().map(|member| (member.name.as_ref(), &member.value))
    }
}

impl Value<'_> {
    /// Returns the text if it is a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// Returns what kind of value it is, for a sentence.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl<'t> RawArray<'t> {
    /// Returns the elements.
    pub(crate) fn elements(&self) -> Vec<Value<'t>> {
        // The text was checked when the document was read, so there is no error left to report.
        Reader::new(self.0).checked_array().unwrap_or_default()
    }
}

impl<'t> RawObject<'t> {
    /// Returns the object.
    pub(crate) fn object(&self) -> Object<'t> {
        // As above.
        Object { members: Reader::new(self.0).document().unwrap_or_default() }
    }
}
