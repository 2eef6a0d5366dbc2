//! In which order everything is asked.

use super::cause::Causes;
use super::checks::{Group, note, port};
use super::evidence::{Evidence, Outcome, Trial};
use super::fake::Answer;
use super::judge::{EVIL, Judge, Odd};
use super::probe::{METHODS, Who, lines, old, request};
use super::questions::Questions;
use crate::prove::wire::Request;
use crate::prove::{Check, Verdict};

impl Judge<'_> {
    /// Asks everything.
    pub(super) fn run(mut self, causes: &Causes) -> Trial {
        let questions = self.ground.questions();
        for (key, questions) in &questions {
            self.paths(key, questions);
            self.ways(key, questions);
            self.hosts(key, questions);
        }
        for (key, questions) in &questions {
            self.forged(key, questions);
            self.in_order(key, questions);
            self.values(key, questions);
        }
        let has_gate = self.ground.has_gate();
        if has_gate {
            for answer in Answer::denials() {
                self.answer(answer, &questions);
            }
            self.refused(&questions);
            // At last: a cache of the gate's answers keeps what comes of it.
            self.odd(&questions);
            self.yeses(&questions);
        }
        let last = self.requests().saturating_sub(1);
        self.arrived(last);
        self.end(&questions, has_gate, causes)
    }

    /// What it all comes to.
    fn end(mut self, questions: &[(Vec<u8>, Questions)], has_gate: bool, causes: &Causes) -> Trial {
        let mut outcome = match (self.open.is_empty(), self.spoofed.is_empty()) {
            (false, _) => Outcome::Open,
            (true, false) => Outcome::Spoofed,
            (true, true) => Outcome::Closed,
        };
        let mut checks = self.admissions(questions);
        if !has_gate {
            checks.extend(["P13", "P14"].map(|probe| note(probe, "all", "", Verdict::Skip, "nothing in it asks a gate")));
        }
        let requests = self.requests();
        let over = self.over();
        let mut notes: Vec<String> = self.running.notes.iter().cloned().collect();
        notes.extend(over.iter().map(|why| format!("not everything was asked: {why}")));
        let groups = std::mem::take(&mut self.groups);
        checks.extend(groups.into_iter().filter_map(|group| group.check(&self.entries, causes, over.as_deref())));
        let mut shown = if self.open.is_empty() { self.spoofed } else { self.open };
        // What was asked of nobody shows nothing; what was shown before stays shown.
        if let Some(end) = self.running.process.end().filter(|_| outcome == Outcome::Closed) {
            outcome = Outcome::NotRun;
            shown.push(Evidence::of_proxy("the proxy", format!("it ended while it was asked: {end}"), None));
        }
        if !self.lets_in {
            notes.push("nobody got in, not even with a session: that nobody else did shows little".to_owned());
        }
        let (remarks, lets_in, entries) = (self.remarks, self.lets_in, self.entries);
        Trial { outcome, shown, remarks, notes, checks, requests, lets_in, entries }
    }

    /// Whether somebody who may gets in, at each server that has something behind the gate.
    fn admissions(&self, questions: &[(Vec<u8>, Questions)]) -> Vec<Check> {
        let check = |(key, questions): &(Vec<u8>, Questions)| {
            let place = place(key, questions);
            let variant = "somebody with a session";
            match self.let_in.get(&place).and_then(|number| self.entries.get(*number)) {
                Some(entry) => note("P02", variant, &place, Verdict::Pass, format!("`{}` is answered", entry.line)),
                None if !questions.is_behind => note("P02", variant, &place, Verdict::Skip, "nothing of it asks a gate"),
                None => note("P02", variant, &place, Verdict::Inconclusive, "nobody gets in: that nobody else does shows little"),
            }
        };
        questions.iter().map(check).collect()
    }

    fn paths(&mut self, key: &[u8], questions: &Questions) {
        let place = place(key, questions);
        for (who, probe) in [(Who::Stranger, "P01"), (Who::Forbidden, "P03")] {
            self.begin(probe, "every path", &place);
            let proof = self.looks.proof(who);
            for path in &questions.paths {
                self.ask(key, request("GET", path, &questions.host, proof.as_deref()), who);
            }
            if who == Who::Stranger && self.groups.last().is_some_and(Group::is_open) && self.is_wide_open(key, questions) {
                self.wide_open.insert(place.clone());
            }
        }
        let is_alone = !self.ground.is_shared(key);
        self.begin("P07", "every path, for a host that nobody names", &place);
        for path in questions.paths.iter().filter(|_| !is_alone) {
            self.ask(key, request("GET", path, "other.test", None), Who::Stranger);
        }
    }

    /// Whether a stranger gets all that is asked for in every way.
    fn is_wide_open(&mut self, key: &[u8], questions: &Questions) -> bool {
        self.goes_on = true;
        let is_open = questions.main.iter().all(|path| {
            let number = self.requests();
            self.ask(key, request("GET", path, &questions.host, None), Who::Stranger);
            self.opened == Some(number)
        });
        self.goes_on = false;
        is_open
    }

    fn ways(&mut self, key: &[u8], questions: &Questions) {
        let place = place(key, questions);
        for (who, by) in [(Who::Stranger, "a stranger"), (Who::Forbidden, "somebody who may not")] {
            let proof = self.looks.proof(who);
            let most = if who == Who::Stranger { usize::MAX } else { FORBIDDEN_WAYS };
            self.begin("P06", format!("the path in other words, by {by}"), &place);
            for path in questions.variants(&self.looks).into_iter().take(most) {
                self.ask(key, request("GET", &path, &questions.host, proof.as_deref()), who);
            }
            let paths: Vec<&String> = questions.main.iter().take(THOROUGH).chain(&questions.beside).collect();
            let named = self.looks.methods.clone();
            let named = named.iter().map(String::as_str).filter(|method| !METHODS.contains(method) && *method != "GET");
            for method in METHODS.into_iter().chain(named) {
                self.begin("P05", format!("{method}, by {by}"), &place);
                for path in &paths {
                    let request = request(method, path, &questions.host, proof.as_deref());
                    let has_body = matches!(method, "POST" | "PUT" | "PATCH");
                    self.ask(key, if has_body { request.with_body("a=1") } else { request }, who);
                }
            }
            let lines: Vec<_> = lines(&self.looks).into_iter().take(most).collect();
            for (probe, what) in LINES {
                self.begin(probe, format!("{what}, by {by}"), &place);
                for path in &paths {
                    for lines in lines.iter().filter(|lines| probe_of(lines) == probe) {
                        let mut request = request("GET", path, &questions.host, proof.as_deref());
                        for (name, value) in lines {
                            request = if name == "Connection" { request.without("Connection") } else { request };
                            request = request.with(name, value);
                        }
                        self.ask(key, request, who);
                    }
                }
            }
        }
    }

    /// Values for which the configuration makes a difference. Whoever knows one may be meant to: what comes of it is a remark.
    fn values(&mut self, key: &[u8], questions: &Questions) {
        if self.looks.values.is_empty() {
            return;
        }
        self.begin("P08", "with a value that stands in the configuration", &place(key, questions));
        self.odd = Odd::Yes("a value of the configuration");
        for given in self.looks.values.clone() {
            for path in questions.main.iter().take(THOROUGH) {
                self.ask(key, given.request(path, &questions.host, None), Who::Stranger);
            }
        }
        self.odd = Odd::No;
    }

    fn hosts(&mut self, key: &[u8], questions: &Questions) {
        self.begin("P07", "another host, or none", &place(key, questions));
        let host = &questions.host;
        let hosts =
            ["other.test", "127.0.0.1", "127.0.0.1:18000", "localhost", "public.test", "internal.test"].map(str::to_owned);
        let hosts: Vec<String> = hosts.into_iter().chain([host.to_uppercase(), format!("{host}.")]).collect();
        for path in questions.main.iter().map(String::as_str).chain(["/"]) {
            for other in &hosts {
                self.ask(key, request("GET", path, other, None), Who::Stranger);
            }
            self.ask(key, old(path), Who::Stranger);
            self.ask(key, request("GET", &format!("http://{host}{path}"), "public.test", None), Who::Stranger);
            self.ask(key, request("GET", &format!("http://public.test{path}"), host, None), Who::Stranger);
        }
    }

    /// Identities that the client makes up, beside a session and, where no session is asked for, without one.
    fn forged(&mut self, key: &[u8], questions: &Questions) {
        self.begin("P09", "an identity of the client's own", &place(key, questions));
        let names = self.forgeable();
        let proof = self.looks.proof(Who::Person);
        for path in questions.paths.iter().chain(&questions.main) {
            self.ask(key, forged(request("GET", path, &questions.host, proof.as_deref()), &names), Who::Person);
        }
        for path in questions.main.iter().map(String::as_str).chain(["/"]) {
            let plain = request("GET", path, &questions.host, proof.as_deref());
            self.ask(key, plain.clone().with("Authorization", "Basic ZXZpbDp4"), Who::Person);
            for name in self.looks.headers.clone() {
                self.ask(key, plain.clone().with(&name, EVIL), Who::Person);
            }
            for name in self.looks.cookies.clone() {
                let cookies = format!("s={}; {name}=evil", super::fake::GOOD);
                self.ask(key, request("GET", path, &questions.host, Some(&cookies)), Who::Person);
            }
            for name in self.looks.arguments.clone() {
                let path = format!("{path}?{name}=evil");
                self.ask(key, request("GET", &path, &questions.host, proof.as_deref()), Who::Person);
            }
            let mut dropped = plain.without("Connection");
            for name in &names {
                dropped = dropped.with(name, EVIL);
            }
            self.ask(key, dropped.with("Connection", format!("close, {}", names.join(", "))), Who::Person);
        }
    }

    /// The headers that a client could make up.
    pub(super) fn forgeable(&self) -> Vec<String> {
        self.told.iter().cloned().chain(["X-User".to_owned()]).collect()
    }

    /// First somebody who may, then others: what a cache has kept is not for them.
    fn in_order(&mut self, key: &[u8], questions: &Questions) {
        self.begin("P11", "after somebody who may", &place(key, questions));
        for path in questions.main.iter().map(String::as_str).chain(["/", "/api/v1/y"]) {
            for who in [Who::Person, Who::Stranger, Who::Forbidden, Who::Other, Who::Stranger] {
                let proof = self.looks.proof(who);
                self.ask(key, request("GET", path, &questions.host, proof.as_deref()), who);
            }
        }
        self.ask(key, request("GET", "/admin/other", &questions.host, None), Who::Stranger);
    }
}

