//! What an answer says to somebody who should have been refused.

use super::page::Page;
use super::prober::Prober;
use super::redirect::{Leads, redirect};
use super::traffic::{Exchange, Question, Server};
use super::verdict::Verdict;
use super::wire::{Response, WireError};

/// A verdict, and the clause that says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    pub(crate) evidence: String,
}

/// What may be concluded from the answer to the same request with the credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Twin {
    /// It is within what is protected: if the credential makes no difference, nobody asks for one.
    Within,
    /// It is within, if what is around it is protected as well, and elsewhere if not.
    Around,
    /// It may be elsewhere, where anybody may look: only what is known of the protected pages counts.
    Elsewhere,
}

/// Where redirects end.
enum End {
    Answer(Exchange),
    Loop(String),
    Away(String),
    Nowhere,
    /// There were too many.
    Far(String),
}

impl Judgement {
    pub(crate) fn new(verdict: Verdict, evidence: impl Into<String>) -> Self {
        Self { verdict, evidence: evidence.into() }
    }

    pub(crate) fn pass(evidence: impl Into<String>) -> Self {
        Self::new(Verdict::Pass, evidence)
    }

    pub(crate) fn open(evidence: impl Into<String>) -> Self {
        Self::new(Verdict::Open, evidence)
    }
}

