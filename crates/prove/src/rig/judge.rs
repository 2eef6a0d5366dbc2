//! What the requests come to.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::evidence::Evidence;
use super::fake::{APPLICATION, Fakes, Hit, PERSON, PROBE};
use super::folder::FILE;
use super::guard::{self, Standing};
use super::plan::{Plan, Program};
use super::probe::{Looks, Who};
use super::rewrite::RETURN;
use super::run::Nginx;
use crate::lint::Subject;
use crate::prove::wire::{Endpoint, Patience, Request, Response};

/// What was asked, to judge what arrives late.
struct Asked {
    who: Who,
    request: String,
    to: String,
    gate: String,
}

/// A configuration that runs, and what is known of it so far.
pub(super) struct Judge<'s, 'c> {
    pub(super) subject: &'s Subject<'c>,
    pub(super) plan: Plan,
    pub(super) fakes: Fakes,
    pub(super) nginx: Nginx,
    pub(super) looks: Looks,
    /// By which headers and parameters applications know who is asking.
    pub(super) told: Vec<String>,
    /// How the gate answers now.
    pub(super) gate: String,
    asked: Vec<Asked>,
    pub(super) open: Vec<Evidence>,
    pub(super) spoofed: Vec<Evidence>,
    pub(super) remarks: Vec<Evidence>,
    remarked: BTreeSet<&'static str>,
    /// The last request that showed it to be open.
    shown: Option<usize>,
    pub(super) odd: Odd,
    pub(super) lets_in: bool,
}

/// Whether the gate does something that a gate does not have to be expected to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Odd {
    No,
    /// What it is called in remarks.
    Yes(&'static str),
}

/// How a forged header is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    Same,
    /// With `_` or `.` in place of `-`.
    Folded,
}

impl<'s, 'c> Judge<'s, 'c> {
    pub(super) fn new(subject: &'s Subject<'c>, plan: Plan, fakes: Fakes, nginx: Nginx) -> Self {
        let looks = Looks::new(subject);
        let told = guard::told(subject);
        let gate = "by credential".to_owned();
        Self {
            subject,
            plan,
            fakes,
            nginx,
            looks,
            told,
            gate,
            asked: Vec::new(),
            open: Vec::new(),
            spoofed: Vec::new(),
            remarks: Vec::new(),
            remarked: BTreeSet::new(),
            shown: None,
            odd: Odd::No,
            lets_in: false,
        }
    }

    /// How many requests were made.
    pub(super) fn requests(&self) -> usize {
        self.asked.len()
    }

    /// Whether nothing more has to be asked: it is open, or there were too many requests.
    pub(super) fn is_over(&self) -> bool {
        self.open.len() >= MOST_SHOWN || self.asked.len() >= MOST_REQUESTS
    }

    /// Sends a request and looks at what came of it.
    pub(super) fn ask(&mut self, key: &[u8], request: Request, who: Who) {
        if self.is_over() {
            return;
        }
        let Some(listen) = self.plan.listens.get(key) else { return };
        let endpoint = Endpoint::plain(SocketAddr::from((Ipv4Addr::LOCALHOST, listen.port)));
        let shown = shown(&request);
        let to = String::from_utf8_lossy(key).into_owned();
        let number = self.asked.len();
        self.asked.push(Asked { who, request: shown, to, gate: self.gate.clone() });
        let response = endpoint.ask(&request.with(PROBE, number.to_string()), PATIENCE);
        self.arrived(number);
        if let Ok(response) = response {
            self.answered(&response, number);
        }
    }

    /// Looks at what arrived at the fakes.
    pub(super) fn arrived(&mut self, number: usize) {
        for hit in self.fakes.take() {
            let number = hit.seen.probe().and_then(|number| usize::try_from(number).ok()).unwrap_or(number);
            self.hit(&hit, number);
        }
    }

    fn hit(&mut self, hit: &Hit, number: usize) {
        let Some(program) = self.plan.programs.get(hit.fake) else { return };
        let Some(asked) = self.asked.get(number) else { return };
        let standing = self.standing(program, hit.seen.path(), asked);
        let address = String::from_utf8_lossy(&program.address).into_owned();
        let arrived = format!("`{} {}` arrived at {address}", hit.seen.method, hit.seen.target);
        let is_allowed = matches!(asked.who, Who::Person | Who::Other);
        // An application that is told who is asking is told so on its open paths too.
        if matches!(standing, Standing::Declared | Standing::Meant) {
            match self.forged_in(hit) {
                Some((forged, Spelling::Same)) if !self.told.is_empty() => {
                    return self.is_spoofed(number, format!("{arrived} with {forged}"));
                }
                Some((forged, _)) => self.remark(number, format!("{arrived} with {forged}"), "identity where it is open"),
                None => {}
            }
        }
        match (standing, is_allowed) {
            (Standing::Free | Standing::Declared, _) | (Standing::Meant, true) => {}
            (Standing::Meant, false) => self.remark(number, arrived, "meant to be open"),
            (Standing::Guarded, false) => self.is_open(number, arrived),
            (Standing::Guarded, true) => {
                self.lets_in = true;
                match self.forged_in(hit) {
                    Some((forged, Spelling::Same)) => self.is_spoofed(number, format!("{arrived} with {forged}")),
                    Some((forged, Spelling::Folded)) => {
                        let what = format!("{arrived} with {forged}, which some applications take for the name with dashes");
                        self.remark(number, what, "folded");
                    }
                    None => {}
                }
            }
        }
    }

