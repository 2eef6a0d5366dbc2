//! The run: asks, judges, and writes down.

use std::rc::Rc;
use std::time::Duration;

use super::baseline::Baseline;
use super::judge::{Judgement, Twin};
use super::options::Prove;
use super::rule::{Said, rule};
use super::traffic::{Exchange, Question, Server, Traffic};
use super::verdict::{Check, Verdict};
use super::wire::Request;
use crate::lint::Severity;

/// Everything that a probe needs.
pub(crate) struct Prober<'p> {
    pub(crate) options: &'p Prove,
    /// The first address of the target.
    pub(crate) server: Rc<Server>,
    /// One for each address, that one among them.
    pub(crate) servers: Vec<Server>,
    pub(crate) baseline: Rc<Baseline>,
    /// The proxy, if it says its name.
    pub(crate) said: Option<Said>,
    pub(crate) traffic: Traffic,
    pub(crate) checks: Vec<Check>,
}

/// One request that must be refused.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) question: Question,
    pub(crate) twin: Twin,
    pub(crate) lint: &'static str,
    pub(crate) severity: Severity,
    /// Whether it is worth asking at every address of the target.
    pub(crate) everywhere: bool,
}

/// Which probe of which path, for the report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) probe: &'static str,
    pub(crate) subject: usize,
}

impl Variant {
    pub(crate) fn new(name: impl Into<String>, request: Request, lint: &'static str) -> Self {
        let question = Question::new(request);
        Self { name: name.into(), question, twin: Twin::Within, lint, severity: Severity::Critical, everywhere: false }
    }

    pub(crate) fn elsewhere(mut self) -> Self {
        self.twin = Twin::Elsewhere;
        self
    }

    pub(crate) fn calling(mut self, name: &str) -> Self {
        self.question.calling = Some(name.to_owned());
        self
    }

    pub(crate) fn everywhere(mut self) -> Self {
        self.everywhere = true;
        self
    }

    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

impl Prober<'_> {
    /// A GET without a credential, as a browser that is nobody.
    pub(crate) fn get(&self, target: impl Into<Vec<u8>>) -> Request {
        Request::new("GET", target, &self.server.target.authority())
    }

    /// The same as a browser that goes to a page: gates send it to the login, and give everything else a 401.
    pub(crate) fn navigate(&self, target: impl Into<Vec<u8>>) -> Request {
        let request = self.get(target).replacing("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        request.with("Sec-Fetch-Mode", "navigate").with("Sec-Fetch-Dest", "document").with("Sec-Fetch-Site", "none")
    }

    /// The same with the credential, if there is one.
    pub(crate) fn get_allowed(&self, target: impl Into<Vec<u8>>) -> Option<Request> {
        let credential = self.options.allow.as_ref()?;
        Some(self.get(target).with_lines(&credential.lines))
    }

    /// The path of a subject.
    pub(crate) fn path(&self, subject: usize) -> String {
        self.baseline.subjects.get(subject).map(|subject| subject.path.clone()).unwrap_or_default()
    }

    /// Asks what must be refused, and writes down whether it was.
    pub(crate) fn expect_refused(&mut self, place: Place, variant: &Variant) {
        self.expect_all_refused(place, std::slice::from_ref(variant));
    }

    /// The same for many, some of them at once, and at the other addresses of the target what is worth it.
    pub(crate) fn expect_all_refused(&mut self, place: Place, variants: &[Variant]) {
        let server = Rc::clone(&self.server);
        self.expect_all_refused_at(place, &server, variants);
        for other in self.servers.clone().iter().filter(|other| other.address != server.address) {
            let worth = variants.iter().filter(|variant| variant.everywhere).cloned();
            let named: Vec<Variant> = worth
                .map(|mut variant| {
                    variant.name = format!("{} at {}", variant.name, other.address);
                    variant
                })
                .collect();
            self.expect_all_refused_at(place, other, &named);
        }
    }

    /// The same at one address and port.
    pub(crate) fn expect_all_refused_at(&mut self, place: Place, server: &Server, variants: &[Variant]) {
        let questions: Vec<_> = variants.iter().map(|variant| (server, &variant.question)).collect();
        let exchanges = self.traffic.ask_all(&questions);
        for (variant, exchange) in variants.iter().zip(exchanges) {
            let Some(exchange) = exchange else {
                self.out_of_time(place, &variant.name);
                continue;
            };
            let mut requests = vec![exchange.number];
            // A limit of connections answers so to some of many, and says nothing of one that comes alone.
            let again = self.is_overloaded(place.subject, &exchange) && !self.traffic.is_over();
            let exchange = if again { self.traffic.ask(server, &variant.question) } else { exchange };
            if again {
                requests.push(exchange.number);
            }
            let judgement = self.judge(server, place.subject, &variant.question, &exchange, variant.twin, &mut requests);
            self.record(place, variant, &exchange, judgement, requests);
        }
    }

    /// Whether an answer says that there is too much to do, where nobody is told so otherwise.
    fn is_overloaded(&self, subject: usize, exchange: &Exchange) -> bool {
        let is_busy = |status: u16| matches!(status, 429 | 502..=504);
        let stranger = self.baseline.subjects.get(subject).and_then(|subject| subject.stranger.as_ref());
        exchange.outcome.as_ref().is_ok_and(|answer| is_busy(answer.status)) && !stranger.is_some_and(|page| is_busy(page.status))
    }

    /// Writes down what a request has shown.
    pub(crate) fn record(
        &mut self,
        place: Place,
        variant: &Variant,
        exchange: &Exchange,
        judgement: Judgement,
        requests: Vec<usize>,
    ) {
        let fails = judgement.verdict.is_fail();
        let severity = match judgement.verdict {
            Verdict::Open | Verdict::Spoof => Some(variant.severity),
            Verdict::Loop => Some(Severity::Medium),
            Verdict::Warn => Some(variant.severity.min(Severity::Medium)),
            Verdict::Pass | Verdict::Skip | Verdict::Inconclusive => None,
        };
        let curl = requests.first().and_then(|number| self.traffic.entry(*number)).map(|entry| entry.curl.clone());
        let answer = exchange.outcome.as_ref().ok();
        self.checks.push(Check {
            probe: place.probe,
            variant: variant.name.clone(),
            path: self.path(place.subject),
            verdict: judgement.verdict,
            severity,
            status: answer.map(|answer| answer.status),
            time: answer.map(|answer| answer.time).unwrap_or_default(),
            evidence: judgement.evidence,
            lint: (severity.is_some() && !variant.lint.is_empty()).then(|| rule(self.said, variant.lint)),
            curl: curl.filter(|_| fails || judgement.verdict == Verdict::Warn),
            requests,
        });
    }

    /// Writes down what was not tried, or needed no request of its own.
    pub(crate) fn note(&mut self, place: Place, variant: &str, judgement: Judgement) {
        self.checks.push(Check {
            probe: place.probe,
            variant: variant.to_owned(),
            path: self.path(place.subject),
            verdict: judgement.verdict,
            severity: None,
            status: None,
            time: Duration::ZERO,
            evidence: judgement.evidence,
            lint: None,
            curl: None,
            requests: Vec::new(),
        });
    }

    /// Writes down what there was no time for: nobody knows what it would have shown.
    pub(crate) fn out_of_time(&mut self, place: Place, variant: &str) {
        self.note(place, variant, Judgement::new(Verdict::Inconclusive, "the time budget is used up"));
    }

    pub(crate) fn skip(&mut self, place: Place, variant: &str, why: &str) {
        self.note(place, variant, Judgement::new(Verdict::Skip, why));
    }
}
