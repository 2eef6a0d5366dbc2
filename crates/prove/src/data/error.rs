//! What is wrong with a configuration that cannot be read.

use std::fmt;

use crate::source::{Sources, Span};

/// A configuration cannot be read, or is none that is known: where, why, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError(String);

impl DataError {
    /// Names the place of a mistake.
    pub(crate) fn at(sources: &Sources, span: Span, message: impl fmt::Display) -> Self {
        Self(format!("{}: {message}", sources.place(span)))
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for DataError {}
