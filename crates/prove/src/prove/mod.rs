//! Whether a deployment blocks, asked from outside: raw requests, and answers compared by what is in them.
//!
//! [`prove`] first learns three answers: to somebody who may see a page, to nobody, and to a path that does not exist. Then it tries
//! what gets past gates, and compares each answer with those. A status alone says nothing: a login page comes with 200, and an error
//! page can show everything.
//!
//! You will notably *not* find a client here that folds paths, joins headers or follows redirects by itself, nor anything that
//! changes data, unless [`Methods::All`] says so.

pub(crate) mod wire;
mod target;
mod options;
mod protected;
mod paths;
mod page;
mod redirect;
mod curl;
mod traffic;
mod verdict;
mod baseline;
mod rule;
mod judge;
mod prober;
mod secret;
mod probe;
pub mod report;

pub(crate) use curl::curl;
// The public interface is:
pub use options::{Certificates, Credential, CredentialError, Methods, Outage, Prove};
pub use paths::{PathsError, paths};
pub use probe::{Probe, probes};
pub use target::{Scheme, Target, TargetError};
pub use traffic::Entry;
pub use verdict::{Check, Learned, LearnedPath, Report, Strictness, Verdict};

use std::rc::Rc;

use baseline::Baseline;
use prober::Prober;
use rule::Said;
use secret::Secrets;
use traffic::{Question, Server, Traffic};
use wire::{Request, WireError};

/// How far a run is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress<'p> {
    /// Steps that are done.
    pub done: usize,
    /// Steps there are.
    pub of: usize,
    /// What comes next.
    pub probe: &'static str,
    /// The path it is about.
    pub path: &'p str,
}

/// Tries whether the deployment refuses who should be refused.
///
/// # Example
/// ```
/// use gatewright_prove::prove::{Prove, Strictness, prove, report};
/// let mut options = Prove::new("http://127.0.0.1:1/admin".parse()?);
/// let report = prove(&options, &mut |progress| eprintln!("{}/{}", progress.done, progress.of));
/// assert!(report.nothing_proved.as_deref().unwrap().contains("cannot be reached"));
/// let mut out = Vec::new();
/// report::json(&report, &mut out)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn prove(options: &Prove, progress: &mut dyn FnMut(Progress<'_>)) -> Report {
    let mut report = Report {
        target: format!("{}{}", options.target.origin(), options.target.path()),
        started: options.started.clone(),
        baseline: Learned::default(),
        nothing_proved: None,
        checks: Vec::new(),
        requests: Vec::new(),
        notes: Vec::new(),
    };
    let servers = match servers(options) {
        Ok(servers) => servers,
        Err(why) => {
            report.nothing_proved = Some(why);
            return report;
        }
    };
    let mut traffic = Traffic::new(options);
    let Some(server) = first_to_answer(&servers, options, &mut traffic) else {
        report.nothing_proved = Some(format!("`{}` has no address", options.target.host()));
        return report;
    };
    let baseline = Baseline::learn(options, server, &mut traffic);
    report.baseline = baseline.learned();
    report.nothing_proved = baseline.nothing_proved();
    if report.nothing_proved.is_none() {
        let refusals = baseline.subjects.iter().filter(|subject| subject.opened.is_none());
        let said = Said::of(refusals.filter_map(|subject| subject.anonymous.outcome.as_ref().ok()));
        let (server, baseline) = (Rc::new(server.clone()), Rc::new(baseline));
        let mut prober = Prober { options, server, servers, baseline, said, traffic, checks: Vec::new() };
        probe::run(&mut prober, progress);
        report.checks = prober.checks;
        traffic = prober.traffic;
    }
    report.requests = traffic.into_entries();
    Secrets::of(options).hide(&mut report);
    report
}

/// A name has addresses of both families, and not everywhere both are reached.
fn first_to_answer<'s>(servers: &'s [Server], options: &Prove, traffic: &mut Traffic) -> Option<&'s Server> {
    let mut answers = |server: &&Server| {
        let path = options.unknown_path();
        let question = Question::new(Request::new("GET", path, &server.target.authority()));
        !matches!(traffic.ask(server, &question).outcome, Err(WireError::Connect(_)))
    };
    match servers {
        [only] => Some(only),
        several => several.iter().find(|server| answers(server)).or(several.first()),
    }
}

/// One for each address of the target.
fn servers(options: &Prove) -> Result<Vec<Server>, String> {
    let addresses = match &options.addresses {
        none if none.is_empty() => {
            let found = options.target.addresses();
            found.map_err(|error| format!("`{}` cannot be found: {error}", options.target.host()))?
        }
        named => named.clone(),
    };
    let server = |address| Server::new(&options.target, address, &options.certificates).map_err(|error| error.to_string());
    addresses.into_iter().map(server).collect()
}
