//! A configuration that runs, for as long as somebody asks it.

use std::net::SocketAddr;
use std::path::Path;

use super::draft::Given;
use super::evidence::Trial;
use super::fake::down;
use super::ground::Ground;
use super::judge::Judge;
use super::kind::Kind;
use super::probe::{Looks, Who, request};
use super::questions::Questions;
use super::running::{self, Running, Started};
use super::{RigError, addressed, nginx};
use crate::lint::Intent;
use crate::nginx::Files;
use crate::prove::{Credential, Outage, Prove};

/// A configuration of a proxy that runs on loopback, between a gate and applications of ours, until it is dropped.
///
/// The gate lets in who has a certain cookie. The applications answer every path with a page that has a title, and words that no other
/// path and no other application has, and the headers in which they were told who is asking.
///
/// # Example
/// ```no_run
/// use gatewright_prove::{Intent, Stage, Staged, nginx::Disk, prove::prove};
/// let Staged::Runs(stage) = Stage::start(b"/etc/nginx/nginx.conf", &Disk, Intent::default(), None)? else { return Ok(()) };
/// for door in stage.doors() {
///     let report = prove(&stage.prove(door).unwrap(), &mut |_| ());
///     println!("{}: {:?}", door.host, report.nothing_proved);
/// }
/// # Ok::<(), gatewright_prove::RigError>(())
/// ```
#[derive(Debug)]
pub struct Stage {
    running: Running,
    doors: Vec<Door>,
    identity: Vec<String>,
    looks: Looks,
    open: Vec<String>,
    gates: Vec<String>,
}

/// What came of an attempt to start one.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "either it runs or it does not")]
pub enum Staged {
    /// It runs.
    Runs(Box<Stage>),
    /// It does not: the proxy refuses it, or this machine lacks something; the trial says what.
    Refused(Trial),
}

/// A server of a configuration, and how it is reached here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Door {
    /// Where it listens here.
    pub address: SocketAddr,
    /// Where it listens by the configuration.
    pub listen: String,
    /// A name that it answers for.
    pub host: String,
    /// Paths behind the gate that are shown to somebody who may see them; with none, nobody gets in here.
    pub paths: Vec<String>,
    /// All paths that are behind the gate by the configuration, whatever is shown there.
    pub protected: Vec<String>,
}

impl Stage {
    /// Starts a configuration of any proxy that [`rig()`](super::rig) runs. `program` is the proxy's own; without one it is looked for.
    ///
    /// # Errors
    /// Those of [`rig()`](super::rig).
    pub fn start(name: &[u8], files: &dyn Files, intent: Intent<'_>, program: Option<&Path>) -> Result<Staged, RigError> {
        let text = files.read(name).map_err(RigError::Read)?;
        match Kind::of(name, &text)? {
            Kind::Nginx => {
                let configuration = nginx::load(name, files)?;
                let program = nginx::program(program)?;
                let subject = nginx::subject(&configuration, intent);
                Self::of(|| running::start(|| nginx::once(&subject, &program)), intent)
            }
            Kind::Other(proxy) => {
                let program = addressed::program(proxy, program)?;
                let given = Given { name, text: &text, files, program: &program };
                Self::of(|| running::start(|| addressed::once(proxy, &given, intent)), intent)
            }
        }
    }

    fn of<G: Ground>(start: impl Fn() -> Result<Started<G>, RigError>, intent: Intent<'_>) -> Result<Staged, RigError> {
        let (mut first, ground) = match start()? {
            Started::Running(running, ground) => (running, ground),
            Started::Refused(trial) => return Ok(Staged::Refused(trial)),
        };
        let found = Judge::new(&ground, &mut first).shown();
        drop(first);
        // Another one: caches of the first know answers by now.
        let (running, ground) = match start()? {
            Started::Running(running, ground) => (running, ground),
            Started::Refused(trial) => return Ok(Staged::Refused(trial)),
        };
        let door = |(key, shown): (Vec<u8>, Shown)| {
            let (address, listen) = (running.address(&key)?, String::from_utf8_lossy(&key).into_owned());
            Some(Door { address, listen, host: shown.host, paths: shown.paths, protected: shown.protected })
        };
        let doors = found.into_iter().filter_map(door).collect();
        let gates = ground.gates().into_iter().filter(|path| path.starts_with('/')).collect();
        let (identity, looks, open) = (ground.told(), ground.looks(), intent.open.to_vec());
        Ok(Staged::Runs(Box::new(Self { running, doors, identity, looks, open, gates })))
    }

