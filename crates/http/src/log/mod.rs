//! The log: one line per decision and per event, written by a thread of its own.

mod escape;
mod line;
mod writer;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use gatewright_issuer::Event;

pub(crate) use line::{Entry, RequestId};
use writer::Writer;

/// Where decisions and events are logged. Cheap to clone; the last clone to go writes what is left.
///
/// Lines never contain a token, a cookie or a query. When lines come faster than they can be written, they are dropped and
/// counted rather than kept: a request never waits for the log.
#[derive(Clone)]
pub struct Log {
    writer: Option<Arc<Writer>>,
    format: Format,
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// One JSON object per line.
    Json,
    /// For a person at a terminal.
    Text,
}

impl Log {
    /// Logs to standard output: as text to a terminal, as JSON lines to anything else.
    #[must_use]
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        if stdout.is_terminal() { Self::text(stdout) } else { Self::json(stdout) }
    }

    /// Logs JSON lines.
    #[must_use]
    pub fn json(output: impl Write + Send + 'static) -> Self {
        Self { writer: Writer::start(Box::new(output), Format::Json), format: Format::Json }
    }

    /// Logs lines of text.
    #[must_use]
    pub fn text(output: impl Write + Send + 'static) -> Self {
        Self { writer: Writer::start(Box::new(output), Format::Text), format: Format::Text }
    }

    /// Logs nothing.
    #[must_use]
    pub fn none() -> Self {
        Self { writer: None, format: Format::Json }
    }

    /// Logs what happened to the policy, the keys or the revocations.
    pub fn event(&self, event: &Event) {
        for (name, detail) in event.sentences() {
            self.note(name, &detail);
        }
    }

    /// Logs an event of the adapter itself.
    pub(crate) fn note(&self, name: &str, detail: &str) {
        if let Some(writer) = &self.writer {
            writer.append(&line::note(self.format, name, detail));
        }
    }

    /// Logs a decision.
    pub(crate) fn decision(&self, entry: &Entry<'_>) {
        if let Some(writer) = &self.writer {
            writer.append(&entry.line(self.format));
        }
    }

    /// Waits until everything so far is written, a second at the most.
    pub fn flush(&self) {
        if let Some(writer) = &self.writer {
            writer.flush();
        }
    }

    /// Returns how many lines were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.writer.as_ref().map_or(0, |writer| writer.dropped())
    }
}

impl Default for Log {
    fn default() -> Self {
        Self::stdout()
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Log({:?})", self.format)
    }
}
