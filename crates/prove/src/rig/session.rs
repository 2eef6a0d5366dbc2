//! In which order everything is asked.

use super::Trial;
use super::evidence::{Evidence, Outcome};
use super::fake::{Answer, Role, Told};
use super::judge::{EVIL, Judge, Odd};
use super::probe::{METHODS, Who, lines, old, request};
use super::questions::Questions;

impl Judge<'_, '_> {
    /// Asks everything.
    pub(super) fn run(mut self) -> Trial {
        let questions = self.questions();
        for (key, questions) in &questions {
            self.paths(key, questions);
            self.ways(key, questions);
            self.hosts(key, questions);
        }
        for (key, questions) in &questions {
            self.forged(key, questions);
            self.in_order(key, questions);
        }
        let has_gate = self.plan.programs.iter().any(|program| program.role == Role::Gate);
        if has_gate {
            for answer in Answer::denials() {
                self.answer(answer, &questions);
            }
            self.refused(&questions);
            // At last: a cache of the gate's answers keeps what comes of it.
            self.odd(&questions);
        }
        let last = self.requests().saturating_sub(1);
        self.arrived(last);
        let mut outcome = match (self.open.is_empty(), self.spoofed.is_empty()) {
            (false, _) => Outcome::Open,
            (true, false) => Outcome::Spoofed,
            (true, true) => Outcome::Closed,
        };
        let requests = self.requests();
        let mut shown = if self.open.is_empty() { self.spoofed } else { self.open };
        let mut notes: Vec<String> = self.plan.notes.into_iter().collect();
        // What was asked of nobody shows nothing; what was shown before stays shown.
        if let Some(end) = self.nginx.end().filter(|_| outcome == Outcome::Closed) {
            outcome = Outcome::NotRun;
            shown.push(Evidence::of_nginx(format!("nginx ended while it was asked: {end}"), None));
        }
        if !self.lets_in {
            notes.push("nobody got in, not even with a session: that nobody else did shows little".to_owned());
        }
        Trial { outcome, shown, remarks: self.remarks, notes, requests, lets_in: self.lets_in }
    }

    /// The servers, each with an address that leads to it; two addresses with the same servers are one.
    fn questions(&self) -> Vec<(Vec<u8>, Questions)> {
        let mut found = Vec::new();
        let mut known = Vec::new();
        for (key, listen) in &self.plan.listens {
            if known.contains(&&listen.servers) {
                continue;
            }
            known.push(&listen.servers);
            for server in &listen.servers {
                found.push((key.clone(), Questions::new(self.subject, *server)));
            }
        }
        found
    }

    fn paths(&mut self, key: &[u8], questions: &Questions) {
        for who in [Who::Stranger, Who::Forbidden] {
            let proof = self.looks.proof(who);
            for path in &questions.paths {
                self.ask(key, request("GET", path, &questions.host, proof.as_deref()), who);
            }
        }
        // Where there is only one server, it takes every host.
        let is_alone = self.plan.listens.get(key).is_none_or(|listen| listen.servers.len() < 2);
        for path in questions.paths.iter().filter(|_| !is_alone) {
            self.ask(key, request("GET", path, "other.test", None), Who::Stranger);
        }
    }

    fn ways(&mut self, key: &[u8], questions: &Questions) {
        for who in [Who::Stranger, Who::Forbidden] {
            let proof = self.looks.proof(who);
            let most = if who == Who::Stranger { usize::MAX } else { FORBIDDEN_WAYS };
            for path in questions.variants(&self.looks).into_iter().take(most) {
                self.ask(key, request("GET", &path, &questions.host, proof.as_deref()), who);
            }
            for path in questions.main.iter().take(THOROUGH).chain(&questions.beside) {
                for method in METHODS {
                    let request = request(method, path, &questions.host, proof.as_deref());
                    let has_body = matches!(method, "POST" | "PUT" | "PATCH");
                    self.ask(key, if has_body { request.with_body("a=1") } else { request }, who);
                }
                for lines in lines(&self.looks).into_iter().take(most) {
                    let mut request = request("GET", path, &questions.host, proof.as_deref());
                    for (name, value) in lines {
                        request = if name == "Connection" { request.without("Connection") } else { request };
                        request = request.with(&name, value);
                    }
                    self.ask(key, request, who);
                }
            }
        }
    }

