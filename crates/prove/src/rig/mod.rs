//! Whether a configuration of a proxy lets anybody past the gate, by running it.
//!
//! The user's own proxy gets the user's own configuration, on loopback, between a gate and applications of ours. What reached an
//! application is then known, not guessed from an answer; and the gate can be made to answer anything, or nothing.

mod addressed;
mod answers;
mod caddy;
mod cause;
mod checks;
mod draft;
mod ending;
mod envoy;
mod evidence;
mod fake;
mod folder;
mod ground;
mod haproxy;
mod judge;
mod kind;
mod mentioned;
mod nginx;
mod outside;
mod probe;
mod process;
mod questions;
mod running;
mod session;
mod stage;
mod traefik;
mod tree;

use std::fmt;
use std::io;
use std::path::Path;

pub use ending::end_rigs;
pub use evidence::{Evidence, Outcome, Trial};
pub use outside::Outside;
pub use stage::{Door, Stage, Staged};

use crate::data::DataError;
use crate::lint::Intent;
use crate::nginx::Files;
use cause::Causes;
use draft::Given;
use ground::Ground;
use judge::Judge;
use kind::Kind;
use running::Started;

/// Why nothing was run.
#[derive(Debug)]
#[non_exhaustive]
pub enum RigError {
    /// The file cannot be read.
    Read(io::ErrorKind),
    /// It is no configuration of a proxy that is known here; with what is wrong with it, where that is known.
    Unknown(Option<DataError>),
    /// It is one of a proxy that is not run here.
    Unsupported(&'static str),
    /// There is no nginx.
    NoNginx,
    /// There is no program of this proxy.
    NoProgram(&'static str),
    /// This machine has no port, no room, no permission.
    Machine(io::Error),
}

/// Runs a configuration of a proxy, and looks at what gets past the gate.
///
/// Whose configuration it is follows from the file's name and from what it holds: of nginx the main file or what `nginx -T` prints, a
/// Caddyfile or Caddy's JSON, the static file of Traefik (or a dynamic one alone), that of Envoy, or `haproxy.cfg`. `program` is the
/// proxy's own; without one it is looked for on the path. Nothing outside of loopback is contacted, and nothing is left behind.
///
/// Of nginx it is known what is meant to be open. With another proxy everything counts that reaches an application, but for
/// [`Intent::open`]; [`Intent::paths`] are tried most.
///
/// # Errors
/// The file cannot be read, it is no configuration of these proxies, the program is missing, or the machine is at its end.
///
/// # Example
/// ```no_run
/// use gatewright_prove::{Intent, Outcome, nginx::Disk, rig};
/// let trial = rig(b"/etc/nginx/nginx.conf", &Disk, Intent::default(), None)?;
/// assert!(trial.outcome == Outcome::Closed && trial.lets_in, "{:?}", trial.shown);
/// # Ok::<(), gatewright_prove::RigError>(())
/// ```
pub fn rig(name: &[u8], files: &dyn Files, intent: Intent<'_>, program: Option<&Path>) -> Result<Trial, RigError> {
    let text = files.read(name).map_err(RigError::Read)?;
    match Kind::of(name, &text)? {
        Kind::Nginx => {
            let configuration = nginx::load(name, files)?;
            let program = nginx::program(program)?;
            let subject = nginx::subject(&configuration, intent);
            let started = running::start(|| nginx::once(&subject, &program))?;
            Ok(judged(started, |_| Causes::new(name, files, intent, &subject)))
        }
        Kind::Other(proxy) => {
            let program = addressed::program(proxy, program)?;
            let given = Given { name, text: &text, files, program: &program };
            let started = running::start(|| addressed::once(proxy, &given, intent))?;
            Ok(judged(started, |ground| Causes::of_data(ground.causes())))
        }
    }
}

fn judged<G: Ground>(started: Started<G>, causes: impl FnOnce(&G) -> Causes) -> Trial {
    match started {
        Started::Refused(trial) => trial,
        Started::Running(mut running, ground) => Judge::new(&ground, &mut running).run(&causes(&ground)),
    }
}

impl fmt::Display for RigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(why) => write!(formatter, "the configuration cannot be read: {why}"),
            Self::Unknown(None) => formatter.write_str(
                "this is no configuration of a proxy that can be run here: there are nginx, Caddy, Traefik, Envoy and HAProxy",
            ),
            Self::Unknown(Some(why)) => write!(formatter, "the configuration cannot be read: {why}"),
            Self::Unsupported(proxy) => {
                write!(formatter, "configurations of {proxy} are not run: `gatewright prove URL` asks it where it runs")
            }
            Self::NoProgram(proxy) => write!(formatter, "there is no program of {proxy} on the path"),
            Self::NoNginx => formatter.write_str("there is no nginx on the path, nor in /usr/sbin"),
            Self::Machine(why) => write!(formatter, "the rig cannot be set up: {why}"),
        }
    }
}

impl std::error::Error for RigError {}
