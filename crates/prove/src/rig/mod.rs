//! Whether a configuration of nginx lets anybody past the gate, by running it.
//!
//! The user's own nginx gets the user's own configuration, on loopback, between a gate and applications of ours. What reached an
//! application is then known, not guessed from an answer; and the gate can be made to answer anything, or nothing.

mod evidence;
mod fake;
mod folder;
mod guard;
mod judge;
mod plan;
mod probe;
mod questions;
mod rewrite;
mod run;
mod sample;
mod session;

use std::fmt;
use std::io;
use std::path::Path;

pub use evidence::{Evidence, Outcome};

use crate::lint::{Intent, Subject};
use crate::model::Model;
use crate::nginx::{Configuration, Dump, Files};
use fake::{Fakes, Yes};
use folder::Folder;
use judge::Judge;
use plan::Plan;
use rewrite::rewrite;
use run::{Nginx, Refusal};

/// What running a configuration has shown.
#[derive(Debug)]
#[non_exhaustive]
pub struct Trial {
    /// What it comes to.
    pub outcome: Outcome,
    /// The requests that showed it, the first one first.
    pub shown: Vec<Evidence>,
    /// What opens only together with a gate or an application that does something odd.
    pub remarks: Vec<Evidence>,
    /// What was different from the configuration as it is, and what was not tried.
    pub notes: Vec<String>,
    /// How many requests were made.
    pub requests: usize,
    /// Whether somebody with a session got to see anything that is behind the gate.
    pub lets_in: bool,
}

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
pub fn rig(name: &[u8], files: &dyn Files, intent: Intent<'_>, nginx: Option<&Path>) -> Result<Trial, RigError> {
    let text = files.read(name).map_err(RigError::Read)?;
    let configuration = match Dump::parse(&text) {
        Some(dump) => Configuration::load(dump.main(), &dump),
        None => Configuration::load(name, files),
    };
    let configuration = configuration.map_err(RigError::Read)?;
    let found = match nginx {
        Some(nginx) => nginx.to_owned(),
        None => run::find().ok_or(RigError::NoNginx)?,
    };
    let subject = Subject::new(Model::new(&configuration), intent);
    if let Some(trial) = Trial::of_program(&subject) {
        return Ok(trial);
    }
    // A port that was free can be taken before nginx has it: then it is tried again with others.
    for _ in 1..TRIES {
        if let Some(trial) = once(&subject, &found)? {
            return Ok(trial);
        }
    }
    once(&subject, &found)?.ok_or_else(|| RigError::Machine(io::ErrorKind::AddrInUse.into()))
}

/// One run; `None` if the machine was in the way.
fn once(subject: &Subject<'_>, nginx: &Path) -> Result<Option<Trial>, RigError> {
    let folder = Folder::new().map_err(RigError::Machine)?;
    let mut plan = Plan::new(subject, folder.path()).map_err(RigError::Machine)?;
    let rewritten = rewrite(subject, &mut plan).map_err(RigError::Machine)?;
    folder::fill(subject, &plan).map_err(RigError::Machine)?;
    let mut fakes = Fakes::new(Yes { identity: guard::identity(subject), lines: guard::lines(subject) });
    for program in &mut plan.programs {
        if let Some(listener) = program.listener.take() {
            fakes.start(program.role, listener).map_err(RigError::Machine)?;
        }
    }
    plan.listens.values_mut().for_each(|listen| drop(listen.held.take()));
    let running = match Nginx::start(nginx, folder.path(), &rewritten.text).map_err(RigError::Machine)? {
        Ok(running) => running,
        Err(Refusal::Machine(_)) => return Ok(None),
        Err(Refusal::Configuration(message, line)) => {
            let sources = subject.model.configuration.sources();
            let place = line.and_then(|line| rewritten.original(line)).map(|span| sources.place(span));
            return Ok(Some(Trial::refused(message, place, plan)));
        }
    };
    Ok(Some(Judge::new(subject, plan, fakes, running).run()))
}

impl Trial {
    /// What comes of a program within nginx: it could reach anywhere, so that it is not run.
    fn of_program(subject: &Subject<'_>) -> Option<Self> {
        let configuration = subject.model.configuration;
        let scopes = &subject.model.scopes;
        let lines = scopes.iter().flat_map(|(scope, _)| scopes.all_own(scope).iter().copied());
        let found = lines.chain(configuration.directives()).find(|line| is_program(line.name()))?;
        let name = String::from_utf8_lossy(found.name()).into_owned();
        let message = format!("`{name}` is a program within nginx, which could reach anywhere: it is not run");
        let evidence = Evidence::of_nginx(message, Some(configuration.sources().place(found.span())));
        let (remarks, notes) = (Vec::new(), Vec::new());
        Some(Self { outcome: Outcome::NotRun, shown: vec![evidence], remarks, notes, requests: 0, lets_in: false })
    }

    fn refused(message: String, place: Option<String>, plan: Plan) -> Self {
        let is_missing = MISSING.iter().any(|part| message.contains(part));
        let outcome = if is_missing { Outcome::NotRun } else { Outcome::Rejected };
        let evidence = Evidence::of_nginx(message, place);
        let notes = plan.notes.into_iter().collect();
        Self { outcome, shown: vec![evidence], remarks: Vec::new(), notes, requests: 0, lets_in: false }
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

/// Whether a directive runs a program within nginx: Lua, JavaScript, Perl.
fn is_program(name: &[u8]) -> bool {
    let starts: [&[u8]; 3] = [b"js_", b"perl", b"init_by_lua"];
    starts.iter().any(|start| name.starts_with(start)) || name.windows(7).any(|part| part == b"_by_lua")
}

/// What nginx says when something is not on this machine: that is nothing about the configuration.
const MISSING: [&str; 4] = ["unknown directive", "No such file or directory", "is not binary compatible", "Permission denied"];

/// How often ports are chosen anew.
const TRIES: usize = 3;
