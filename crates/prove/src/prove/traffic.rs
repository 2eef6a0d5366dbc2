//! Requests as they are made: each one is written down, none too soon after the one before.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::options::{Certificates, Prove};
use super::page::{Page, hash};
use super::target::{Scheme, Target};
use super::wire::{Endpoint, Patience, Request, Response, Tls, TlsError, Trust, WireError};

/// The way to the servers of a run, and everything that was sent.
#[derive(Debug)]
pub(crate) struct Traffic {
    patience: Patience,
    pause: Duration,
    next: Instant,
    end: Option<Instant>,
    entries: Vec<Entry>,
}

/// A server: a name, an address, and how it is spoken to.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) target: Target,
    pub(crate) address: SocketAddr,
    tls: Option<Pair>,
}

/// With and without looking at the certificate.
#[derive(Clone, Debug)]
struct Pair {
    believing: Tls,
    careless: Tls,
}

/// What is asked: a request, and the name that is called in the handshake where it is another than the URL's.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) request: Request,
    pub(crate) calling: Option<String>,
}

/// What came, and where the request is written down.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) number: usize,
    pub(crate) outcome: Result<Response, WireError>,
}

/// A request that was made, for the report.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// Where it was sent.
    pub address: SocketAddr,
    /// The request line, with what is no UTF-8 replaced.
    pub line: String,
    /// The header lines; of credentials the name, and where they came from.
    pub headers: Vec<String>,
    /// How many bytes the body had.
    pub body: usize,
    /// The status, or why there is none.
    pub outcome: Result<u16, String>,
    /// The length of the body that was read, and the first bytes of its SHA-256.
    pub content: Option<(usize, String)>,
    /// From the first byte of the request to the last of the answer.
    pub time: Duration,
    /// A line for a shell that asks the same.
    pub curl: String,
}

impl Traffic {
    pub(crate) fn new(options: &Prove) -> Self {
        let patience = Patience { connect: options.connect_timeout, answer: options.answer_timeout };
        let pause = options.rate.and_then(|rate| Duration::from_secs(1).checked_div(rate)).unwrap_or_default();
        let now = Instant::now();
        let end = options.budget.and_then(|budget| now.checked_add(budget));
        Self { patience, pause, next: now, end, entries: Vec::new() }
    }

    /// Whether nothing more is to be begun.
    pub(crate) fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    pub(crate) fn ask(&mut self, server: &Server, question: &Question) -> Exchange {
        let now = Instant::now();
        if let Some(wait) = self.next.checked_duration_since(now).filter(|wait| !wait.is_zero()) {
            thread::sleep(wait);
        }
        self.next = now.max(self.next).checked_add(self.pause).unwrap_or(now);
        let (outcome, endpoint) = match server.endpoint(question) {
            Ok(endpoint) => (endpoint.ask(&question.request, self.patience), endpoint),
            Err(error) => (Err(WireError::Tls(error.to_string())), Endpoint::plain(server.address)),
        };
        let number = self.entries.len();
        self.entries.push(Entry::new(server, &endpoint, question, &outcome));
        Exchange { number, outcome }
    }

    /// How many requests were made so far.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entry(&self, number: usize) -> Option<&Entry> {
        self.entries.get(number)
    }

    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

impl Server {
    /// # Errors
    /// The name or the authorities cannot be used for TLS.
    pub(crate) fn new(target: &Target, address: SocketAddr, certificates: &Certificates) -> Result<Self, TlsError> {
        let trust = match certificates {
            Certificates::Web => Trust::Web,
            Certificates::Authorities(pem) => Trust::Authorities(pem.clone()),
            Certificates::DangerAnybody => Trust::DangerAnybody,
        };
        let tls = match target.scheme() {
            Scheme::Http => None,
            Scheme::Https => Some(Pair {
                believing: Tls::new(target.host(), &trust)?,
                careless: Tls::new(target.host(), &Trust::DangerAnybody)?,
            }),
        };
        Ok(Self { target: target.clone(), address, tls })
    }

    /// Under another name a server rightly shows another certificate: it is not looked at, as long as nothing secret is sent.
    fn endpoint(&self, question: &Question) -> Result<Endpoint, TlsError> {
        let Some(pair) = &self.tls else { return Ok(Endpoint::plain(self.address)) };
        let tls = match &question.calling {
            None => pair.believing.clone(),
            Some(name) => {
                let tls = if question.request.is_secret() { &pair.believing } else { &pair.careless };
                // What is no name cannot be called in a handshake; it is still sent as `Host`.
                tls.calling(name).or_else(|_| tls.calling(&self.address.ip().to_string()))?
            }
        };
        Ok(Endpoint { address: self.address, tls: Some(tls) })
    }
}

impl Question {
    pub(crate) const fn new(request: Request) -> Self {
        Self { request, calling: None }
    }
}

impl Exchange {
    pub(crate) fn page(&self) -> Option<Page> {
        self.outcome.as_ref().ok().map(Page::of)
    }
}

impl Entry {
    fn new(server: &Server, endpoint: &Endpoint, question: &Question, outcome: &Result<Response, WireError>) -> Self {
        let curl = super::curl::curl(endpoint, &server.target, question.calling.as_deref(), &question.request);
        Self::of(server.address, &question.request, outcome, curl)
    }

    /// Of a request that was sent to an address, with what came of it, and the line for a shell.
    pub(crate) fn of(address: SocketAddr, request: &Request, outcome: &Result<Response, WireError>, curl: String) -> Self {
        let headers = request.lines.iter().map(|line| match line.printable() {
            Ok(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Err(instead) => format!("{}: ({instead})", String::from_utf8_lossy(line.name())),
        });
        let content = outcome.as_ref().ok().map(|response| (response.body.len(), hash(&response.body)));
        Self {
            address,
            line: format!("{} {} {}", request.method, String::from_utf8_lossy(&request.target), request.version.name()),
            headers: headers.collect(),
            body: request.body.len(),
            outcome: outcome.as_ref().map(|response| response.status).map_err(ToString::to_string),
            content,
            time: outcome.as_ref().map(|response| response.time).unwrap_or_default(),
            curl,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(calling: Option<&str>) -> Endpoint {
        let target = "https://app.test/".parse().unwrap();
        let server = Server::new(&target, "[::1]:443".parse().unwrap(), &Certificates::Web).unwrap();
        let calling = calling.map(str::to_owned);
        server.endpoint(&Question { request: Request::new("GET", "/", "app.test"), calling }).unwrap()
    }

    #[test]
    fn what_is_no_name_is_still_asked_for_without_one() {
        let shown = |calling| format!("{:?}", endpoint(calling).tls.unwrap());
        assert!(shown(None).contains("app.test") && shown(Some("other.test")).contains("other.test"));
        assert!(shown(Some("a b")).contains("IpAddress") && shown(Some("")).contains("IpAddress"));
    }

    #[test]
    fn requests_are_written_down_without_their_secrets() {
        let options = Prove::new("http://127.0.0.1:1/".parse().unwrap());
        let server = Server::new(&options.target, "127.0.0.1:1".parse().unwrap(), &Certificates::Web).unwrap();
        let mut traffic = Traffic::new(&options);
        let line = super::super::wire::Line::secret("Cookie: a=hidden", "@allow.txt");
        let exchange = traffic.ask(&server, &Question::new(Request::new("GET", "/", "h").with_lines(&[line])));
        let entry = traffic.entry(exchange.number).unwrap();
        assert!(entry.outcome.is_err() && !format!("{entry:?}").contains("hidden"), "{entry:?}");
    }
}
