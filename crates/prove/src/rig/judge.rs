//! What the requests come to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::checks::{Group, Shells};
use super::evidence::Evidence;
use super::fake::{APPLICATION, Answer, Hit, PERSON, PROBE};
use super::folder::FILE;
use super::ground::{Ground, Standing};
use super::nginx::RETURN;
use super::probe::{Looks, Who};
use super::running::Running;
use crate::model::LocationId;
use crate::prove::wire::{Endpoint, Patience, Request, Response};
use crate::prove::{Entry, Verdict};

/// What was asked, to judge what arrives late.
struct Asked {
    who: Who,
    request: String,
    to: String,
    /// The host that it was for.
    host: String,
    gate: String,
    group: usize,
}

/// A configuration that runs, and what is known of it so far.
pub(super) struct Judge<'r> {
    pub(super) ground: &'r dyn Ground,
    pub(super) running: &'r mut Running,
    pub(super) looks: Looks,
    /// By which headers and parameters applications know who is asking.
    pub(super) told: Vec<String>,
    /// How the gate answers now.
    pub(super) gate: String,
    asked: Vec<Asked>,
    /// The same as a report shows it.
    pub(super) entries: Vec<Entry>,
    /// What is asked, the last one now.
    pub(super) groups: Vec<Group>,
    shells: Shells,
    pub(super) open: Vec<Evidence>,
    pub(super) spoofed: Vec<Evidence>,
    pub(super) remarks: Vec<Evidence>,
    remarked: BTreeSet<&'static str>,
    pub(super) odd: Odd,
    /// Servers that show everything to everybody.
    pub(super) wide_open: BTreeSet<String>,
    /// Whether a way is asked for that is known to be open.
    pub(super) goes_on: bool,
    /// Which request was the last to get past the gate.
    pub(super) opened: Option<usize>,
    begun: Instant,
    /// How long the last answer took.
    pub(super) took: Duration,
    pub(super) lets_in: bool,
    /// The servers that let somebody in, by which request.
    pub(super) let_in: BTreeMap<String, usize>,
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

impl<'r> Judge<'r> {
    pub(super) fn new(ground: &'r dyn Ground, running: &'r mut Running) -> Self {
        let looks = ground.looks();
        let told = ground.told();
        let gate = Answer::ByCredential.name();
        Self {
            ground,
            running,
            looks,
            told,
            gate,
            asked: Vec::new(),
            entries: Vec::new(),
            groups: Vec::new(),
            shells: Shells::default(),
            open: Vec::new(),
            spoofed: Vec::new(),
            remarks: Vec::new(),
            remarked: BTreeSet::new(),
            odd: Odd::No,
            wide_open: BTreeSet::new(),
            goes_on: false,
            opened: None,
            begun: Instant::now(),
            took: Duration::ZERO,
            lets_in: false,
            let_in: BTreeMap::new(),
        }
    }

    /// How many requests were made.
    pub(super) fn requests(&self) -> usize {
        self.asked.len()
    }

    /// Why nothing more is asked, if there was enough.
    pub(super) fn over(&self) -> Option<String> {
        if self.asked.len() >= MOST_REQUESTS {
            return Some(format!("{MOST_REQUESTS} requests were made before, which is the most there are"));
        }
        if super::ending::is_told() {
            return Some("the process was told to end".to_owned());
        }
        let is_late = self.begun.elapsed() >= MOST_TIME;
        is_late.then(|| format!("{} seconds are over, which is the most there are", MOST_TIME.as_secs()))
    }

    /// Begins to ask one thing of one server.
    pub(super) fn begin(&mut self, probe: &'static str, variant: impl Into<String>, place: &str) {
        let group = Group::new(probe, variant.into(), place.to_owned());
        // Once everybody gets in, the ways to get in are no news.
        let is_news = !self.wide_open.contains(place) || matches!(probe, "P01" | "P09");
        self.groups.push(if is_news { group } else { group.skipped("it is open to everybody") });
    }

