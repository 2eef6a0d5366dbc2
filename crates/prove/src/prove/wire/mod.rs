//! Requests over a socket: one connection each, to an address that is given, with a `Host` that can be another.
//!
//! A client that means well would hide what is looked for: it would fold `/a/../b`, send a `Host` of its own, join headers, follow
//! redirects. This one does what it is told.

mod request;
mod response;
mod tls;

pub(crate) use request::{Line, Request, Value, Version};
#[cfg(test)]
pub(crate) use response::End;
pub(crate) use response::Response;
pub(crate) use tls::{Believes, Tls, TlsError, Trust};

use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Where requests are sent, whatever their `Host` says.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Tls>,
}

/// For how long something is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For the connection, without TLS.
    pub(crate) connect: Duration,
    /// From the connection until the end of the answer.
    pub(crate) answer: Duration,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WireError {
    /// Nobody listens there, or nobody can be reached.
    Connect(io::ErrorKind),
    /// The two did not agree on TLS: the server wants no connection.
    Tls(String),
    /// The server's certificate is not to be trusted: nothing was asked.
    Certificate(String),
    /// The connection ended before the first byte of an answer.
    Silent,
    /// The time was over.
    Timeout,
    /// The connection broke.
    Broken(io::ErrorKind),
    /// What came is no answer of HTTP/1.
    Malformed(&'static str),
}

impl Endpoint {
    pub(crate) const fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// Sends a request and reads its answer, over a connection of its own.
    ///
    /// Tries a second time where no connection came about, or one ended without a byte: servers close what is idle, and restart.
    /// Never after a byte of an answer, which is an answer, and never after waiting in vain.
    pub(crate) fn ask(&self, request: &Request, patience: Patience) -> Result<Response, WireError> {
        match self.ask_once(request, patience) {
            Err(WireError::Connect(_) | WireError::Silent) => self.ask_once(request, patience),
            outcome => outcome,
        }
    }

    /// Sends a request and reads its answer, over a connection of its own.
    pub(crate) fn ask_once(&self, request: &Request, patience: Patience) -> Result<Response, WireError> {
        let stream =
            TcpStream::connect_timeout(&self.address, patience.connect).map_err(|error| WireError::Connect(error.kind()))?;
        let _ = stream.set_nodelay(true); // only a matter of speed
        let start = Instant::now();
        let timed = Timed { stream, deadline: start.checked_add(patience.answer).unwrap_or(start) };
        let mut response = match &self.tls {
            None => exchange(timed, request),
            Some(tls) => exchange(tls.connect(timed)?, request),
        }?;
        response.time = start.elapsed();
        Ok(response)
    }
}

/// Writes and reads. A server may answer and close before it has read a large body; then what it said counts.
fn exchange(mut stream: impl Read + Write, request: &Request) -> Result<Response, WireError> {
    let sent = stream.write_all(&request.to_bytes()).and_then(|()| stream.flush());
    let read = Response::read(&mut BufReader::new(stream), &request.method);
    match (sent, read) {
        (Err(error), Err(_)) => Err(WireError::of(&error)),
        (_, read) => read,
    }
}

/// A socket on which no read and no write lasts beyond a moment.
#[derive(Debug)]
pub(crate) struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
        left.ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(into)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl WireError {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Timeout,
            io::ErrorKind::InvalidData => Self::Tls(error.to_string()),
            kind => Self::Broken(kind),
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(kind) => write!(formatter, "no connection: {kind}"),
            Self::Tls(why) | Self::Certificate(why) => write!(formatter, "no TLS: {why}"),
            Self::Silent => formatter.write_str("the connection was closed without an answer"),
            Self::Timeout => formatter.write_str("no answer in time"),
            Self::Broken(kind) => write!(formatter, "the connection broke: {kind}"),
            Self::Malformed(what) => write!(formatter, "no answer of HTTP/1: {what}"),
        }
    }
}

impl std::error::Error for WireError {}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
    use std::thread;

    use super::*;

    const PATIENCE: Patience = Patience { connect: Duration::from_secs(5), answer: Duration::from_secs(5) };

    /// Answers each connection with the next of these, and returns what it was sent, up to the end of the head.
    fn serve(address: impl Into<std::net::IpAddr>, answers: Vec<&'static [u8]>) -> (Endpoint, thread::JoinHandle<Vec<Vec<u8>>>) {
        let listener = TcpListener::bind((address.into(), 0)).unwrap();
        let endpoint = Endpoint::plain(listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let serve = |answer: &[u8]| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut asked = Vec::new();
                let mut byte = [0];
                while !asked.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                    asked.push(byte[0]);
                }
                stream.write_all(answer).unwrap();
                asked
            };
            answers.into_iter().map(serve).collect()
        });
        (endpoint, server)
    }

    #[test]
    fn bytes_arrive_as_they_were_written_over_both_families() {
        for address in [Ipv4Addr::LOCALHOST.into(), std::net::IpAddr::from(Ipv6Addr::LOCALHOST)] {
            let (endpoint, server) = serve(address, vec![b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"]);
            let request = Request::new("GET", "/a/%2e%2e/b//c\\", "other.test").with("x_user", "evil");
            let response = endpoint.ask(&request, PATIENCE).unwrap();
            assert_eq!((response.status, response.body, response.end), (403, b"no".to_vec(), End::Length));
            assert_eq!(server.join().unwrap(), [request.to_bytes()]);
        }
    }

    #[test]
    fn connection_that_ends_without_a_byte_is_tried_once_more() {
        let (endpoint, server) = serve(Ipv4Addr::LOCALHOST, vec![b"", b"HTTP/1.1 204 None\r\n\r\n"]);
        assert_eq!(endpoint.ask(&Request::new("GET", "/", "h"), PATIENCE).unwrap().status, 204);
        assert_eq!(server.join().unwrap().len(), 2);
        let (endpoint, server) = serve(Ipv4Addr::LOCALHOST, vec![b"", b""]);
        assert_eq!(endpoint.ask(&Request::new("GET", "/", "h"), PATIENCE).unwrap_err(), WireError::Silent);
        server.join().unwrap();
    }

    #[test]
    fn answer_that_stops_in_its_middle_is_not_asked_for_again() {
        let (endpoint, server) = serve(Ipv4Addr::LOCALHOST, vec![b"HTTP/1.1 200 OK\r\nContent"]);
        assert!(matches!(endpoint.ask(&Request::new("GET", "/", "h"), PATIENCE), Err(WireError::Malformed(_))));
        assert_eq!(server.join().unwrap().len(), 1);
    }

    #[test]
    fn server_that_hangs_is_left_after_the_time() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let endpoint = Endpoint::plain(listener.local_addr().unwrap());
        let patience = Patience { answer: Duration::from_millis(30), ..PATIENCE };
        assert_eq!(endpoint.ask(&Request::new("GET", "/", "h"), patience).unwrap_err(), WireError::Timeout);
    }

    #[test]
    fn port_on_which_nobody_listens_is_no_connection() {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let error = Endpoint::plain(address).ask(&Request::new("GET", "/", "h"), PATIENCE).unwrap_err();
        assert_eq!(error, WireError::Connect(io::ErrorKind::ConnectionRefused));
    }
}
