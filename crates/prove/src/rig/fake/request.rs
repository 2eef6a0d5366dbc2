//! A request as a program behind nginx sees it, in any of the protocols that nginx speaks to one.

use std::io::{self, Read};

use super::cgi;

/// How it was spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    FastCgi,
    Uwsgi,
    Scgi,
    /// gRPC: that it was asked is known, but not what for.
    Http2,
}

/// What of a request is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) protocol: Protocol,
    pub(crate) method: String,
    /// As it was written on the request line, or in `REQUEST_URI`.
    pub(crate) target: String,
    /// Headers by their names; what CGI calls `HTTP_X_USER` is the header `X-USER`, everything else of it keeps its name.
    pub(crate) headers: Vec<(String, String)>,
}

/// What the bytes so far are.
pub(super) enum Parsed {
    Done(Seen),
    /// The start of one.
    More,
    Not,
}

impl Seen {
    /// Reads the head of one; `None` if it is none.
    pub(super) fn read(mut stream: impl Read) -> io::Result<Option<Self>> {
        let mut text = Vec::new();
        let mut piece = [0; 16 << 10];
        loop {
            let length = stream.read(&mut piece)?;
            text.extend_from_slice(piece.get(..length).unwrap_or_default());
            match Self::parse(&text) {
                Parsed::Done(seen) => return Ok(Some(seen)),
                Parsed::Not => return Ok(None),
                Parsed::More if length == 0 || text.len() > LARGEST => return Ok(None),
                Parsed::More => {}
            }
        }
    }

    fn parse(text: &[u8]) -> Parsed {
        match text {
            [] => Parsed::More,
            [0, ..] => cgi::uwsgi(text),
            [1, ..] => cgi::fast(text),
            [b'0'..=b'9', ..] => cgi::simple(text),
            _ if text.starts_with(b"PRI * HTTP/2.0\r\n") => {
                Parsed::Done(Self { protocol: Protocol::Http2, method: "POST".into(), target: "*".into(), headers: Vec::new() })
            }
            _ => Self::http(text),
        }
    }

    fn http(text: &[u8]) -> Parsed {
        let Some(end) = text.windows(4).position(|window| window == b"\r\n\r\n") else { return Parsed::More };
        let head = String::from_utf8_lossy(text.get(..end).unwrap_or_default());
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().splitn(2, ' ');
        let method = words.next().unwrap_or_default().to_owned();
        let rest = words.next().unwrap_or_default();
        let target = rest.rsplit_once(' ').map_or(rest, |(target, _)| target).to_owned();
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
        Parsed::Done(Self { protocol: Protocol::Http, method, target, headers })
    }

    /// The values of a header.
    pub(crate) fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Which probe it came from, if that is still in it.
    pub(crate) fn probe(&self) -> Option<u32> {
        self.values(PROBE).next()?.parse().ok()
    }

    /// The path, as it was written.
    pub(crate) fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }
}

/// The header that numbers the probes: none that a proxy takes away by its name.
pub(crate) const PROBE: &str = "Gatewright-Probe";

/// The largest head; nginx sends at most 32 KiB of headers by default, and parameters of its own.
const LARGEST: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_of_http_is_read() {
        let seen =
            Seen::read(&b"GET /a b?c HTTP/1.0\r\nHost: x\r\nGatewright-Probe: 7\r\nX-User: e\r\n\r\n"[..]).unwrap().unwrap();
        assert_eq!((seen.method.as_str(), seen.target.as_str(), seen.path()), ("GET", "/a b?c", "/a b"));
        assert_eq!((seen.probe(), seen.values("x-user").collect::<Vec<_>>()), (Some(7), vec!["e"]));
    }

    #[test]
    fn half_a_request_is_none() {
        assert!(Seen::read(&b"GET / HTTP/1.0\r\n"[..]).unwrap().is_none());
        assert!(Seen::read(&b""[..]).unwrap().is_none());
    }
}
