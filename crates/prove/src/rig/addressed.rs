//! Proxies whose configuration is not understood, but for its addresses: whatever reaches an application counts, unless the operator
//! has declared its path to be open.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::RigError;
use super::draft::{Draft, Given, Program, Unwritten};
use super::evidence::Trial;
use super::fake::{Fakes, Role, Yes};
use super::folder::Folder;
use super::ground::{Ground, Standing, USUAL};
use super::mentioned;
use super::probe::Looks;
use super::process::{Process, find};
use super::questions::{MOST_PATHS, Questions, USUAL as PATHS};
use super::running::{Running, Started};
use crate::lint::{Intent, Severity, lint};
use crate::nginx::Files;

/// A proxy.
pub(super) trait Proxy: Sync {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// The name of its program.
    fn program(&self) -> &'static str;

    /// Writes a configuration anew, into the draft's folder.
    ///
    /// # Errors
    /// It is wrong, or cannot be run here.
    fn write(&self, given: &Given<'_>, draft: &mut Draft) -> Result<(), Unwritten>;

    /// The headers by which the gate is told what is asked for.
    fn tells(&self, texts: &[String]) -> Vec<&'static str>;

    /// Runs what was written.
    fn command(&self, program: &Path, folder: &Path) -> Command;

    /// Whether it answers by the configuration, once it listens.
    fn is_ready(&self, _folder: &Path) -> bool {
        true
    }
}

/// A configuration with what stands in place of what.
#[derive(Debug)]
pub(super) struct Addressed {
    /// The addresses at which clients ask.
    keys: Vec<Vec<u8>>,
    hosts: Vec<String>,
    /// Each program with its role, in the order of the fakes.
    programs: Vec<(String, Role)>,
    told: Vec<String>,
    open: Vec<String>,
    main: Vec<String>,
    paths: Vec<String>,
    samples: Vec<String>,
    causes: Vec<(&'static str, Severity)>,
    /// The headers by which the gate is told what is asked for.
    tells: Vec<&'static str>,
}

/// The program that was named, or the one that is found.
pub(super) fn program(proxy: &dyn Proxy, named: Option<&Path>) -> Result<std::path::PathBuf, RigError> {
    named.map(Path::to_owned).or_else(|| find(proxy.program())).ok_or(RigError::NoProgram(proxy.name()))
}

/// Starts the proxy once; `None` if the machine was in the way.
pub(super) fn once(proxy: &dyn Proxy, given: &Given<'_>, intent: Intent<'_>) -> Result<Option<Started<Addressed>>, RigError> {
    let folder = Folder::new().map_err(RigError::Machine)?;
    let mut draft = Draft::new(folder.path());
    draft.texts.push(String::from_utf8_lossy(given.text).into_owned());
    match proxy.write(given, &mut draft) {
        Ok(()) => {}
        Err(Unwritten::Machine(error)) => return Err(RigError::Machine(error)),
        Err(Unwritten::Rejected(why)) => return Ok(Some(Started::Refused(Trial::rejected(proxy.name(), why)))),
        Err(Unwritten::NotRun(why)) => return Ok(Some(Started::Refused(Trial::not_run(proxy.name(), why)))),
    }
    if draft.ports.is_empty() {
        let why = "it listens nowhere".to_owned();
        return Ok(Some(Started::Refused(Trial::not_run(proxy.name(), why))));
    }
    let told = mentioned::told(&intent, &draft.texts);
    let mut identity = told.clone();
    identity.extend(
        USUAL.iter().filter(|name| !told.iter().any(|other| other.eq_ignore_ascii_case(name))).map(|name| (*name).to_owned()),
    );
    let yes = Yes { identity, lines: "Cache-Control: no-store\r\n".to_owned(), has_pages: false };
    let mut fakes = Fakes::new(yes, &folder);
    for Program { address, role, listener, .. } in &mut draft.programs {
        if let Some(listener) = listener.take() {
            fakes.start(*role, address, listener).map_err(RigError::Machine)?;
        }
    }
    draft.held.clear();
    let mut process = Process::start(&mut proxy.command(given.program, folder.path())).map_err(RigError::Machine)?;
    let ports: Vec<u16> = draft.ports.values().map(|port| port.number).collect();
    if let Err(said) = wait(&mut process, || ports.iter().all(|port| is_open(*port)) && proxy.is_ready(folder.path())) {
        if said.iter().any(|line| MACHINE.iter().any(|part| line.to_ascii_lowercase().contains(part))) {
            return Ok(None);
        }
        return Ok(Some(Started::Refused(Trial::refused(proxy.name(), complaint(&said, folder.path()), None, draft.notes))));
    }
    let mut ground = Addressed::new(&draft, told, &intent);
    ground.causes = causes(given, &draft, intent);
    ground.tells = proxy.tells(&draft.texts);
    let Draft { ports, notes, .. } = draft;
    Ok(Some(Started::Running(Running { process, fakes, ports, notes, folder }, ground)))
}

/// Until it is ready; the error is what it said before it ended.
fn wait(process: &mut Process, is_ready: impl Fn() -> bool) -> Result<(), Vec<String>> {
    let mut said = Vec::new();
    let begun = Instant::now();
    loop {
        match process.line(PAUSE) {
            Ok(line) => {
                said.push(line);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return Err(said),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if process.end().is_some() {
            return Err(said);
        }
        if is_ready() {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            said.push("it does not start in time".to_owned());
            return Err(said);
        }
    }
}

fn is_open(port: u16) -> bool {
    TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), PAUSE).is_ok()
}

/// The line that says what is wrong, without the temporary folder.
fn complaint(said: &[String], folder: &Path) -> String {
    let words = ["[ALERT]", "rror", "ERR", "FTL", "critical", "does not start"];
    let found = said.iter().find(|line| words.iter().any(|word| line.contains(word)));
    let line = found.or(said.last()).map_or("it ended without a word", String::as_str);
    line.replace(&format!("{}/", folder.display()), "")
}

impl Addressed {
    fn new(draft: &Draft, told: Vec<String>, intent: &Intent<'_>) -> Self {
        let mentioned = mentioned::paths(&draft.texts);
        let stem = |path: &String| path.trim_end_matches('/').to_owned();
        let mut main: Vec<String> = if intent.paths.is_empty() {
            let behind = mentioned.iter().map(|path| format!("{}/report.txt", stem(path)));
            MAIN.iter().map(|path| (*path).to_owned()).chain(behind).take(MOST_MAIN).collect()
        } else {
            intent.paths.to_vec()
        };
        let mut paths: Vec<String> = PATHS.iter().map(|path| (*path).to_owned()).chain(main.iter().cloned()).collect();
        for path in &mentioned {
            let stem = stem(path);
            paths.extend([
                path.clone(),
                format!("{stem}/"),
                format!("{stem}x"),
                format!("{stem}/x"),
                format!("{stem}/../admin/x"),
            ]);
        }
        let mut seen = BTreeSet::new();
        paths.retain(|path| path.starts_with('/') && seen.insert(path.clone()));
        paths.truncate(MOST_PATHS);
        main.retain(|path| path.starts_with('/'));
        let hosts = draft.hosts.iter().take(MOST_HOSTS).cloned().collect::<Vec<_>>();
        Self {
            keys: draft.ports.keys().cloned().collect(),
            hosts: if hosts.is_empty() { vec!["app.test".to_owned()] } else { hosts },
            programs: draft.programs.iter().map(|program| (program.address.clone(), program.role)).collect(),
            told,
            open: intent.open.to_vec(),
            main,
            paths,
            samples: mentioned::ends(&draft.texts),
            causes: Vec::new(),
            tells: Vec::new(),
        }
    }

