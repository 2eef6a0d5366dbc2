//! Requests as they are made: each one is written down, a few at once, none too soon after the one before.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    next: Mutex<Instant>,
    end: Option<Instant>,
    at_once: usize,
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
        let at_once = options.at_once.clamp(1, MOST_AT_ONCE);
        Self { patience, pause, next: Mutex::new(now), end, at_once, entries: Vec::new() }
    }

    /// Whether nothing more is to be begun.
    pub(crate) fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// Asks more at once if answers take long: whoever waits costs a server little.
    pub(crate) fn adapt(&mut self, usual: Duration) {
        if usual >= SLOW {
            self.at_once = self.at_once.saturating_mul(SLOW_FACTOR).min(MOST_AT_ONCE);
        }
    }

    pub(crate) fn ask(&mut self, server: &Server, question: &Question) -> Exchange {
        let attempts = self.attempt(server, question);
        self.note(server, question, attempts)
    }

    /// Asks all of them, some at once, and writes them down in this order. `None` is what the time budget was used up for.
    pub(crate) fn ask_all(&mut self, jobs: &[(&Server, &Question)]) -> Vec<Option<Exchange>> {
        let next = AtomicUsize::new(0);
        let (this, at_once) = (&*self, self.at_once.min(jobs.len()));
        let work = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some((server, question)) = jobs.get(number).filter(|_| !this.is_over()) else { return done };
                done.push((number, this.attempt(server, question)));
            }
        };
        let mut done = thread::scope(|scope| {
            let workers: Vec<_> = (1..at_once).map(|_| scope.spawn(work)).collect();
            let mut done = work();
            done.extend(workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()));
            done
        });
        done.sort_by_key(|(number, _)| *number);
        let mut done = done.into_iter().peekable();
        let taken = jobs.iter().enumerate().map(|(number, (server, question))| {
            let (_, attempts) = done.next_if(|(found, _)| *found == number)?;
            Some(self.note(server, question, attempts))
        });
        taken.collect()
    }

    /// Asks a second time where no connection came about, or one ended without a byte: servers close what is idle, and restart. Never
    /// after a byte of an answer, which is an answer, and never after waiting in vain.
    fn attempt(&self, server: &Server, question: &Question) -> Vec<Result<Response, WireError>> {
        let mut attempts = Vec::new();
        while attempts.len() < MOST_ATTEMPTS {
            self.wait();
            let left = self.end.map(|end| end.saturating_duration_since(Instant::now()).max(LAST_WORD));
            let within = |patience: Duration| left.map_or(patience, |left| left.min(patience));
            let patience = Patience { connect: within(self.patience.connect), answer: within(self.patience.answer) };
            let outcome = match server.endpoint(question) {
                Ok(endpoint) => endpoint.ask_once(&question.request, patience),
                Err(error) => Err(WireError::Certificate(error.to_string())),
            };
            let again = match &outcome {
                Err(WireError::Connect(kind)) => *kind != std::io::ErrorKind::TimedOut,
                Err(WireError::Silent) => true,
                _ => false,
            };
            attempts.push(outcome);
            if !again {
                break;
            }
        }
        attempts
    }

    /// Keeps to the rate.
    fn wait(&self) {
        if self.pause.is_zero() {
            return;
        }
        let now = Instant::now();
        let start = {
            let Ok(mut next) = self.next.lock() else { return };
            let start = now.max(*next);
            *next = start.checked_add(self.pause).unwrap_or(start);
            start
        };
        thread::sleep(start.saturating_duration_since(now));
    }

    /// Writes down each attempt; the last one counts.
    fn note(&mut self, server: &Server, question: &Question, attempts: Vec<Result<Response, WireError>>) -> Exchange {
        let endpoint = server.endpoint(question).unwrap_or(Endpoint::plain(server.address));
        let mut last = Err(WireError::Silent);
        for outcome in attempts {
            self.entries.push(Entry::new(server, &endpoint, question, &outcome));
            last = outcome;
        }
        Exchange { number: self.entries.len().saturating_sub(1), outcome: last }
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
    /// Lets go of the body; how long it was stays known.
    pub(crate) fn trim(&mut self) {
        if let Ok(answer) = &mut self.outcome {
            answer.body = Vec::new();
        }
    }

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
        let content = outcome.as_ref().ok().map(|response| (response.length, hash(&response.body)));
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

const MOST_ATTEMPTS: usize = 2;
/// As many connections as a browser or two would open; and with slow answers, as many as a busy page.
const MOST_AT_ONCE: usize = 64;
const SLOW: Duration = Duration::from_millis(250);
const SLOW_FACTOR: usize = 4;
/// What is asked at the last moment still has this long for an answer.
const LAST_WORD: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    /// Answers each connection with the next of these.
    fn serve(answers: Vec<&'static [u8]>) -> (Server, thread::JoinHandle<()>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let thread = thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                    head.push(byte[0]);
                }
                stream.write_all(answer).unwrap();
            }
        });
        (Server::new(&format!("http://{address}/").parse().unwrap(), address, &Certificates::Web).unwrap(), thread)
    }

    #[test]
    fn connection_that_ends_without_a_byte_is_tried_once_more_and_both_are_written_down() {
        let (server, thread) = serve(vec![b"", b"HTTP/1.1 204 None\r\n\r\n"]);
        let mut traffic = Traffic::new(&Prove::new(server.target.clone()));
        let exchange = traffic.ask(&server, &Question::new(Request::new("GET", "/", "h")));
        thread.join().unwrap();
        assert_eq!((exchange.number, exchange.outcome.unwrap().status), (1, 204));
        assert!(traffic.entries[0].outcome.is_err() && traffic.entries.len() == 2);
    }

    #[test]
    fn what_is_asked_at_once_is_written_down_in_the_order_in_which_it_was_said() {
        let (server, thread) = serve(vec![b"HTTP/1.1 204 None\r\n\r\n"; 20]);
        let mut traffic = Traffic::new(&Prove::new(server.target.clone()));
        let questions: Vec<Question> =
            (0..20).map(|number| Question::new(Request::new("GET", format!("/{number}"), "h"))).collect();
        let jobs: Vec<_> = questions.iter().map(|question| (&server, question)).collect();
        let numbers: Vec<usize> = traffic.ask_all(&jobs).into_iter().map(|exchange| exchange.unwrap().number).collect();
        thread.join().unwrap();
        assert_eq!(numbers, (0..20).collect::<Vec<_>>());
        let lines: Vec<_> = traffic.entries.iter().map(|entry| entry.line.clone()).collect();
        assert_eq!(lines, (0..20).map(|number| format!("GET /{number} HTTP/1.1")).collect::<Vec<_>>());
    }

    #[test]
    fn so_many_are_asked_at_once_and_more_where_answers_are_slow() {
        for (usual, at_once) in [(Duration::ZERO, 4), (SLOW, 16)] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            // Nobody gets an answer before all of them are there.
            let thread = thread::spawn(move || {
                let mut streams: Vec<_> = (0..at_once).map(|_| listener.accept().unwrap().0).collect();
                for stream in &mut streams {
                    let (mut head, mut byte) = (Vec::new(), [0]);
                    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                        head.push(byte[0]);
                    }
                    stream.write_all(b"HTTP/1.1 204 None\r\n\r\n").unwrap();
                }
            });
            let server = Server::new(&format!("http://{address}/").parse().unwrap(), address, &Certificates::Web).unwrap();
            let mut traffic = Traffic::new(&Prove::new(server.target.clone()));
            traffic.adapt(usual);
            let question = Question::new(Request::new("GET", "/", "h"));
            let exchanges = traffic.ask_all(&vec![(&server, &question); at_once]);
            thread.join().unwrap();
            assert!(exchanges.iter().flatten().all(|exchange| exchange.outcome.is_ok()) && exchanges.len() == at_once);
        }
    }

    #[test]
    fn nothing_is_begun_after_the_time_budget() {
        let (server, thread) = serve(Vec::new());
        thread.join().unwrap();
        let mut options = Prove::new(server.target.clone());
        options.budget = Some(Duration::ZERO);
        let question = Question::new(Request::new("GET", "/", "h"));
        let mut traffic = Traffic::new(&options);
        assert!(traffic.ask_all(&[(&server, &question)])[0].is_none() && traffic.entries.is_empty());
    }

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
