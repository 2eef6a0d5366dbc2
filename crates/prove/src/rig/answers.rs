//! A gate that answers in every way, or not at all.

use std::time::Duration;

use super::fake::{Answer, Told};
use super::judge::{EVIL, Judge, Odd};
use super::probe::{Who, request};
use super::questions::Questions;
use super::session::{THOROUGH, place};

impl Judge<'_> {
    /// The gate gives one of the answers that are no yes.
    pub(super) fn answer(&mut self, answer: Answer, questions: &[(Vec<u8>, Questions)]) {
        let is_slow = answer == Answer::Hang;
        let probe = if matches!(answer, Answer::Hang | Answer::Nothing) { "P13" } else { "P14" };
        self.gate_is(answer);
        for (key, questions) in questions {
            self.begin(probe, self.gate.clone(), &place(key, questions));
            let most = if is_slow { 1 } else { 2 };
            for path in questions.main.iter().take(most).map(String::as_str).chain((!is_slow).then_some("/")) {
                self.ask(key, request("GET", path, &questions.host, None), Who::Stranger);
                if self.took > SLOW {
                    break;
                }
            }
        }
        self.gate_is(Answer::ByCredential);
    }

    /// The gate does what few gates do: what comes of it is a remark.
    pub(super) fn odd(&mut self, questions: &[(Vec<u8>, Questions)]) {
        if self.running.fakes.revive().is_err() {
            self.running.notes.insert("the port of the gate was taken by somebody else: odd gates were not tried".to_owned());
            return;
        }
        self.gate_is(Answer::ByCredential);
        self.odd = Odd::Yes("X-Accel-Redirect");
        let pages: &[&str] = if self.ground.accelerates() { &["/", "/login.html", "/healthz"] } else { &[] };
        for page in pages {
            self.answer(Answer::Accelerate((*page).to_owned()), questions);
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
            self.begin("P14", self.gate.clone(), &place(key, questions));
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

    /// The gate says yes to everybody, in every way there is: that is no hole, but who asks is still not the client's to say.
    pub(super) fn yeses(&mut self, questions: &[(Vec<u8>, Questions)]) {
        let names = self.forgeable();
        for answer in Answer::yeses() {
            self.gate_is(answer);
            for (key, questions) in questions {
                self.begin("P14", self.gate.clone(), &place(key, questions));
                for path in questions.main.iter().take(THOROUGH) {
                    let plain = request("GET", path, &questions.host, None);
                    self.ask(key, names.iter().fold(plain, |request, name| request.with(name, EVIL)), Who::Person);
                }
            }
        }
        self.gate_is(Answer::ByCredential);
    }

    /// The gate decides by what it is told of a request: the client must not be the one who tells it.
    fn told(&mut self, key: &[u8], questions: &Questions) {
        let Some(path) = questions.main.first() else { return };
        let host = &questions.host;
        let tree = path.rsplit_once('/').map(|(tree, _)| tree).filter(|tree| !tree.is_empty()).unwrap_or(path);
        let place = place(key, questions);
        self.odd = Odd::Yes("decides by the path");
        self.gate_is(Answer::ByRequest(Told::Path(tree.to_owned(), self.ground.believed(&PATHS))));
        self.begin("P14", self.gate.clone(), &place);
        for name in PATHS {
            let value = if name.ends_with("URL") { "http://public.test/public/x" } else { "/public/x" };
            self.ask(key, request("GET", path, host, None).with(name, value), Who::Stranger);
        }
        self.ask(key, request("GET", path, host, self.looks.proof(Who::Other).as_deref()), Who::Forbidden);
        self.odd = Odd::Yes("decides by the host");
        self.gate_is(Answer::ByRequest(Told::Host(self.ground.believed(&HOSTS))));
        self.begin("P14", self.gate.clone(), &place);
        for name in ["X-Original-Host", "X-Forwarded-Host"] {
            self.ask(key, request("GET", path, host, None).with(name, "public.test"), Who::Stranger);
        }
        self.ask(key, request("GET", &format!("http://{host}{path}"), "public.test", None), Who::Stranger);
        self.odd = Odd::Yes("decides by the method");
        self.gate_is(Answer::ByRequest(Told::Method(self.ground.believed(&METHODS_TOLD))));
        self.begin("P14", self.gate.clone(), &place);
        for request in [request("POST", path, host, None), request("POST", path, host, None).with("X-Original-Method", "GET")] {
            self.ask(key, request.with_body("a=1"), Who::Stranger);
        }
        self.gate_is(Answer::ByCredential);
    }

    fn gate_is(&mut self, answer: Answer) {
        self.gate = answer.name();
        self.running.fakes.answer(answer);
    }

    /// The gate is not there.
    pub(super) fn refused(&mut self, questions: &[(Vec<u8>, Questions)]) {
        self.running.fakes.refuse();
        self.gate = "the gate refuses connections".to_owned();
        for (key, questions) in questions {
            self.begin("P13", self.gate.clone(), &place(key, questions));
            for path in questions.main.iter().chain(&questions.paths) {
                self.ask(key, request("GET", path, &questions.host, None), Who::Stranger);
                // A proxy that goes on trying is not waited for at every path.
                if self.took > SLOW {
                    break;
                }
            }
            let most = if self.took > SLOW { 1 } else { usize::MAX };
            for path in questions.main.iter().map(String::as_str).chain(["/"]).take(most) {
                self.ask(key, request("POST", path, &questions.host, None).with_body("a=1"), Who::Stranger);
                let proof = self.looks.proof(Who::Forbidden);
                self.ask(key, request("GET", path, &questions.host, proof.as_deref()), Who::Forbidden);
            }
            // A session that was good a moment ago.
            self.begin("P13", format!("{}, and somebody was let in before", self.gate), &place(key, questions));
            self.odd = Odd::Yes("a session outlives the gate");
            for path in questions.main.iter().take(most) {
                let proof = self.looks.proof(Who::Person);
                self.ask(key, request("GET", path, &questions.host, proof.as_deref()), Who::Forbidden);
            }
            self.odd = Odd::No;
        }
    }
}

/// The headers that tell a gate the path, the method, and the host.
const PATHS: [&str; 3] = ["X-Original-URI", "X-Original-URL", "X-Forwarded-Uri"];
const METHODS_TOLD: [&str; 2] = ["X-Original-Method", "X-Forwarded-Method"];
const HOSTS: [&str; 4] = ["X-Original-URL", "X-Original-Host", "X-Forwarded-Host", "Host"];

/// An answer that takes so long was one that the proxy has waited for.
const SLOW: Duration = Duration::from_millis(500);
