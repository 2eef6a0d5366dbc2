//! An application whose pages differ, as those of real ones do: each path has words of its own, and says who is asking.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Answers everything, as laxly as applications do, until the test process ends.
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    /// The first lines of what came.
    lines: Arc<Mutex<Vec<String>>>,
}

struct Asked {
    method: String,
    target: String,
    lines: Vec<String>,
}

impl Application {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let of_thread = Arc::clone(&lines);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&of_thread);
                thread::spawn(move || serve(stream, &kept));
            }
        });
        Self { address, lines }
    }

    /// What was asked for since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

/// Answers one request; every answer ends its connection.
fn serve(stream: TcpStream, kept: &Mutex<Vec<String>>) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    let Some(asked) = Asked::read(&mut reader) else { return };
    kept.lock().unwrap().push(format!("{} {}", asked.method, asked.target));
    if asked.values("upgrade").next().is_some() {
        // The answer to the key of RFC 6455 §1.3.
        let accept = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
        let _ = write!(writer, "HTTP/1.1 101 Switching Protocols\r\n{accept}\r\n\r\n");
        let _ = reader.read(&mut [0]); // until the other end has had enough
        return;
    }
    if asked.values("expect").next().is_some() {
        let _ = writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
    }
    if asked.read_body(&mut reader).is_none() {
        return;
    }
    let body = asked.page();
    let shown = if asked.method == "HEAD" { "" } else { body.as_str() };
    let _ = write!(
        writer,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{shown}",
        body.len()
    );
}

impl Asked {
    fn read(reader: &mut impl BufRead) -> Option<Self> {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            reader.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let first = lines.first()?.clone();
        let (method, rest) = first.split_once(' ')?;
        let target = rest.rsplit_once(' ')?.0.to_owned();
        Some(Self { method: method.to_owned(), target, lines: lines.split_off(1) })
    }

    /// All values of a header, also where its name is written with other signs than hyphens, as many frameworks take it.
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let folded = move |found: &str| found.trim().to_ascii_lowercase().replace(['_', '.'], "-") == name;
        let pairs = self.lines.iter().filter_map(|line| line.split_once(':'));
        pairs.filter(move |(found, _)| folded(found)).map(|(_, value)| value.trim())
    }

    fn read_body(&self, reader: &mut impl BufRead) -> Option<()> {
        if self.values("transfer-encoding").next().is_none() {
            let length = self.values("content-length").next().and_then(|length| length.parse().ok()).unwrap_or(0);
            return std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok().map(drop);
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let size = u64::from_str_radix(line.trim(), 16).ok()?;
            // The line behind the last chunk ends the trailers, of which no test sends any.
            std::io::copy(&mut reader.by_ref().take(size + 2), &mut std::io::sink()).ok()?;
            if size == 0 {
                return Some(());
            }
        }
    }

    /// The page of a path, as the laxest application reads it, with all that it was told of who is asking.
    fn page(&self) -> String {
        let named = self.values("x-original-url").chain(self.values("x-rewrite-url")).find(|path| path.starts_with('/'));
        let path = folded(named.unwrap_or(&self.target));
        let word = |number: u32| {
            let mut hasher = DefaultHasher::new();
            (&path, number).hash(&mut hasher);
            format!("{:016x}", hasher.finish())
        };
        let words: Vec<String> = (0..12).map(word).collect();
        let told: Vec<&str> = ["x-user", "x-email", "x-groups"].into_iter().flat_map(|name| self.values(name)).collect();
        format!("<h1>{path}</h1> {} <p>asked by: {}</p>", words.join(" "), told.join(" "))
    }
}

/// The path as the laxest application reads it.
fn folded(target: &str) -> String {
    let target = target.split_once("://").map_or(target, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    let mut text = target.split(['?', '#']).next().unwrap_or_default().to_owned();
    for _ in 0..3 {
        text = decoded(&text);
    }
    let text = text.replace('\\', "/").to_ascii_lowercase();
    let mut segments: Vec<&str> = Vec::new();
    for segment in text.split('/') {
        match segment.split(';').next().unwrap_or_default().trim_matches([' ', '\0']) {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    format!("/{}", segments.join("/"))
}

fn decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut out = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                out.extend_from_slice(&piece.as_bytes()[2..]);
            }
            None => out.extend(std::iter::once(b'%').chain(piece.bytes())),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