    /// The servers, each with an address at which it is reached.
    #[must_use]
    pub fn doors(&self) -> &[Door] {
        &self.doors
    }

    /// The headers in which the applications are told who is asking.
    #[must_use]
    pub fn identity(&self) -> &[String] {
        &self.identity
    }

    /// The header line of somebody whom the gate lets in.
    #[must_use]
    pub fn allowed(&self) -> String {
        self.line(Who::Person)
    }

    /// The header line of somebody else whom the gate lets in.
    #[must_use]
    pub fn second(&self) -> String {
        self.line(Who::Other)
    }

    /// The header line of somebody whom the gate knows, and forbids everything.
    #[must_use]
    pub fn forbidden(&self) -> String {
        self.line(Who::Forbidden)
    }

    fn line(&self, who: Who) -> String {
        format!("Cookie: {}", self.looks.credential(who).unwrap_or_default())
    }

    /// Commands after which the gate answers nobody, and answers again.
    #[must_use]
    pub fn outage(&self) -> Outage {
        let down = down(&self.running.folder);
        let down = down.display();
        Outage { stop: format!("touch '{down}'"), restore: format!("rm -f '{down}'") }
    }

    /// What is needed to ask a door from outside, for the paths that are shown to somebody; `None` where nothing is behind the gate.
    #[must_use]
    pub fn prove(&self, door: &Door) -> Option<Prove> {
        let paths = if door.paths.is_empty() { &door.protected } else { &door.paths };
        let first = paths.first()?;
        let port = door.address.port();
        let mut options = Prove::new(format!("http://{}:{port}{first}", door.host).parse().ok()?);
        options.addresses = vec![door.address];
        options.paths.clone_from(paths);
        options.open.clone_from(&self.open);
        let credential = |line: String, file: &str| Credential::new([line], file).ok();
        options.allow = credential(self.allowed(), "@allow.txt");
        options.second = credential(self.second(), "@second.txt");
        options.forbid = credential(self.forbidden(), "@forbid.txt");
        options.identity.clone_from(&self.identity);
        options.whoami = Some(first.clone());
        options.auth_paths.clone_from(&self.gates);
        options.outage = Some(self.outage());
        let others = || self.doors.iter().filter(|other| other.address != door.address);
        let here = || self.doors.iter().filter(|other| other.address == door.address && other.host != door.host);
        options.hosts = here().map(|other| other.host.clone()).collect();
        let other = |other: &Door| format!("http://{}:{}/", door.host, other.address.port()).parse().ok();
        options.others = others().filter_map(other).collect();
        Some(options)
    }
}

/// What was seen of a server.
struct Shown {
    host: String,
    paths: Vec<String>,
    protected: Vec<String>,
}

impl Judge<'_> {
    /// For every server the paths behind the gate that somebody gets to see who may, with an address that leads there.
    fn shown(mut self) -> Vec<(Vec<u8>, Shown)> {
        let questions = self.ground.questions();
        let mut found = Vec::new();
        for (key, Questions { host, main, guarded, .. }) in questions {
            let proof = self.looks.proof(Who::Person);
            let mut paths = Vec::new();
            for path in &main {
                self.lets_in = false;
                let response = self.ask(&key, request("GET", path, &host, proof.as_deref()), Who::Person);
                if response.is_some_and(|response| response.status == 200) && self.lets_in {
                    paths.push(path.clone());
                }
            }
            found.push((key, Shown { host, paths, protected: guarded }));
        }
        found
    }
}
