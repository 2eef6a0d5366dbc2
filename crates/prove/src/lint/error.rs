//! Why a configuration could not be looked through.

use std::{error, fmt, io};

use crate::data::DataError;

/// A configuration that cannot be looked through.
///
/// # Example
/// ```
/// use gatewright_prove::{Intent, LintError, lint, nginx::Disk};
/// let error = lint(b"/no/such/file", &Disk, Intent::default()).unwrap_err();
/// assert!(matches!(error, LintError::Unreadable(std::io::ErrorKind::NotFound)));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum LintError {
    /// The file itself cannot be read.
    Unreadable(io::ErrorKind),
    /// It is data that is wrong or unknown; the message holds the place and what to do instead.
    Data(DataError),
}

impl fmt::Display for LintError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(kind) => write!(formatter, "the file cannot be read: {kind}"),
            Self::Data(error) => error.fmt(formatter),
        }
    }
}

impl error::Error for LintError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Unreadable(_) => None,
            Self::Data(error) => Some(error),
        }
    }
}

impl From<io::ErrorKind> for LintError {
    fn from(kind: io::ErrorKind) -> Self {
        Self::Unreadable(kind)
    }
}

impl From<DataError> for LintError {
    fn from(error: DataError) -> Self {
        Self::Data(error)
    }
}