    /// Sends a request and looks at what came of it; does not, once it is known that this way is open.
    pub(super) fn ask(&mut self, key: &[u8], request: Request, who: Who) -> Option<Response> {
        if self.over().is_some()
            || self.groups.last().is_some_and(|group| group.is_skipped() || (group.is_open() && !self.goes_on))
        {
            return None;
        }
        let address = self.running.address(key)?;
        let to = String::from_utf8_lossy(key).into_owned();
        let number = self.asked.len();
        let group = self.groups.len().saturating_sub(1);
        self.groups.iter_mut().last().into_iter().for_each(|group| group.asked(number));
        let gate = self.gate.clone();
        self.asked.push(Asked { who, request: shown(&request), to, host: asked_host(&request), gate, group });
        let is_tls = self.running.ports.get(key).is_some_and(|port| port.is_tls);
        let host = self.groups.last().map(|group| host(group.place())).unwrap_or_default();
        let curl = self.shells.line(key, host, is_tls, &request);
        let sent = request.with(PROBE, number.to_string());
        let sent_at = Instant::now();
        let outcome = Endpoint::plain(address).ask(&sent, PATIENCE);
        self.took = sent_at.elapsed();
        self.entries.push(Entry::of(address, &sent, &outcome, curl));
        self.arrived(number);
        let response = outcome.ok()?;
        self.answered(&response, number);
        Some(response)
    }

    /// Looks at what arrived at the fakes.
    pub(super) fn arrived(&mut self, number: usize) {
        for hit in self.running.fakes.take() {
            let number = hit.seen.probe().and_then(|number| usize::try_from(number).ok()).unwrap_or(number);
            self.hit(&hit, number);
        }
    }

    fn hit(&mut self, hit: &Hit, number: usize) {
        let Some(address) = self.ground.address(hit.fake) else { return };
        let Some(asked) = self.asked.get(number) else { return };
        let standing = self.ground.standing(hit.fake, hit.seen.path(), &asked.to, &asked.host);
        let arrived = format!("`{} {}` arrived at {address}", hit.seen.method, hit.seen.target);
        let location = self.ground.location(hit.fake);
        let is_allowed = matches!(asked.who, Who::Person | Who::Other);
        // An application that is told who is asking is told so on its open paths too.
        if matches!(standing, Standing::Declared | Standing::Meant) {
            match self.forged_in(hit) {
                Some((forged, Spelling::Same)) if !self.told.is_empty() => {
                    return self.is_spoofed(number, format!("{arrived} with {forged}"), location);
                }
                Some((forged, _)) => self.remark(number, format!("{arrived} with {forged}"), "identity where it is open"),
                None => {}
            }
        }
        match (standing, is_allowed) {
            (Standing::Free | Standing::Declared, _) | (Standing::Meant, true) => {}
            (Standing::Meant, false) => self.remark(number, arrived, "meant to be open"),
            (Standing::Guarded, false) => self.is_open(number, arrived, location),
            (Standing::Guarded, true) => {
                self.let_in(number);
                match self.forged_in(hit) {
                    Some((forged, Spelling::Same)) => self.is_spoofed(number, format!("{arrived} with {forged}"), location),
                    Some((forged, Spelling::Folded)) => {
                        let what = format!("{arrived} with {forged}, which some applications take for the name with dashes");
                        self.remark(number, what, "folded");
                    }
                    None => {}
                }
            }
        }
    }

    /// A forged identity in what arrived.
    fn forged_in(&self, hit: &Hit) -> Option<(String, Spelling)> {
        // Where nothing says how applications know who is asking, it is not known whether they listen to this header. One that
        // is reached by a location that does not ask the gate itself could not be told in any other way.
        let usual = (self.told.is_empty() && self.ground.is_untold(hit.fake)).then_some("X-User");
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
        let file = file.map(str::to_owned).find(|name| self.ground.is_file_guarded(name));
        let head = response.lines.iter().any(|line| String::from_utf8_lossy(line).contains(RETURN));
        let text = body.contains(RETURN) || head;
        let pages = body.split(APPLICATION).skip(1).filter_map(|rest| {
            let fake = rest.split(' ').next()?.parse::<usize>().ok()?;
            let path = rest.lines().nth(1)?.split(' ').nth(1)?.split('?').next()?;
            (self.ground.standing(fake, path, &asked.to, &asked.host) == Standing::Guarded).then_some(fake)
        });
        let page = pages.filter_map(|fake| Some((self.ground.address(fake)?, self.ground.location(fake)))).next();
        let location = page.as_ref().and_then(|(_, location)| *location);
        let what = match (file, page) {
            _ if is_anothers => "the answer is a page that was made for somebody else".to_owned(),
            (Some(file), _) => format!("the answer holds the file `{file}`"),
            (None, Some((page, _))) => format!("the answer holds a page of {page}"),
            (None, None) if text => "the answer is what the proxy itself answers behind the gate".to_owned(),
            (None, None) => return,
        };
        match who {
            Who::Stranger | Who::Forbidden => self.is_open(number, what, location),
            Who::Other if is_anothers => self.is_open(number, what, location),
            Who::Person | Who::Other => self.let_in(number),
        }
    }

