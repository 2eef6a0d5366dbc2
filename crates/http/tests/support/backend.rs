//! The application behind the proxy: answers everything, and remembers what reached it.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// A request that reached the backend.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Request line and header lines.
    pub(crate) head: Vec<String>,
    pub(crate) body_bytes: usize,
}

impl Seen {
    /// Returns every value of a header, however its name is written, underscores and dots included.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let folded = |text: &str| text.trim().to_ascii_lowercase().replace(['_', '.'], "-");
        self.head
            .iter()
            .filter_map(|line| line.split_once(':'))
            .filter(|(found, _)| folded(found) == name)
            .map(|(_, value)| value.trim())
            .collect()
    }
}

pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// The request ids of everything that ever came.
    ids: Arc<Mutex<Vec<String>>>,
}

impl Backend {
    /// Listens on a loopback port until the test process ends.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let ids: Arc<Mutex<Vec<String>>> = Arc::default();
        let of_thread = (Arc::clone(&seen), Arc::clone(&ids));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, ids) = of_thread.clone();
                thread::spawn(move || answer(stream.unwrap(), &seen, &ids));
            }
        });
        Self { address, seen, ids }
    }

    /// Fails if anything ever came for which the log has no allow, told by the request id that nginx gives both.
    pub(crate) fn assert_all_were_allowed(&self, log: &[Value]) {
        let allowed: HashSet<&str> =
            log.iter().filter(|entry| entry["outcome"] == "allow").filter_map(|entry| entry["request_id"].as_str()).collect();
        for id in self.ids.lock().unwrap().iter() {
            assert!(allowed.contains(id.as_str()), "request `{id}` reached the backend without an allow in the log");
        }
    }

    /// Returns what has come since the last time.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

fn answer(mut stream: TcpStream, seen: &Mutex<Vec<Seen>>, ids: &Mutex<Vec<String>>) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if !matches!(stream.read(&mut byte), Ok(1)) {
            return;
        }
        head.push(byte[0]);
    }
    let lines: Vec<String> =
        String::from_utf8_lossy(&head).split("\r\n").filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let mut request = Seen { head: lines, body_bytes: 0 };
    let upgrade = request.all("upgrade").first().map(|protocol| (*protocol).to_owned());
    let body_bytes = if request.all("transfer-encoding").is_empty() {
        let length: usize = request.all("content-length").first().map_or(0, |length| length.parse().unwrap());
        read_bytes(&mut stream, length)
    } else {
        read_chunks(&mut stream, &mut request.head)
    };
    let Some(body_bytes) = body_bytes else { return };
    request.body_bytes = body_bytes;
    let head = request.head[0].starts_with("HEAD ");
    ids.lock().unwrap().push(request.all("x-request-id").concat());
    seen.lock().unwrap().push(request);
    if let Some(protocol) = upgrade {
        // The answer to the key of RFC 6455 §1.3, which the tests send. This backend speaks whatever it is asked for.
        let accept = "Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
        let _ = write!(stream, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: {protocol}\r\n{accept}\r\n");
        let mut echo = [0; 64];
        while let Ok(count @ 1..) = stream.read(&mut echo) {
            let _ = stream.write_all(&echo[..count]);
        }
        return;
    }
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nSet-Cookie: app=1\r\nConnection: close\r\n\r\n");
    if !head {
        let _ = stream.write_all(b"backend");
    }
}

/// Reads a body of this length; `None` if it ends early.
fn read_bytes(stream: &mut TcpStream, length: usize) -> Option<usize> {
    let (mut count, mut buffer) = (0, vec![0; 1 << 16]);
    while count < length {
        let wanted = buffer.len().min(length - count);
        count += stream.read(&mut buffer[..wanted]).ok().filter(|read| *read > 0)?;
    }
    Some(count)
}

/// Reads a body in chunks (RFC 9112 §7.1) and returns how many bytes it had. Trailers join the header lines, as some backends do.
fn read_chunks(stream: &mut TcpStream, head: &mut Vec<String>) -> Option<usize> {
    let mut total = 0;
    loop {
        let size = usize::from_str_radix(&read_line(stream)?, 16).ok()?;
        if size == 0 {
            break;
        }
        total += read_bytes(stream, size)?;
        read_line(stream)?;
    }
    loop {
        let trailer = read_line(stream)?;
        if trailer.is_empty() {
            return Some(total);
        }
        head.push(trailer);
    }
}

fn read_line(stream: &mut TcpStream) -> Option<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte).ok()?;
        line.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&line).trim_end().to_owned())
}
