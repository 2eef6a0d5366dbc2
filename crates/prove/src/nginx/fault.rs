//! What is wrong with a configuration, and where. A fault is data: reading goes on behind it.

use std::fmt;
use std::io;

use crate::source::{Sources, Span};

/// Something that nginx would refuse.
///
/// # Example
/// ```
/// use gatewright_prove::Sources;
/// use gatewright_prove::nginx::{Content, parse};
/// let mut sources = Sources::default();
/// let file = sources.add("a.conf", "listen 80 }");
/// let tree = parse(&sources, file, Content::Directives);
/// assert!(tree.faults()[0].report(&sources).starts_with("unexpected `}`: no `;` before it\n --> a.conf:1:11"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The bytes that are wrong.
    pub span: Span,
    /// What is wrong with them.
    pub cause: Cause,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// A `;` or `{` without a word before it.
    NoWord(u8),
    /// A `}` that no `{` of the same file opened.
    NotOpened,
    /// A `}` behind words without `;`.
    NoSemicolon,
    /// A `{` among data.
    BlockInData,
    /// Something directly behind a closing quote.
    Glued(u8),
    /// A string without end, or none within what nginx can hold of it.
    NoQuote(u8),
    /// A string whose closing quote, on a later line, has something directly behind it, at `seen`, where nginx complains. That quote
    /// probably opens another string, and this one was to end with its first line.
    QuoteMissing {
        /// The quote.
        quote: u8,
        /// The byte behind the closing one.
        seen: usize,
    },
    /// A word or comment longer than nginx can hold.
    TooLong,
    /// The file ends within a directive.
    NoEnd,
    /// The file ends within a block; the span is its `{`.
    NotClosed,
    /// The file ends within Lua: a `}`, or what closes a long bracket, is missing; the span is the block's `{`.
    LuaNotClosed,
    /// The file starts with a byte order mark, which nginx takes for a part of the first word.
    ByteOrderMark,
    /// Blocks within blocks within blocks, more than anything reasonable; nginx would take them.
    TooDeep,
    /// An `include` that is not one file name and `;`.
    IncludeForm,
    /// A file that cannot be read.
    Unreadable(io::ErrorKind),
    /// A file that includes itself, directly or through others.
    IncludesItself,
    /// Files that include files that include files, more than anything reasonable.
    IncludesTooDeep,
    /// More included than can be looked at.
    IncludesTooMuch,
}

impl Fault {
    pub(crate) const fn new(span: Span, cause: Cause) -> Self {
        Self { span, cause }
    }

    /// Says what is wrong and shows where.
    #[must_use]
    pub fn report(&self, sources: &Sources) -> String {
        format!("{}\n{}", self.cause, sources.snippet(self.span))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWord(byte) => write!(formatter, "unexpected `{}`: no directive before it", shown(*byte)),
            Self::NotOpened => formatter.write_str("unexpected `}`: no block of this file is open"),
            Self::NoSemicolon => formatter.write_str("unexpected `}`: no `;` before it"),
            Self::BlockInData => formatter.write_str("unexpected `{`: this block holds data, not blocks"),
            Self::Glued(byte) => {
                write!(formatter, "unexpected `{}`: behind a closing quote stands a space, `;`, `{{` or `)`", shown(*byte))
            }
            Self::NoQuote(quote) => {
                write!(formatter, "no closing `{}`, or none within the {HELD} bytes that nginx holds", shown(*quote))
            }
            Self::QuoteMissing { quote, .. } => {
                write!(formatter, "no closing `{0}` on this line, and a word directly behind the next `{0}`", shown(*quote))
            }
            Self::TooLong => write!(formatter, "a word or comment of more than nginx holds, {HELD} bytes"),
            Self::NoEnd => formatter.write_str("the file ends before the `;` or `{` of this directive"),
            Self::NotClosed => formatter.write_str("the file ends before the `}` of this block"),
            Self::LuaNotClosed => formatter.write_str("the file ends before the `}` of this Lua block"),
            Self::ByteOrderMark => {
                formatter.write_str("a byte order mark, which nginx takes for a part of the first word; save the file without")
            }
            Self::TooDeep => formatter.write_str("blocks nested too deep; what stands in this one is read as if outside of it"),
            Self::IncludeForm => formatter.write_str("`include` takes one file name and `;`"),
            Self::Unreadable(why) => write!(formatter, "the included file cannot be read: {why}"),
            Self::IncludesItself => formatter.write_str("this file includes itself"),
            Self::IncludesTooDeep => formatter.write_str("files included too deep"),
            Self::IncludesTooMuch => formatter.write_str("more included than can be looked at"),
        }
    }
}

/// A quote is written as it is.
fn shown(byte: u8) -> String {
    if matches!(byte, b'"' | b'\'') { char::from(byte).to_string() } else { byte.escape_ascii().to_string() }
}

/// `NGX_CONF_BUFFER`: nginx holds a word, from behind its opening quote to the byte that ends it, in a buffer of this size.
pub(crate) const HELD: usize = 4096;
