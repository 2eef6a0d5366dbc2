//! Where a token may be found in a request.

use std::fmt;

/// Where a token may be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// `Authorization: Bearer` (or `DPoP`).
    Bearer,
    /// A cookie of this name.
    Cookie(String),
    /// A header of this (lower-case) name, whose whole value is the token.
    Header(String),
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer => formatter.write_str("bearer"),
            Self::Cookie(name) => write!(formatter, "cookie:{name}"),
            Self::Header(name) => write!(formatter, "header:{name}"),
        }
    }
}
