//! A deployment on loopback that answers as a test says.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use gatewright_prove::prove::{Credential, Prove, Report, prove};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What was asked.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) lines: Vec<String>,
}

impl Asked {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    /// The first value of this name.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let of = |line: &'_ String| line.split_once(':').is_some_and(|(before, _)| before.eq_ignore_ascii_case(name));
        self.lines.iter().find(|line| of(line)).map(|line| line.split_once(':').unwrap().1.trim())
    }

    pub(crate) fn is_member(&self) -> bool {
        self.value("cookie").is_some_and(|cookie| cookie.split("; ").any(|pair| pair == "session=good"))
    }
}

/// A status with its lines, and a body.
pub(crate) type Answer = (&'static str, String, String);

/// Answers until it is dropped.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    pub(crate) port: u16,
    asked: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    pub(crate) fn start(answer: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), answer)
    }

    /// The same at an address of loopback.
    pub(crate) fn start_at(address: SocketAddr, answer: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        Self::start_with(address, None, answer)
    }

    /// The same over TLS.
    pub(crate) fn start_with_tls(tls: Arc<ServerConfig>, answer: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        Self::start_with((Ipv4Addr::LOCALHOST, 0).into(), Some(tls), answer)
    }

    /// The same with whole messages, byte by byte; after an empty one the connection ends without an answer.
    pub(crate) fn start_raw(answer: impl FnMut(&Asked) -> Vec<u8> + Send + 'static) -> Self {
        Self::start_sending((Ipv4Addr::LOCALHOST, 0).into(), None, answer)
    }

    pub(crate) fn start_with(
        address: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        mut answer: impl FnMut(&Asked) -> Answer + Send + 'static,
    ) -> Self {
        Self::start_sending(address, tls, move |asked| {
            let (status, lines, body) = answer(asked);
            message(asked, status, &lines, body.as_bytes())
        })
    }

    fn start_sending(
        address: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        answer: impl FnMut(&Asked) -> Vec<u8> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let answer = Mutex::new(answer);
        let (count, stopped) = (Arc::clone(&asked), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                // Before the answer, which may be the last of a run.
                count.fetch_add(1, Ordering::SeqCst);
                let (stream, answer) = (stream.unwrap(), &mut *answer.lock().unwrap());
                match &tls {
                    None => serve(stream, answer),
                    // What ends within the handshake asks for nothing.
                    Some(tls) => serve(StreamOwned::new(ServerConnection::new(Arc::clone(tls)).unwrap(), stream), answer),
                }
            }
        });
        Self { address, port, asked, stop, thread: Some(thread) }
    }

    /// How many requests came.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// What is needed to ask it for `/admin`.
    pub(crate) fn options(&self) -> Prove {
        let mut options = Prove::new(format!("http://127.0.0.1:{}/admin", self.port).parse().unwrap());
        options.allow = Some(Credential::new(["Cookie: session=good"], "@allow.txt").unwrap());
        options.nonce = 0x5eed;
        options
    }

    pub(crate) fn prove(&self) -> Report {
        prove(&self.options(), &mut |_| ())
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

fn serve(mut stream: impl Read + Write, answer: &mut dyn FnMut(&Asked) -> Vec<u8>) {
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
    let target = rest.rsplit_once(' ').unwrap().0.to_owned();
    let asked = Asked { method: method.to_owned(), target, lines: lines.collect() };
    let _ = stream.write_all(&answer(&asked)).and_then(|()| stream.flush());
}

/// An answer as it is sent.
pub(crate) fn message(asked: &Asked, status: &str, lines: &str, body: &[u8]) -> Vec<u8> {
    let shown = if asked.method == "HEAD" { b"" } else { body };
    let head = format!("HTTP/1.1 {status}\r\n{lines}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), shown].concat()
}

pub(crate) const LEDGER: &str =
    "<title>Ledger</title><h1>Quarterly figures</h1><p>northern branch: 1234, southern branch: 5678</p>";
pub(crate) const LOGIN: &str =
    "<title>Welcome</title><form method=post>name <input name=n> word <input name=p type=\"password\"></form>";

/// A site whose `/admin`, and all below, only members see; everything else does not exist.
pub(crate) fn closed(asked: &Asked) -> Answer {
    // As a server that folds nothing: what does not begin so is something else.
    let path =
        asked.path().split_once("//127.0.0.1").map_or(asked.path(), |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    let protected = path == "/admin" || path.starts_with("/admin/");
    match path {
        _ if protected && asked.is_member() => page(LEDGER),
        _ if protected => to_login(asked),
        "/login" => page(LOGIN),
        _ => ("404 Not Found", String::new(), "<title>404</title>nothing here".to_owned()),
    }
}

pub(crate) fn page(body: &str) -> Answer {
    ("200 OK", "Cache-Control: no-store\r\n".to_owned(), body.to_owned())
}

pub(crate) fn to_login(asked: &Asked) -> Answer {
    let back = asked.target.replace('?', "%3F").replace('&', "%26").replace('=', "%3D");
    ("302 Found", format!("Location: /login?rd={back}\r\n"), String::new())
}
