//! The operator's mistakes, in words that name the place.

use std::fmt;
use std::path::PathBuf;

use gatewright::ConfigError;

/// Why a policy cannot be put in force; whatever was in force before still is.
///
/// Its text is meant for the operator and complete: file, line, column and a caret where there are any.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// A file cannot be read.
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The policy is wrong, or something it refers to is.
    Config {
        /// The error as compilers print it: file, line, column, caret.
        rendered: String,
        /// The error itself.
        error: ConfigError,
    },
    /// A `GATEWRIGHT_HTTP_…` variable is wrong.
    Environment {
        /// The variable's name.
        variable: String,
        /// Why.
        reason: String,
    },
    /// An issuer's keys could never be fetched: its address or its `ca_file` is wrong.
    Issuer {
        /// The issuer.
        issuer: String,
        /// Why.
        reason: String,
    },
    /// Nobody is there to carry it out: no thread could be started, or the call came from inside an event.
    Unanswered,
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, reason } => write!(formatter, "cannot read `{}`: {reason}", path.display()),
            Self::Config { rendered, .. } => formatter.write_str(rendered),
            Self::Environment { variable, reason } => write!(formatter, "environment variable `{variable}`: {reason}"),
            Self::Issuer { issuer, reason } => write!(formatter, "issuer `{issuer}`: {reason}"),
            Self::Unanswered => formatter.write_str(UNANSWERED),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config { error, .. } => Some(error),
            Self::Io { .. } | Self::Environment { .. } | Self::Issuer { .. } | Self::Unanswered => None,
        }
    }
}

/// Why keys brought by hand were not taken.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateError {
    /// No configured issuer has this name.
    UnknownIssuer(String),
    /// Nobody is there to carry it out, as for [`OpenError::Unanswered`].
    Unanswered,
}

impl fmt::Display for UpdateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownIssuer(issuer) => write!(formatter, "no issuer `{issuer}` is configured"),
            Self::Unanswered => formatter.write_str(UNANSWERED),
        }
    }
}

impl std::error::Error for UpdateError {}

const UNANSWERED: &str = "the thread that swaps authorizers cannot answer (was it asked from inside an event?)";
