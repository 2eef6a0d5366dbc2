//! A small site behind a gate of its own, in one process: what a prober is tried on.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A request: its first line and the others.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) lines: Vec<String>,
}

impl Asked {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub(crate) fn has(&self, line: &str) -> bool {
        self.lines.iter().any(|found| found.eq_ignore_ascii_case(line))
    }
}

/// A status with its reason, header lines that each end in CR LF, and a body.
pub(crate) type Answer = (&'static str, String, String);

/// Answers until it is dropped.
pub(crate) struct Deployment {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Deployment {
    pub(crate) fn start(mut answer: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (seen, stopped) = (Arc::clone(&asked), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                serve(stream.unwrap(), &seen, &mut answer);
            }
        });
        Self { port, asked, stop, thread: Some(thread) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Every request that came.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let _ = self.thread.take().unwrap().join();
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Asked>>, answer: &mut dyn FnMut(&Asked) -> Answer) {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        if let Some(end) = head.windows(4).position(|part| part == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&buffer[..read]),
        }
    };
    let text = String::from_utf8_lossy(&head[..end]).into_owned();
    let mut lines = text.split("\r\n").map(str::to_owned);
    let first = lines.next().unwrap();
    let (method, rest) = first.split_once(' ').unwrap();
    let target = rest.rsplit_once(' ').unwrap().0;
    let asked = Asked { method: method.to_owned(), target: target.to_owned(), lines: lines.collect() };
    // Before the answer: whoever has read it finds the request here.
    seen.lock().unwrap().push(asked.clone());
    let (status, lines, body) = answer(&asked);
    let shown = if asked.method == "HEAD" { "" } else { body.as_str() };
    let text = format!("HTTP/1.1 {status}\r\n{lines}Content-Length: {}\r\nConnection: close\r\n\r\n{shown}", body.len());
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// `/admin`, and all below, is for alice; bob is known and may not; everybody else is asked. `/health` is open, and nothing else is
/// there.
pub(crate) fn closed(asked: &Asked) -> Answer {
    let from =
        asked.path().split_once("//127.0.0.1").map_or(asked.path(), |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    match from {
        "/health" => page("<title>Health</title>fine"),
        "/admin" | "/admin/people" if asked.has(ALICE) => page(LEDGER),
        path if path == "/admin" || path.starts_with("/admin/") => {
            if asked.has(BOB) {
                ("403 Forbidden", String::new(), "<title>Not for you</title>".to_owned())
            } else if asked.has(ALICE) {
                nothing()
            } else {
                ("401 Unauthorized", "WWW-Authenticate: Bearer\r\n".to_owned(), "<title>Who are you?</title>".to_owned())
            }
        }
        _ => nothing(),
    }
}

/// The same, but a page below is forgotten: it shows the ledger to everybody.
pub(crate) fn with_a_hole(asked: &Asked) -> Answer {
    if asked.target.starts_with("/admin/") { page(LEDGER) } else { closed(asked) }
}

pub(crate) fn page(body: &str) -> Answer {
    ("200 OK", "Cache-Control: no-store\r\n".to_owned(), body.to_owned())
}

pub(crate) fn nothing() -> Answer {
    ("404 Not Found", String::new(), "<title>404</title>nothing here".to_owned())
}

/// The line of a head that says it is alice.
pub(crate) const ALICE: &str = "Cookie: session=alice-0a4f";
/// The line of a head that says it is bob.
pub(crate) const BOB: &str = "Cookie: session=bob-77c1";
const LEDGER: &str = "<title>Ledger</title><h1>Quarterly figures</h1><p>northern branch: 1234, southern branch: 5678</p>";