impl Prober<'_> {
    /// Says whether an answer is a refusal. What is asked besides is added to `requests`.
    pub(crate) fn judge(
        &mut self,
        server: &Server,
        subject: usize,
        question: &Question,
        exchange: &Exchange,
        twin: Twin,
        requests: &mut Vec<usize>,
    ) -> Judgement {
        let answer = match &exchange.outcome {
            Ok(answer) => answer,
            Err(WireError::Connect(kind)) if server.address != self.server.address => {
                return Judgement::pass(format!("nobody answers there: {kind}"));
            }
            Err(error) => return unanswered(error),
        };
        let page = Page::of(answer);
        if let Some(judgement) = self.known(subject, question, &page, twin) {
            return judgement;
        }
        if let Some(leads) = redirect(answer, &server.target, &question.request.target) {
            return self.judge_redirect(server, subject, question, leads, requests);
        }
        let head = question.request.method == "HEAD" && page.is_success();
        let told = head.then(|| self.judge_head(subject, answer)).flatten();
        if let Some(judgement) = told {
            return judgement;
        }
        match page.status {
            101 if twin == Twin::Elsewhere && self.baseline.is_public_around() => {
                Judgement::new(Verdict::Warn, "switched to another protocol, outside of the protected paths")
            }
            101 => Judgement::open("the connection was switched to another protocol"),
            200..300 => self.judge_success(server, question, exchange, &page, twin, requests),
            500.. => Judgement::pass(format!("refused, with {}", page.status)),
            status => Judgement::pass(format!("refused with {status}")),
        }
    }

    /// What can be said without asking anything else.
    fn known(&self, subject: usize, question: &Question, page: &Page, twin: Twin) -> Option<Judgement> {
        if page.status == 429 {
            return Some(Judgement::new(Verdict::Inconclusive, "too many requests (429): this is no refusal"));
        }
        if let Some(found) = self.baseline.protected_in(page) {
            return Some(Judgement::open(format!("{} shows {found}", page.status)));
        }
        if self.options.is_open(&question.request.target) {
            return Some(Judgement::pass("open, as declared"));
        }
        if let Some(found) = self.baseline.application_in(page) {
            let why = format!("{} comes from the application itself: {found}", page.status);
            // Elsewhere it may be a line that the proxy adds to what it does not refuse, or another page of the application.
            let verdict = if twin == Twin::Elsewhere { Verdict::Warn } else { Verdict::Open };
            return Some(Judgement::new(verdict, why));
        }
        let stranger = self.baseline.subjects.get(subject)?.stranger.as_ref()?;
        (page.length > 0 && stranger.is_like(page)).then(|| Judgement::pass(format!("as without a credential: {}", page.status)))
    }

    fn judge_success(
        &mut self,
        server: &Server,
        question: &Question,
        exchange: &Exchange,
        page: &Page,
        twin: Twin,
        requests: &mut Vec<usize>,
    ) -> Judgement {
        let status = page.status;
        if self.is_public(page) {
            return Judgement::pass(format!("{status} with what anybody sees"));
        }
        if page.is_login() {
            return Judgement::pass(format!("{status} with the login page"));
        }
        let head = question.request.method == "HEAD";
        if twin == Twin::Elsewhere || (twin == Twin::Around && self.baseline.is_public_around()) {
            return Judgement::pass(format!("{status} with another page than the protected ones"));
        }
        if page.length == 0 && !head {
            return Judgement::new(Verdict::Warn, format!("{status} with nothing in it, where a refusal was to come"));
        }
        let Some(credential) = &self.options.allow else {
            return Judgement::new(Verdict::Warn, format!("{status} with a page of {} bytes that is not the login", page.length));
        };
        let mut with = question.clone();
        with.request = with.request.with_lines(&credential.lines);
        let other = self.traffic.ask(server, &with);
        requests.push(other.number);
        // Of what has no body the length tells, if it is said.
        let is_comparable = !head || is_same_length(exchange, &other);
        match other.page() {
            Some(with) if is_comparable && (with.is_like(page) || page.shows(&with, &[])) && with.headers == page.headers => {
                Judgement::open(format!("{status}, the same as with the credential"))
            }
            _ => Judgement::new(Verdict::Warn, format!("{status} with another page than with the credential")),
        }
    }

    /// Whether this is what anybody sees, by what was learned.
    fn is_public(&self, page: &Page) -> bool {
        self.baseline.unknown.iter().chain(&self.baseline.open).any(|known| known.is_success() && known.is_like(page))
    }

    /// An answer without a body gives itself away by what it says of the body.
    fn judge_head(&self, subject: usize, answer: &Response) -> Option<Judgement> {
        let subject = self.baseline.subjects.get(subject)?;
        let tells = |known: &Response| {
            let etag = answer.value("etag").filter(|etag| known.value("etag").as_ref() == Some(etag));
            let length = answer.value("content-length")?;
            (etag.is_some() || (length == known.length.to_string() && known.length > 8)).then_some(length)
        };
        let stranger = subject.anonymous.outcome.as_ref().ok().filter(|known| known.status == answer.status);
        if stranger.is_some_and(|known| tells(known).is_some()) {
            return Some(Judgement::pass("as without a credential"));
        }
        if let Some(length) = subject.allowed.as_ref().and_then(|allowed| tells(allowed.outcome.as_ref().ok()?)) {
            return Some(Judgement::open(format!("{} with the length of the protected page ({length})", answer.status)));
        }
        // Where anybody gets a page, such as that of the login, HEAD gets its head.
        stranger.map(|known| Judgement::pass(format!("{}, as GET without a credential", known.status)))
    }

    fn judge_redirect(
        &mut self,
        server: &Server,
        subject: usize,
        question: &Question,
        leads: Leads,
        requests: &mut Vec<usize>,
    ) -> Judgement {
        let usual = self.baseline.subjects.get(subject).and_then(|subject| subject.leads.as_ref());
        if usual.is_some_and(|usual| same_place(usual, &leads)) {
            return Judgement::pass("sent to the login, as without a credential");
        }
        self.judge_chain(server, question, leads, Twin::Elsewhere, requests)
    }

    /// Follows a redirect, and says what comes of it.
    pub(crate) fn judge_chain(
        &mut self,
        server: &Server,
        question: &Question,
        leads: Leads,
        twin: Twin,
        requests: &mut Vec<usize>,
    ) -> Judgement {
        let end = self.follow(server, question, leads, requests);
        let exchange = match end {
            End::Loop(target) => return Judgement::new(Verdict::Loop, format!("redirects come back to `{target}`")),
            End::Away(origin) if self.is_login_elsewhere(&origin) => return Judgement::pass(format!("sent to {origin}")),
            End::Away(origin) => {
                return Judgement::new(Verdict::Warn, format!("sent to {origin}, which is no login that was named"));
            }
            End::Far(target) => {
                let why = format!("more than {MOST_HOPS} redirects, at last to `{target}`");
                return Judgement::new(Verdict::Inconclusive, why);
            }
            End::Nowhere => return Judgement::new(Verdict::Warn, "a redirect without an address"),
            End::Answer(exchange) => exchange,
        };
        match exchange.page() {
            None => Judgement::new(Verdict::Inconclusive, "a redirect to what does not answer"),
            Some(page) => match self.baseline.protected_in(&page) {
                Some(found) => Judgement::open(format!("a redirect ends at {found}")),
                None if page.is_success() && !page.is_login() && self.options.allow.is_some() && !self.is_public(&page) => {
                    let verdict = if twin == Twin::Within { Verdict::Inconclusive } else { Verdict::Warn };
                    Judgement::new(
                        verdict,
                        format!("redirected to a page that is no login ({}): what is in it?", page.describe()),
                    )
                }
                None => Judgement::pass(format!("redirected, and then {}", page.status)),
            },
        }
    }

    /// Whether this is where people log in; if none is named, wherever they are sent.
    pub(crate) fn is_login_elsewhere(&self, origin: &str) -> bool {
        let logins = &self.options.logins;
        logins.is_empty() || logins.iter().any(|login| login.trim_end_matches('/').eq_ignore_ascii_case(origin))
    }

    /// Goes where a redirect leads, as the same client, within this origin.
    fn follow(&mut self, server: &Server, question: &Question, first: Leads, requests: &mut Vec<usize>) -> End {
        let mut seen = Vec::new();
        let mut cookies: Vec<(String, String)> = Vec::new();
        let mut has_new = false;
        let mut leads = first;
        loop {
            let target = match leads {
                Leads::Away(origin) => return End::Away(origin),
                Leads::Nowhere => return End::Nowhere,
                Leads::Here(target) => target,
            };
            // With a cookie more, the same page may answer otherwise.
            if seen.contains(&target) && !has_new {
                return End::Loop(target);
            }
            if seen.len() > MOST_HOPS {
                return End::Far(target);
            }
            let mut next = question.clone();
            next.request.target = target.clone().into_bytes();
            if !cookies.is_empty() {
                let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
                next.request = next.request.with("Cookie", pairs.join("; "));
            }
            seen.push(target.clone());
            let exchange = self.traffic.ask(server, &next);
            requests.push(exchange.number);
            let answer = exchange.outcome.as_ref().ok();
            has_new = answer.is_some_and(|answer| take_cookies(answer, &mut cookies));
            let onward = answer.and_then(|answer| redirect(answer, &server.target, target.as_bytes()));
            match onward {
                Some(onward) => leads = onward,
                None => return End::Answer(exchange),
            }
        }
    }
}

