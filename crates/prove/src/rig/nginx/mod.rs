//! nginx: its configuration is understood, so that it is known what is behind the gate and what is meant to be open.

mod folder;
mod guard;
mod looks;
mod plan;
mod program;
mod questions;
mod rewrite;
mod sample;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::RigError;
use super::evidence::Trial;
use super::fake::{Fakes, Role, Yes};
use super::folder::Folder;
use super::ground::{Ground, Standing};
use super::probe::Looks;
use super::process::{Refusal, find};
use super::questions::Questions;
use super::running::{Port, Running, Started};
use crate::lint::{Intent, Subject};
use crate::model::{LocationId, Model};
use crate::nginx::{Configuration, Dump, Files};
use plan::Plan;
use rewrite::rewrite;

pub(super) use rewrite::RETURN;
pub(super) use sample::of as sample;

/// Reads a configuration: the main file, or what `nginx -T` prints.
pub(super) fn load(name: &[u8], files: &dyn Files) -> Result<Configuration, RigError> {
    let text = files.read(name).map_err(RigError::Read)?;
    let configuration = match Dump::parse(&text) {
        Some(dump) => Configuration::load(dump.main(), &dump),
        None => Configuration::load(name, files),
    };
    configuration.map_err(RigError::Read)
}

/// The program that was named, or the one that is found.
pub(super) fn program(named: Option<&Path>) -> Result<PathBuf, RigError> {
    named.map(Path::to_owned).or_else(|| find("nginx")).ok_or(RigError::NoNginx)
}

/// What the configuration does.
pub(super) fn subject<'c>(configuration: &'c Configuration, intent: Intent<'c>) -> Subject<'c> {
    Subject::new(Model::new(configuration), intent)
}

/// Starts nginx once; `None` if the machine was in the way.
pub(super) fn once<'s, 'c>(subject: &'s Subject<'c>, nginx: &Path) -> Result<Option<Started<Site<'s, 'c>>>, RigError> {
    if let Some(trial) = Trial::of_program(subject) {
        return Ok(Some(Started::Refused(trial)));
    }
    let folder = Folder::new().map_err(RigError::Machine)?;
    let mut plan = Plan::new(subject, folder.path()).map_err(RigError::Machine)?;
    let rewritten = rewrite(subject, &mut plan).map_err(RigError::Machine)?;
    folder::fill(subject, &plan).map_err(RigError::Machine)?;
    let yes = Yes { identity: guard::identity(subject), lines: guard::lines(subject), has_pages: true };
    let mut fakes = Fakes::new(yes, &folder);
    for program in &mut plan.programs {
        if let Some(listener) = program.listener.take() {
            let name = String::from_utf8_lossy(&program.address);
            fakes.start(program.role, &name, listener).map_err(RigError::Machine)?;
        }
    }
    plan.listens.values_mut().for_each(|listen| drop(listen.held.take()));
    match program::start(nginx, folder.path(), &rewritten.text).map_err(RigError::Machine)? {
        Ok(process) => {
            let port = |listen: &plan::Listen| Port { number: listen.port, is_tls: plan.tls.contains(&listen.port) };
            let ports: BTreeMap<_, _> = plan.listens.iter().map(|(key, listen)| (key.clone(), port(listen))).collect();
            let running = Running { process, fakes, ports, notes: plan.notes.clone(), folder };
            Ok(Some(Started::Running(running, Site { subject, plan })))
        }
        Err(Refusal::Machine(_)) => Ok(None),
        Err(Refusal::Configuration(message, line)) => {
            let sources = subject.model.configuration.sources();
            let place = line.and_then(|line| rewritten.original(line)).map(|span| sources.place(span));
            Ok(Some(Started::Refused(Trial::refused("nginx", message, place, plan.notes))))
        }
    }
}

/// A configuration with what stands in place of what.
pub(super) struct Site<'s, 'c> {
    subject: &'s Subject<'c>,
    plan: Plan,
}

impl Ground for Site<'_, '_> {
    /// Two addresses with the same servers are one.
    fn questions(&self) -> Vec<(Vec<u8>, Questions)> {
        let mut found = Vec::new();
        let mut known = Vec::new();
        for (key, listen) in &self.plan.listens {
            if known.contains(&&listen.servers) {
                continue;
            }
            known.push(&listen.servers);
            for server in &listen.servers {
                found.push((key.clone(), questions::questions(self.subject, *server)));
            }
        }
        found
    }

    fn looks(&self) -> Looks {
        looks::looks(self.subject)
    }

    fn told(&self) -> Vec<String> {
        guard::told(self.subject)
    }

    fn gates(&self) -> Vec<String> {
        let gates = self.plan.gates.iter().map(|id| self.subject.model.location(*id));
        let gates = gates.filter(|location| location.regex().is_none());
        gates.map(|location| String::from_utf8_lossy(location.pattern).into_owned()).collect()
    }

    fn has_gate(&self) -> bool {
        self.plan.programs.iter().any(|program| program.role == Role::Gate)
    }

    /// Where there is only one server, it takes every host.
    fn is_shared(&self, key: &[u8]) -> bool {
        self.plan.listens.get(key).is_some_and(|listen| listen.servers.len() > 1)
    }

    fn address(&self, fake: usize) -> Option<String> {
        Some(String::from_utf8_lossy(&self.plan.programs.get(fake)?.address).into_owned())
    }

    fn standing(&self, fake: usize, path: &str, to: &str, _host: &str) -> Standing {
        let Some(program) = self.plan.programs.get(fake) else { return Standing::Free };
        let servers = self.plan.listens.get(to.as_bytes()).map(|listen| listen.servers.as_slice()).unwrap_or_default();
        guard::standing(self.subject, &self.plan, program, path, servers)
    }

    fn location(&self, fake: usize) -> Option<LocationId> {
        self.plan.programs.get(fake)?.location
    }

    fn is_untold(&self, fake: usize) -> bool {
        self.location(fake).is_some_and(|id| !self.subject.model.is_protected(id))
    }

    fn is_file_guarded(&self, file: &str) -> bool {
        guard::is_file_guarded(self.subject, &self.plan, file.as_bytes())
    }

    fn believed(&self, names: &[&str]) -> Vec<String> {
        let scopes = &self.subject.model.scopes;
        let gates = self.plan.gates.iter().map(|id| self.subject.model.location(*id).scope);
        let lines = gates.flat_map(|scope| SETTERS.iter().flat_map(move |setter| scopes.effective(scope, setter)));
        let set: Vec<Vec<u8>> = lines.filter_map(|line| line.argument(0)).map(<[u8]>::to_ascii_lowercase).collect();
        let is_set = |name: &&&str| set.iter().any(|other| other == name.to_ascii_lowercase().as_bytes());
        let found: Vec<String> = names.iter().filter(is_set).map(|name| (*name).to_owned()).collect();
        if found.is_empty() { names.iter().map(|name| (*name).to_owned()).collect() } else { found }
    }

    fn accelerates(&self) -> bool {
        true
    }
}

/// The lines that tell a gate something.
const SETTERS: [&str; 2] = ["proxy_set_header", "grpc_set_header"];
