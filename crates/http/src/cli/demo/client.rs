//! A small HTTP/1.1 client: sends bytes as they are, reads one answer.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// Returns the first field called `name`.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.map(|line| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned())));
        Some(Self { status, headers: headers.collect::<Option<_>>()?, body: body.to_owned() })
    }
}

/// Sends one request to a loopback port and reads the answer to its end. `fields` need to hold `Host`.
pub(crate) fn send(port: u16, method: &str, target: &str, fields: &[(String, String)]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in fields {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MOST_ANSWER).read_to_end(&mut answer)?;
    Answer::parse(&String::from_utf8_lossy(&answer)).ok_or_else(|| io::Error::other("the answer is not HTTP/1.1"))
}

const PATIENCE: Duration = Duration::from_secs(10);
const MOST_ANSWER: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_status_headers_and_body() {
        let answer = Answer::parse("HTTP/1.1 200 OK\r\nX-User: alice\r\nX-Empty:\r\n\r\nbody\n").unwrap();
        assert_eq!((answer.status, answer.header("x-user"), answer.header("X-Empty")), (200, Some("alice"), Some("")));
        assert_eq!((answer.body.as_str(), answer.header("x-other")), ("body\n", None));
    }

    #[test]
    fn anything_else_is_no_answer() {
        for wrong in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1\r\n\r\n",
            "SSH-2.0\r\n\r\n",
            "HTTP/1.1 abc\r\n\r\n",
            "HTTP/1.1 200\r\nx\r\n\r\n",
        ] {
            assert_eq!(Answer::parse(wrong), None, "{wrong:?}");
        }
    }
}
