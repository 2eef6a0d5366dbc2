//! The sample application: it has no authentication of its own and says what reached it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Starts the backend on a free loopback port; it runs until the process ends.
pub(crate) fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::Builder::new().name("demo-backend".to_owned()).spawn(move || {
        for stream in listener.incoming().flatten() {
            // One after the other: a demo has one visitor, and a slow one is cut off.
            let _ = answer(stream);
        }
    })?;
    Ok(address)
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = Vec::new();
    let mut buffer = [0; 2048];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let count = stream.read(&mut buffer)?;
        if count == 0 || head.len() > MOST_HEAD {
            return Ok(());
        }
        head.extend(buffer.iter().take(count));
    }
    let body = describe(&String::from_utf8_lossy(&head));
    let length = body.len();
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// Says what the backend saw: the request line, and every field of each identity header.
fn describe(head: &str) -> String {
    let mut lines = head.lines();
    let request = lines.next().unwrap_or_default().rsplit_once(' ').map_or("", |(request, _version)| request);
    let fields: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let mut text = format!("the backend saw: {request}\n");
    for name in IDENTITY_HEADERS {
        let values: Vec<&str> =
            fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect();
        let shown = if values.concat().is_empty() { "(none)".to_owned() } else { values.join(" and ") };
        text.push_str(&format!("{name}: {shown}\n"));
    }
    text
}

/// The headers of the demo's policy.
pub(crate) const IDENTITY_HEADERS: [&str; 3] = ["X-User", "X-Email", "X-Groups"];
const PATIENCE: Duration = Duration::from_secs(5);
/// nginx itself takes at most 32 KiB of request head.
const MOST_HEAD: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backend_shows_who_it_was_told_and_hides_no_second_field() {
        let text = describe("GET /a HTTP/1.0\r\nx-user: alice\r\nX-User: root\r\nCookie: secret\r\n\r\n");
        assert_eq!(text, "the backend saw: GET /a\nX-User: alice and root\nX-Email: (none)\nX-Groups: (none)\n");
    }
}