/// What a report calls a server: its name, and where it listens.
pub(super) fn place(key: &[u8], questions: &Questions) -> String {
    match port(key) {
        Some(port) => format!("{}:{port}", questions.host),
        None => format!("{}: {}", questions.host, String::from_utf8_lossy(key)),
    }
}

/// The same with an identity of the client's own, in each way to write it.
fn forged(mut request: Request, names: &[String]) -> Request {
    for name in names {
        request = request.with(name, EVIL).with(&name.to_lowercase(), "evil-2");
        request = request.with(&name.replace('-', "_"), "evil-3").with(&name.replace('-', "."), "evil-4");
    }
    request
}

/// What lines of a head are about, by the first of them.
fn probe_of(lines: &[(String, String)]) -> &'static str {
    match lines.first().map(|(name, _)| name.as_str()) {
        Some("Authorization" | "Cookie") => "P04",
        Some("Upgrade") => "P15",
        _ => "P08",
    }
}

/// What lines of a head are about.
const LINES: [(&str, &str); 3] =
    [("P04", "a credential that is none"), ("P08", "lines about the request"), ("P15", "an upgrade to WebSocket")];

/// How many paths behind the gate are asked for with every method and every line.
pub(super) const THOROUGH: usize = 2;

/// In how many ways somebody asks who is known and may not: the gate says no to them as it does to strangers, but for the status.
const FORBIDDEN_WAYS: usize = 40;
