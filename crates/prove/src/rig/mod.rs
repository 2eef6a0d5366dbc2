//! Whether a configuration of nginx lets anybody past the gate, by running it.
//!
//! The user's own nginx gets the user's own configuration, on loopback, between a gate and applications of ours. What reached an
//! application is then known, not guessed from an answer; and the gate can be made to answer anything, or nothing.

mod cause;
mod checks;
mod ending;
mod evidence;
mod fake;
mod folder;
mod ground;
mod judge;
mod nginx;
mod outside;
mod probe;
mod process;
mod questions;
mod running;
mod session;
mod stage;

use std::fmt;
use std::io;
use std::path::Path;

pub use ending::end_rigs;
pub use evidence::{Evidence, Outcome, Trial};
pub use outside::Outside;
pub use stage::{Door, Stage, Staged};

use crate::lint::Intent;
use crate::nginx::Files;
use cause::Causes;
use judge::Judge;
use running::Started;

/// Why nothing was run.
#[derive(Debug)]
#[non_exhaustive]
pub enum RigError {
    /// The file cannot be read.
    Read(io::ErrorKind),
    /// There is no nginx.
    NoNginx,
    /// This machine has no port, no room, no permission.
    Machine(io::Error),
}

/// Runs a configuration of nginx, the main file or what `nginx -T` prints, and looks at what gets past the gate.
///
/// `nginx` is the program; without one it is looked for. Nothing outside of loopback is contacted, and nothing is left behind.
///
/// # Errors
/// The file cannot be read, there is no nginx, or the machine is at its end.
///
/// # Example
/// ```no_run
/// use gatewright_prove::{Intent, Outcome, nginx::Disk, rig};
/// let trial = rig(b"/etc/nginx/nginx.conf", &Disk, Intent::default(), None)?;
/// assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{:?}", trial.shown);
/// # Ok::<(), gatewright_prove::RigError>(())
/// ```
pub fn rig(name: &[u8], files: &dyn Files, intent: Intent<'_>, nginx: Option<&Path>) -> Result<Trial, RigError> {
    let configuration = nginx::load(name, files)?;
    let program = nginx::program(nginx)?;
    let subject = nginx::subject(&configuration, intent);
    match running::start(|| nginx::once(&subject, &program))? {
        Started::Refused(trial) => Ok(trial),
        Started::Running(mut running, ground) => {
            let causes = Causes::new(name, files, intent, &subject);
            Ok(Judge::new(&ground, &mut running).run(&causes))
        }
    }
}

impl fmt::Display for RigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(why) => write!(formatter, "the configuration cannot be read: {why}"),
            Self::NoNginx => formatter.write_str("there is no nginx on the path, nor in /usr/sbin"),
            Self::Machine(why) => write!(formatter, "the rig cannot be set up: {why}"),
        }
    }
}

impl std::error::Error for RigError {}
