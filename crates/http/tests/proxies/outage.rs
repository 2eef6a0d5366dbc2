//! What happens when the gate does not answer, or not as a gate does. The backend is never reached.

use std::path::Path;
use std::time::{Duration, Instant};

use super::case::{Case, Expect, Who};
use super::client;
use super::fake_gate::{self, Misbehaviour};
use super::front::{Front, Transport};
use super::rig::{self, Rig};
use super::support::backend::Backend;
use super::table::ANOTHER_PROGRAM;

/// A case of its own, which says what came of it.
type Outage = fn(&Front) -> Result<String, String>;

pub(crate) const ALL: &[(&str, Outage)] = &[
    ("gate: nobody listens", nobody_listens),
    ("gate: stopped between two requests", stopped),
    ("gate: hangs", |front| misbehaves(front, Misbehaviour::Hangs)),
    ("gate: dies in the middle of a request", |front| misbehaves(front, Misbehaviour::Dies)),
    (ANOTHER_PROGRAM, |front| says(front, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello")),
    ("gate: answers 201", |front| says(front, b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")),
    ("gate: answers 204", |front| says(front, b"HTTP/1.1 204 No Content\r\n\r\n")),
    ("gate: answers 206", |front| says(front, b"HTTP/1.1 206 Partial Content\r\nContent-Length: 0\r\n\r\n")),
    ("gate: answers 500", |front| says(front, b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")),
    ("gate: answers 503", |front| says(front, b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")),
    ("gate: answers 404", |front| says(front, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")),
    ("gate: answers 429", |front| says(front, b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")),
    ("gate: answers 304", |front| says(front, b"HTTP/1.1 304 Not Modified\r\n\r\n")),
    ("gate: answers 101", |front| says(front, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")),
    ("gate: answers 302 without a Location", |front| says(front, b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")),
    ("gate: answers 401 with X-Accel-Redirect", |front| {
        says(front, b"HTTP/1.1 401 Unauthorized\r\nX-Accel-Redirect: /public/a\r\nContent-Length: 0\r\n\r\n")
    }),
    ("gate: answers no HTTP", |front| says(front, b"SSH-2.0-OpenSSH_9.2\r\n")),
    ("gate: answers an empty line", |front| says(front, b"\r\n")),
    ("gate: answers half a head", |front| says(front, b"HTTP/1.1 200 OK\r\nX-User: ev")),
    ("gate: answers half a status", |front| says(front, b"HTTP/1.1 2")),
];

fn nobody_listens(front: &Front) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let gate = match front.asks {
        Transport::Tcp | Transport::Grpc => rig::own_address().to_string(),
        Transport::Unix => front.gate_listens(folder.path()),
    };
    let backend = Backend::start();
    let running = rig::start(front, folder.path(), &rig::policy(front), &gate, &backend);
    refuses(running.address, &backend)
}

fn stopped(front: &Front) -> Result<String, String> {
    let Rig { gate, backend, running, folder, .. } = {
        let rig = Rig::start(front);
        rig.run(&Case::get("", Who::Alice, "/a", Expect::Passes))?;
        rig
    };
    gate.server.stop();
    let outcome = refuses(running.address, &backend);
    drop((running, folder));
    outcome
}

fn says(front: &Front, bytes: &'static [u8]) -> Result<String, String> {
    misbehaves(front, Misbehaviour::Says(bytes))
}

fn misbehaves(front: &Front, misbehaviour: Misbehaviour) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let gate = match front.asks {
        Transport::Tcp | Transport::Grpc => fake_gate::on_tcp(misbehaviour).to_string(),
        Transport::Unix => {
            let address = front.gate_listens(folder.path());
            fake_gate::on_unix(Path::new(address.trim_start_matches("unix:")), misbehaviour);
            address
        }
    };
    let backend = Backend::start();
    let running = rig::start(front, folder.path(), &rig::policy(front), &gate, &backend);
    refuses(running.address, &backend)
}

/// Every request is refused, in time, and by something that a client takes for a refusal.
fn refuses(address: std::net::SocketAddr, backend: &Backend) -> Result<String, String> {
    let mut outcomes = Vec::new();
    for target in ["/a", "/public/a"] {
        let started = Instant::now();
        let reply = client::send(address, &Case::get("", Who::Nobody, target, Expect::Refused), "");
        if started.elapsed() > LONGEST {
            return Err(format!("the answer to {target} took {:?}", started.elapsed()));
        }
        if !backend.take().is_empty() {
            return Err(format!("{target} reached the backend, answer {}", reply.status));
        }
        if (200..300).contains(&reply.status) {
            return Err(format!("{target} was answered by {}", reply.status));
        }
        outcomes.push(if reply.status == 0 { "closed".to_owned() } else { reply.status.to_string() });
    }
    outcomes.dedup();
    Ok(outcomes.join(", "))
}

/// Longer than this and the proxy waits for the gate without a limit. Generous: tests run beside each other.
const LONGEST: Duration = Duration::from_secs(15);