    /// The rules of the linter that spoke, the worst first.
    pub(super) fn causes(&self) -> &[(&'static str, Severity)] {
        &self.causes
    }

    /// What of a path is declared: `/path`, `/tree/*`, or the same behind a host.
    ///
    /// What leads out of a tree again, for an application that takes it so, is not what the operator has meant.
    fn declared(&self, path: &str, host: &str) -> Option<Standing> {
        let is_plain = !["%", ";", "\\", "//", ".."].iter().any(|odd| path.contains(odd));
        let host = host.to_ascii_lowercase();
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name).trim_end_matches('.');
        let within =
            self.open.iter().filter_map(|open| if open.starts_with('/') { Some(open.as_str()) } else { open.strip_prefix(name) });
        let mut within = within.filter(|open| match open.strip_suffix('*') {
            Some(start) => start.starts_with('/') && path.starts_with(start),
            None => path == *open,
        });
        within.next().map(|_| if is_plain { Standing::Declared } else { Standing::Meant })
    }
}

impl Ground for Addressed {
    fn questions(&self) -> Vec<(Vec<u8>, Questions)> {
        let one = |key: &Vec<u8>, host: &String| {
            let questions = Questions {
                host: host.clone(),
                paths: self.paths.clone(),
                main: self.main.clone(),
                guarded: self.main.clone(),
                beside: Vec::new(),
                samples: self.samples.clone(),
                is_behind: self.has_gate(),
            };
            (key.clone(), questions)
        };
        self.keys.iter().flat_map(|key| self.hosts.iter().map(move |host| one(key, host))).collect()
    }

