//! Traefik, with the two files that were written.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use gatewright_prove::Proxy;

use super::{Front, Transport};

pub(crate) static FRONT: Front = Front {
    name: "traefik",
    proxy: Proxy::Traefik,
    program: || super::from_python("traefik"),
    version: "version",
    http_settings: r#"proxy_sets = { forward = ["X-Forwarded-For"] }"#,
    asks: Transport::Tcp,
    prepare,
    command: |folder| super::command((FRONT.program)(), &["--configFile"], &folder.join(STATIC)),
    ready: Some(|folder| answers_ping(folder).is_some()),
    check: None, // it has none: what it cannot read stands in its log
};

/// Several run beside each other, each at an address of its own: there Traefik asks itself, too. It calls nobody outside.
fn prepare(folder: &Path) {
    let text = std::fs::read_to_string(folder.join(STATIC)).unwrap();
    let listen = text.lines().find_map(|line| line.trim().strip_prefix("address: ")).unwrap().trim_matches('"');
    let asks = format!("{}:4179", listen.rsplit_once(':').unwrap().0);
    std::fs::write(folder.join(ASKS), &asks).unwrap();
    edit(folder, STATIC, |text| text.replace(DEFAULT, &asks) + ALONE);
    edit(folder, DYNAMIC, |text| text.replace(DEFAULT, &asks).replace("  routers:\n", PING));
}

fn edit(folder: &Path, name: &str, change: impl Fn(&str) -> String) {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text);
    std::fs::write(folder.join(name), changed).unwrap();
}

/// Traefik listens before it has routes, and answers 404 meanwhile. All routes come at once.
fn answers_ping(folder: &Path) -> Option<()> {
    let mut stream = TcpStream::connect(std::fs::read_to_string(folder.join(ASKS)).unwrap()).ok()?;
    stream.write_all(b"GET /ping HTTP/1.1\r\nHost: ping\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.1 200 ").then_some(())
}

const STATIC: &str = "traefik.yaml";
const DYNAMIC: &str = "gatewright.yaml";
const ASKS: &str = "asks";
const DEFAULT: &str = "127.0.0.1:4179";
const ALONE: &str = "global:\n  checkNewVersion: false\n  sendAnonymousUsage: false\nping:\n  manualRouting: true\n";
const PING: &str =
    "  routers:\n    ping:\n      entryPoints: [\"gatewright\"]\n      rule: \"Path(`/ping`)\"\n      service: ping@internal\n";