    /// Somebody got in who may; by a gate that lets in everybody that is nothing.
    fn let_in(&mut self, number: usize) {
        let Some(asked) = self.asked.get(number).filter(|asked| asked.gate == Answer::ByCredential.name()) else { return };
        self.lets_in = true;
        if let Some(group) = self.groups.get(asked.group) {
            self.let_in.entry(group.place().to_owned()).or_insert(number);
        }
    }

    /// Writes down what the group has shown that a request belongs to.
    fn saw(&mut self, verdict: Verdict, number: usize, what: &str, location: Option<LocationId>) {
        let usual = Answer::ByCredential.name();
        let gate = self.asked.get(number).map(|asked| asked.gate.as_str()).filter(|gate| *gate != usual);
        let what = gate.map_or_else(|| what.to_owned(), |gate| format!("{what}, while {gate}"));
        let group = self.asked.get(number).and_then(|asked| self.groups.get_mut(asked.group));
        group.into_iter().for_each(|group| group.saw(verdict, number, &what, location));
    }

    /// Something that opens, or forges, only together with something else; once for each.
    pub(super) fn remark(&mut self, number: usize, what: String, kind: &'static str) {
        self.saw(Verdict::Warn, number, &what, None);
        if self.remarked.insert(kind) {
            let evidence = self.evidence(number, what);
            self.remarks.extend(evidence);
        }
    }

    /// A group that is open is asked no more: it is shown once.
    fn is_open(&mut self, number: usize, what: String, location: Option<LocationId>) {
        if let Odd::Yes(kind) = self.odd {
            return self.remark(number, what, kind);
        }
        let is_known = self.asked.get(number).and_then(|asked| self.groups.get(asked.group)).is_some_and(Group::is_open);
        self.opened = Some(number);
        self.saw(Verdict::Open, number, &what, location);
        if !is_known {
            let evidence = self.evidence(number, what);
            self.open.extend(evidence);
        }
    }

    fn is_spoofed(&mut self, number: usize, what: String, location: Option<LocationId>) {
        if let Odd::Yes(kind) = self.odd {
            return self.remark(number, what, kind);
        }
        self.saw(Verdict::Spoof, number, &what, location);
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

/// The host that a request is for: that of an absolute target counts more than the line (RFC 9112 §3.2.2).
fn asked_host(request: &Request) -> String {
    let target = String::from_utf8_lossy(&request.target).into_owned();
    let absolute = target.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    let line =
        || request.lines.iter().find(|line| line.is("host")).map(|line| String::from_utf8_lossy(line.value()).trim().to_owned());
    absolute.map(str::to_owned).or_else(line).unwrap_or_default()
}

/// The head of a request, line by line.
fn shown(request: &Request) -> String {
    let bytes = request.to_bytes();
    let text = String::from_utf8_lossy(&bytes);
    text.split("\r\n\r\n").next().unwrap_or_default().to_owned()
}

/// The value of every forged identity.
pub(super) const EVIL: &str = "evil";

/// The name of a server in what a group calls its place.
fn host(place: &str) -> &str {
    place.split(' ').next().and_then(|name| name.rsplit_once(':')).map_or(place, |(host, _)| host)
}

/// How long an answer may take: nothing here is far away, and nginx gives up on the gate after less than a second.
const PATIENCE: Patience = Patience { connect: Duration::from_secs(2), answer: Duration::from_secs(5) };

/// How many requests with a forged identity are shown.
const MOST_SHOWN: usize = 5;

/// For how long is asked: a proxy that answers takes a tenth of it, however large its configuration.
const MOST_TIME: Duration = Duration::from_secs(300);

/// How many requests are made: a few seconds' worth.
const MOST_REQUESTS: usize = 20_000;