    fn standing(&self, program: &Program, path: &str, asked: &Asked) -> Standing {
        let servers = self.plan.listens.get(asked.to.as_bytes()).map(|listen| listen.servers.as_slice()).unwrap_or_default();
        guard::standing(self.subject, &self.plan, program, path, servers)
    }

    /// A forged identity in what arrived.
    fn forged_in(&self, hit: &Hit) -> Option<(String, Spelling)> {
        let program = self.plan.programs.get(hit.fake)?;
        // Where nothing says how applications know who is asking, it is not known whether they listen to this header. One that
        // is reached by a location that does not ask the gate itself could not be told in any other way.
        let is_asked = program.location.is_none_or(|id| self.subject.model.is_protected(id));
        let usual = (self.told.is_empty() && !is_asked).then_some("X-User");
        let told: Vec<&str> = self.told.iter().map(String::as_str).chain(usual).collect();
        let forged = || hit.seen.headers.iter().filter(|(_, value)| value.contains(EVIL));
        let find = |is_it: &dyn Fn(&str, &str) -> bool| {
            let (name, value) = forged().find(|(name, _)| told.iter().any(|told| is_it(told, name)))?;
            Some(format!("`{name}: {value}`"))
        };
        let same = find(&|told, name| told.eq_ignore_ascii_case(name)).map(|forged| (forged, Spelling::Same));
        same.or_else(|| find(&|told, name| folded(told) == folded(name)).map(|forged| (forged, Spelling::Folded)))
    }

    /// Looks at what the client got.
    fn answered(&mut self, response: &Response, number: usize) {
        let Some(asked) = self.asked.get(number) else { return };
        let who = asked.who;
        let body = String::from_utf8_lossy(&response.body);
        let is_anothers = who == Who::Other && body.contains(&format!(" for {PERSON}\n")) && body.starts_with(APPLICATION);
        let file = body.split(FILE).skip(1).filter_map(|rest| rest.lines().next());
        let file = file.map(str::to_owned).find(|name| guard::is_file_guarded(self.subject, &self.plan, name.as_bytes()));
        let head = response.lines.iter().any(|line| String::from_utf8_lossy(line).contains(RETURN));
        let text = body.contains(RETURN) || head;
        let pages = body.split(APPLICATION).skip(1).filter_map(|rest| {
            let program = self.plan.programs.get(rest.split(' ').next()?.parse::<usize>().ok()?)?;
            let path = rest.lines().nth(1)?.split(' ').nth(1)?.split('?').next()?;
            (self.standing(program, path, asked) == Standing::Guarded).then_some(program)
        });
        let page = pages.map(|program| String::from_utf8_lossy(&program.address).into_owned()).next();
        let what = match (file, page) {
            _ if is_anothers => "the answer is a page that was made for somebody else".to_owned(),
            (Some(file), _) => format!("the answer holds the file `{file}`"),
            (None, Some(page)) => format!("the answer holds a page of {page}"),
            (None, None) if text => "the answer is what nginx itself answers behind the gate".to_owned(),
            (None, None) => return,
        };
        match who {
            Who::Stranger | Who::Forbidden => self.is_open(number, what),
            Who::Other if is_anothers => self.is_open(number, what),
            Who::Person | Who::Other => self.lets_in = true,
        }
    }

    /// Something that opens, or forges, only together with something else; once for each.
    pub(super) fn remark(&mut self, number: usize, what: String, kind: &'static str) {
        if self.remarked.insert(kind) {
            let evidence = self.evidence(number, what);
            self.remarks.extend(evidence);
        }
    }

    fn is_open(&mut self, number: usize, what: String) {
        if let Odd::Yes(kind) = self.odd {
            return self.remark(number, what, kind);
        }
        if self.shown != Some(number) {
            self.shown = Some(number);
            let evidence = self.evidence(number, what);
            self.open.extend(evidence);
        }
    }

    fn is_spoofed(&mut self, number: usize, what: String) {
        if let Odd::Yes(kind) = self.odd {
            return self.remark(number, what, kind);
        }
        if self.spoofed.len() < MOST_SHOWN {
            let evidence = self.evidence(number, what);
            self.spoofed.extend(evidence);
        }
    }

    fn evidence(&self, number: usize, what: String) -> Option<Evidence> {
        let asked = self.asked.get(number)?;
        let who = match asked.who {
            Who::Stranger => "a stranger",
            Who::Forbidden => "somebody who may not",
            Who::Person | Who::Other => "somebody who may",
        };
        Some(Evidence { who, request: asked.request.clone(), to: asked.to.clone(), gate: asked.gate.clone(), what })
    }
}

/// A header as some applications see it.
fn folded(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// The head of a request, line by line.
fn shown(request: &Request) -> String {
    let bytes = request.to_bytes();
    let text = String::from_utf8_lossy(&bytes);
    text.split("\r\n\r\n").next().unwrap_or_default().to_owned()
}

/// The value of every forged identity.
pub(super) const EVIL: &str = "evil";

/// How long an answer may take: nothing here is far away, and nginx gives up on the gate after less than a second.
const PATIENCE: Patience = Patience { connect: Duration::from_secs(2), answer: Duration::from_secs(5) };

/// How many requests are shown.
const MOST_SHOWN: usize = 5;

/// How many requests are made: a few seconds' worth.
const MOST_REQUESTS: usize = 20_000;
