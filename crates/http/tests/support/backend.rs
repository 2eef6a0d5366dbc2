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
    /// Returns every value of a header, however its name is written, underscores included.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let folded = |text: &str| text.to_ascii_lowercase().replace('_', "-");
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
    let length: usize = request.all("content-length").first().map_or(0, |length| length.parse().unwrap());
    let mut buffer = vec![0; 1 << 16];
    while request.body_bytes < length {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.body_bytes += count,
        }
    }
    ids.lock().unwrap().push(request.all("x-request-id").concat());
    seen.lock().unwrap().push(request);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nbackend");
}