/// Keeps the cookies that an answer sets, as far as they have a name and a value, and says whether there is a new one among them.
fn take_cookies(answer: &Response, kept: &mut Vec<(String, String)>) -> bool {
    let before = kept.len();
    for line in answer.values("set-cookie").take(MOST_COOKIES) {
        let line = String::from_utf8_lossy(line).into_owned();
        let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
        match kept.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => kept.push((name.to_owned(), value.to_owned())),
        }
    }
    kept.len() > before
}

/// Whether two answers say the same length of their bodies.
fn is_same_length(left: &Exchange, right: &Exchange) -> bool {
    let length = |exchange: &Exchange| exchange.outcome.as_ref().ok().and_then(|answer| answer.value("content-length"));
    length(left).is_some_and(|left| left != "0" && length(right) == Some(left))
}

/// Whether two redirects lead to the same page, whatever they hand on in the query.
fn same_place(left: &Leads, right: &Leads) -> bool {
    let bare = |target: &str| target.split('?').next().unwrap_or_default().to_owned();
    match (left, right) {
        (Leads::Here(left), Leads::Here(right)) => bare(left) == bare(right),
        (left, right) => left == right,
    }
}

fn unanswered(error: &WireError) -> Judgement {
    match error {
        WireError::Silent | WireError::Broken(_) => Judgement::pass("the connection was closed without an answer"),
        WireError::Tls(_) => Judgement::pass(error.to_string()),
        // Others would ask all the same.
        WireError::Connect(_) | WireError::Certificate(_) | WireError::Timeout | WireError::Malformed(_) => {
            Judgement::new(Verdict::Inconclusive, error.to_string())
        }
    }
}

/// As many as a site sets on the way to its login.
const MOST_COOKIES: usize = 16;

/// As many as a login through an identity provider needs within one origin, and then some.
const MOST_HOPS: usize = 6;
