//! Sends a case byte by byte as it stands, and reads what comes back.

use std::io::Write;
use std::net::SocketAddr;

use super::case::{Body, Case};
use super::support::raw::{Reply, connect, read_head, read_reply};

/// Sends the case with this `Cookie` line and returns the answer; status 0 if the connection ended without one.
pub(crate) fn send(address: SocketAddr, case: &Case, cookie: &str) -> Reply {
    let connection = if has(&case.headers, "connection") { "" } else { "Connection: close\r\n" };
    let host = if has(&case.headers, "host") { String::new() } else { format!("Host: {}\r\n", case.host) };
    let framing = match case.body {
        Body::None => String::new(),
        Body::Length(length) => format!("Content-Length: {length}\r\n"),
        Body::Chunked(_) | Body::Trailers(_) => "Transfer-Encoding: chunked\r\n".to_owned(),
    };
    let mut bytes =
        format!("{} {} HTTP/1.1\r\n{host}{connection}{framing}{cookie}{}\r\n", case.method, case.target, case.headers)
            .into_bytes();
    match case.body {
        Body::None => {}
        Body::Length(length) => bytes.extend(vec![b'x'; length]),
        Body::Chunked(length) => {
            for piece in vec![b'x'; length].chunks(CHUNK) {
                bytes.extend(format!("{:x}\r\n", piece.len()).bytes().chain(piece.iter().copied()).chain(*b"\r\n"));
            }
            bytes.extend(b"0\r\n\r\n");
        }
        Body::Trailers(lines) => bytes.extend(format!("1\r\nx\r\n0\r\n{lines}\r\n").bytes()),
    }
    let mut stream = connect(address);
    let mut writer = stream.try_clone().unwrap();
    // A refusal may come before all is sent; then the rest cannot be written, and that is fine.
    let writing = std::thread::spawn(move || drop(writer.write_all(&bytes)));
    let bodiless = case.method == "HEAD" || has(&case.headers, "upgrade");
    let mut read = || if bodiless { read_head(&mut stream) } else { read_reply(&mut stream) };
    let mut reply = read();
    while reply.status == 100 {
        reply = read();
    }
    let _ = stream.shutdown(std::net::Shutdown::Both);
    writing.join().unwrap();
    reply
}

fn has(headers: &str, name: &str) -> bool {
    headers.split("\r\n").filter_map(|line| line.split_once(':')).any(|(found, _)| found.trim().eq_ignore_ascii_case(name))
}

const CHUNK: usize = 8_192;