    fn hosts(&mut self, key: &[u8], questions: &Questions) {
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
        let names: Vec<String> = self.told.iter().cloned().chain(["X-User".to_owned()]).collect();
        let proof = self.looks.proof(Who::Person);
        for path in questions.paths.iter().chain(&questions.main) {
            let mut forged = request("GET", path, &questions.host, proof.as_deref());
            for name in &names {
                forged = forged.with(name, EVIL).with(&name.to_lowercase(), "evil-2");
                forged = forged.with(&name.replace('-', "_"), "evil-3").with(&name.replace('-', "."), "evil-4");
            }
            self.ask(key, forged, Who::Person);
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

    /// First somebody who may, then others: what a cache has kept is not for them.
    fn in_order(&mut self, key: &[u8], questions: &Questions) {
        for path in questions.main.iter().map(String::as_str).chain(["/", "/api/v1/y"]) {
            for who in [Who::Person, Who::Stranger, Who::Forbidden, Who::Other, Who::Stranger] {
                let proof = self.looks.proof(who);
                self.ask(key, request("GET", path, &questions.host, proof.as_deref()), who);
            }
        }
        self.ask(key, request("GET", "/admin/other", &questions.host, None), Who::Stranger);
    }

    /// The gate gives one of the answers that are no yes.
    fn answer(&mut self, answer: Answer, questions: &[(Vec<u8>, Questions)]) {
        let is_slow = answer == Answer::Hang;
        self.gate_is(answer);
        for (key, questions) in questions {
            let most = if is_slow { 1 } else { 2 };
            for path in questions.main.iter().take(most).map(String::as_str).chain((!is_slow).then_some("/")) {
                self.ask(key, request("GET", path, &questions.host, None), Who::Stranger);
            }
        }
        self.gate_is(Answer::ByCredential);
    }

    /// The gate does what few gates do: what comes of it is a remark.
    fn odd(&mut self, questions: &[(Vec<u8>, Questions)]) {
        if self.fakes.revive().is_err() {
            self.plan.notes.insert("the port of the gate was taken by somebody else: odd gates were not tried".to_owned());
            return;
        }
        self.gate_is(Answer::ByCredential);
        self.odd = Odd::Yes("X-Accel-Redirect");
        for page in ["/", "/login.html", "/healthz"] {
            self.answer(Answer::Accelerate(page.to_owned()), questions);
        }
        self.odd_identity(questions);
        for (key, questions) in questions {
            self.told(key, questions);
        }
        self.odd = Odd::No;
    }

    /// The gate lets somebody in, but does not say whom.
    fn odd_identity(&mut self, questions: &[(Vec<u8>, Questions)]) {
        self.odd = Odd::Yes("no identity");
        self.gate_is(Answer::WithoutIdentity);
        for (key, questions) in questions {
            for path in &questions.main {
                let mut forged = request("GET", path, &questions.host, self.looks.proof(Who::Person).as_deref());
                for name in self.told.iter().chain(&self.looks.headers) {
                    forged = forged.with(name, EVIL);
                }
                self.ask(key, forged, Who::Person);
            }
        }
        self.gate_is(Answer::ByCredential);
    }

    /// The gate decides by what it is told of a request: the client must not be the one who tells it.
    fn told(&mut self, key: &[u8], questions: &Questions) {
        let Some(path) = questions.main.first() else { return };
        let host = &questions.host;
        let tree = path.rsplit_once('/').map(|(tree, _)| tree).filter(|tree| !tree.is_empty()).unwrap_or(path);
        self.odd = Odd::Yes("decides by the path");
        self.gate_is(Answer::ByRequest(Told::Path(tree.to_owned(), self.believed(&PATHS))));
        for name in PATHS {
            let value = if name.ends_with("URL") { "http://public.test/public/x" } else { "/public/x" };
            self.ask(key, request("GET", path, host, None).with(name, value), Who::Stranger);
        }
        self.ask(key, request("GET", path, host, self.looks.proof(Who::Other).as_deref()), Who::Forbidden);
        self.odd = Odd::Yes("decides by the host");
        self.gate_is(Answer::ByRequest(Told::Host(self.believed(&HOSTS))));
        for name in ["X-Original-Host", "X-Forwarded-Host"] {
            self.ask(key, request("GET", path, host, None).with(name, "public.test"), Who::Stranger);
        }
        self.ask(key, request("GET", &format!("http://{host}{path}"), "public.test", None), Who::Stranger);
        self.odd = Odd::Yes("decides by the method");
        self.gate_is(Answer::ByRequest(Told::Method));
        for request in [request("POST", path, host, None), request("POST", path, host, None).with("X-Original-Method", "GET")] {
            self.ask(key, request.with_body("a=1"), Who::Stranger);
        }
        self.gate_is(Answer::ByCredential);
    }

    /// The headers by which the gate is told something, of these: those that the configuration sets, or all, if it sets none.
    fn believed(&self, names: &[&str]) -> Vec<String> {
        let scopes = &self.subject.model.scopes;
        let gates = self.plan.gates.iter().map(|id| self.subject.model.location(*id).scope);
        let lines = gates.flat_map(|scope| SETTERS.iter().flat_map(move |setter| scopes.effective(scope, setter)));
        let set: Vec<Vec<u8>> = lines.filter_map(|line| line.argument(0)).map(<[u8]>::to_ascii_lowercase).collect();
        let is_set = |name: &&&str| set.iter().any(|other| other == name.to_ascii_lowercase().as_bytes());
        let found: Vec<String> = names.iter().filter(is_set).map(|name| (*name).to_owned()).collect();
        if found.is_empty() { names.iter().map(|name| (*name).to_owned()).collect() } else { found }
    }

    fn gate_is(&mut self, answer: Answer) {
        self.gate = answer.name();
        self.fakes.answer(answer);
    }

    /// The gate is not there.
    fn refused(&mut self, questions: &[(Vec<u8>, Questions)]) {
        self.fakes.refuse();
        self.gate = "connections are refused".to_owned();
        for (key, questions) in questions {
            for path in questions.paths.iter().chain(&questions.main) {
                self.ask(key, request("GET", path, &questions.host, None), Who::Stranger);
            }
            for path in questions.main.iter().map(String::as_str).chain(["/"]) {
                self.ask(key, request("POST", path, &questions.host, None).with_body("a=1"), Who::Stranger);
                let proof = self.looks.proof(Who::Forbidden);
                self.ask(key, request("GET", path, &questions.host, proof.as_deref()), Who::Forbidden);
            }
            // A session that was good a moment ago.
            self.odd = Odd::Yes("a session outlives the gate");
            for path in &questions.main {
                let proof = self.looks.proof(Who::Person);
                self.ask(key, request("GET", path, &questions.host, proof.as_deref()), Who::Forbidden);
            }
            self.odd = Odd::No;
        }
    }
}

/// The headers that tell a gate the path, and the host.
const PATHS: [&str; 3] = ["X-Original-URI", "X-Original-URL", "X-Forwarded-Uri"];
const HOSTS: [&str; 4] = ["X-Original-URL", "X-Original-Host", "X-Forwarded-Host", "Host"];

/// The lines that set them.
const SETTERS: [&str; 2] = ["proxy_set_header", "grpc_set_header"];

/// How many paths behind the gate are asked for with every method and every line.
const THOROUGH: usize = 2;

/// In how many ways somebody asks who is known and may not: the gate says no to them as it does to strangers, but for the status.
const FORBIDDEN_WAYS: usize = 40;
