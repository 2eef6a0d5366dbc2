//! The application behind the proxy: answers everything, and remembers what reached it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

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
}

impl Backend {
    /// Listens on a loopback port until the test process ends.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let of_thread = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let seen = Arc::clone(&of_thread);
                thread::spawn(move || answer(stream.unwrap(), &seen));
            }
        });
        Self { address, seen }
    }

    /// Returns what has come since the last time.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

fn answer(mut stream: TcpStream, seen: &Mutex<Vec<Seen>>) {
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
    seen.lock().unwrap().push(request);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nbackend");
}