    fn looks(&self) -> Looks {
        Looks::default()
    }

    fn told(&self) -> Vec<String> {
        self.told.clone()
    }

    fn has_gate(&self) -> bool {
        self.programs.iter().any(|(_, role)| *role == Role::Gate)
    }

    fn is_shared(&self, _key: &[u8]) -> bool {
        true
    }

    fn address(&self, fake: usize) -> Option<String> {
        Some(self.programs.get(fake)?.0.clone())
    }

    fn believed(&self, names: &[&str]) -> Vec<String> {
        let is_told = |name: &&&str| self.tells.iter().any(|told| told.eq_ignore_ascii_case(name));
        names.iter().filter(is_told).map(|name| (*name).to_owned()).collect()
    }

    fn standing(&self, fake: usize, path: &str, _to: &str, host: &str) -> Standing {
        match self.programs.get(fake) {
            Some((_, Role::Application)) => self.declared(path, host).unwrap_or(Standing::Guarded),
            _ => Standing::Free,
        }
    }
}

/// What the linter says, the worst first, as far as it opens something; of nothing that it does not read.
fn causes(given: &Given<'_>, draft: &Draft, intent: Intent<'_>) -> Vec<(&'static str, Severity)> {
    let report = match &draft.json {
        Some(json) => lint(b"adapted.json", &One(json), intent),
        None => lint(given.name, given.files, intent),
    };
    let findings = report.map(|report| report.findings).unwrap_or_default();
    let mut found: Vec<_> = findings.iter().map(|finding| (finding.lint.id, finding.severity)).collect();
    found.retain(|(id, severity)| *severity >= Severity::High && !id.starts_with("nginx"));
    found.sort_by_key(|(_, severity)| std::cmp::Reverse(*severity));
    found
}

/// One file, whatever its name.
struct One<'t>(&'t [u8]);

impl Files for One<'_> {
    fn read(&self, _name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        Ok(self.0.to_vec())
    }

    fn names(&self, _folder: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }
}

/// What is asked for in every way where nothing is named.
const MAIN: [&str; 3] = ["/admin/report.txt", "/", "/api/v1/x"];

/// How many paths are asked for in every way.
const MOST_MAIN: usize = 8;

/// How many hosts are asked for at each address.
const MOST_HOSTS: usize = 4;

/// What is about the machine, not about the configuration.
const MACHINE: [&str; 3] = ["address already in use", "too many open files", "cannot allocate memory"];

/// How long a proxy may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked at meanwhile.
const PAUSE: Duration = Duration::from_millis(10);
