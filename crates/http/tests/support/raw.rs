//! A client that sends exactly the bytes it is given.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer, as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    /// 0 if the connection ended without one.
    pub(crate) status: u16,
    /// Names in lower case, in order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) raw: Vec<u8>,
}

impl Reply {
    /// Returns the value of the one field of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let values: Vec<&str> = self.all(name);
        assert!(values.len() <= 1, "{name}: {values:?}");
        values.first().copied()
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// Connects, sends, reads one answer.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> Reply {
    let mut stream = connect(address);
    let _ = stream.write_all(request); // a server may refuse before it has read everything
    read_reply(&mut stream)
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap(); // a hang fails the test instead of hanging it
    stream
}

/// Reads one answer to a request that was not HEAD.
pub(crate) fn read_reply(stream: &mut impl Read) -> Reply {
    read(stream, true)
}

/// Reads the head of an answer alone.
pub(crate) fn read_head(stream: &mut impl Read) -> Reply {
    read(stream, false)
}

fn read(stream: &mut impl Read, with_body: bool) -> Reply {
    let mut raw = Vec::new();
    let mut byte = [0];
    while !raw.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        raw.push(byte[0]);
    }
    let head = String::from_utf8(raw.clone()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok()).unwrap_or(0);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut reply = Reply { status, headers, body: Vec::new(), raw };
    if with_body && status != 100 {
        match reply.header("content-length") {
            Some(length) => {
                reply.body = vec![0; length.parse().unwrap()];
                stream.read_exact(&mut reply.body).unwrap();
            }
            None => drop(stream.read_to_end(&mut reply.body)),
        }
    }
    reply
}

/// Whether the other end has closed: nothing more comes.
pub(crate) fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0]) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}
