//! A gate that misbehaves.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;

/// What it does once it has read a question.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Misbehaviour {
    /// Sends these bytes and closes.
    Says(&'static [u8]),
    /// Sends nothing, and keeps the connection.
    Hangs,
    /// Closes without a word.
    Dies,
}

/// Listens on a loopback port until the test process ends.
pub(crate) fn on_tcp(misbehaviour: Misbehaviour) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || misbehave(stream, misbehaviour));
        }
    });
    address
}

/// Listens on a unix socket until the test process ends.
pub(crate) fn on_unix(path: &Path, misbehaviour: Misbehaviour) {
    let listener = UnixListener::bind(path).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || misbehave(stream, misbehaviour));
        }
    });
}

fn misbehave(mut stream: impl Read + Write, misbehaviour: Misbehaviour) {
    let (mut question, mut byte) = (Vec::new(), [0]);
    while !question.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        question.push(byte[0]);
    }
    match misbehaviour {
        Misbehaviour::Says(bytes) => drop(stream.write_all(bytes)),
        // Until the other end gives up, or longer than any proxy waits.
        Misbehaviour::Hangs => drop(stream.read(&mut byte)),
        Misbehaviour::Dies => {}
    }
}
