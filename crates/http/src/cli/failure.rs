//! Why a command could not do its work: for a person, and as an exit code.

use std::fmt;
use std::io;

use crate::cli::style::Style;

/// A command that ended without an answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments, or something they name, cannot be used.
    Usage(String),
    /// The policy file is wrong; the text already points into it.
    Configuration(String),
    /// The work was begun and failed.
    Failed(String),
    /// The answer could not be written.
    Output(io::Error),
}

impl Failure {
    /// Returns the exit code: 2 when the arguments or the configuration are to blame, else 1.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Configuration(_) => USAGE,
            Self::Failed(_) | Self::Output(_) => FAILED,
        }
    }

    /// Prints the failure to standard error; a reader that went away (`| head`) is no news to anybody.
    pub(crate) fn report(&self) {
        if !matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            complain(&self.to_string());
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Configuration(text) | Self::Failed(text) => formatter.write_str(text),
            Self::Output(error) => write!(formatter, "the answer could not be written: {error}"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Prints `error: …` to standard error; a text that already begins so is not given a second head.
pub(crate) fn complain(text: &str) {
    let style = Style::of_stderr();
    let text = text.trim_end();
    eprintln!("{} {}", style.bad("error:"), text.strip_prefix("error:").unwrap_or(text).trim_start());
}

/// Prints `warning: …` to standard error.
pub(crate) fn warn(text: &str) {
    eprintln!("{} {}", Style::of_stderr().warning("warning:"), text.trim_end());
}

/// The exit code of something that was tried and did not hold.
pub(crate) const FAILED: u8 = 1;
/// The exit code of arguments or a configuration that cannot be used.
pub(crate) const USAGE: u8 = 2;
