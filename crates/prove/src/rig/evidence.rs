//! A verdict, and the requests that showed it.

use std::fmt;

/// What a configuration does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Outcome {
    /// Somebody who may not got what is behind the gate.
    Open,
    /// Nobody got in, but somebody who may was taken for another.
    Spoofed,
    /// Neither, by any of the requests.
    Closed,
    /// nginx refuses the configuration.
    Rejected,
    /// It needs something that this nginx has not.
    NotRun,
}

/// A request, and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Evidence {
    /// Who sent it.
    pub who: &'static str,
    /// What was sent: the lines of its head.
    pub request: String,
    /// The port of the configuration that it was sent to.
    pub to: String,
    /// How the gate answered meanwhile.
    pub gate: String,
    /// What came of it.
    pub what: String,
}

impl Evidence {
    pub(super) fn of_nginx(message: String, place: Option<String>) -> Self {
        let to = place.unwrap_or_default();
        Self { who: "nginx", request: String::new(), to, gate: String::new(), what: message }
    }
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Spoofed => "spoofed",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
            Self::NotRun => "not run",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}
