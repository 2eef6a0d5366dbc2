//! A proxy between a client and a backend, with the gate beside it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};

use gatewright::{Authorizer, Config};
use gatewright_prove::{Site, Tls, Wiring, init};
use serde_json::Value;
use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::case::{Body, Case, Expect, Who};
use super::client;
use super::front::{Front, Running};
use super::http2;
use super::support::backend::{Backend, Seen};
use super::support::gate::{Gate, NOW, cookie_at};
use super::support::raw::Reply;
use super::table::{SESSION_IS_KEPT_BACK, cannot};

/// The policy of every proxy's table. `{http}` is what the proxy under test needs.
pub(crate) const POLICY: &str = r#"
version = 1
[session]
keys = ["0123456789abcdef0123456789abcdef"]
idle = "1h"
[identity_headers]
X-User = "subject"
X-Email = "email"
X-Groups = "groups"
[login]
url = "https://auth.example.com/login"
return_hosts = ["http://app.example.com", "app.example.com"]
[http]
proxy_secret = "a-secret-of-the-proxy-32-letters"
{http}
[[rule]]
id = "public"
hosts = ["app.example.com", "*.apps.example.com"]
paths = ["/public/**"]
allow = "anyone"
[[rule]]
id = "office"
hosts = ["app.example.com"]
paths = ["/office/**"]
networks = ["10.0.0.0/8"]
allow = "anyone"
[[rule]]
id = "admin"
hosts = ["app.example.com"]
paths = ["/admin/**"]
allow = [{ groups = ["admins"] }]
[[rule]]
id = "members"
hosts = ["app.example.com", "*.apps.example.com"]
allow = "authenticated"
"#;

pub(crate) struct Rig {
    pub(crate) front: &'static str,
    pub(crate) gate: Gate,
    pub(crate) backend: Backend,
    pub(crate) running: Running,
    pub(crate) folder: TempDir,
    /// With TLS, cases are sent over HTTP/2.
    certificate: Option<CertificateDer<'static>>,
}

impl Rig {
    pub(crate) fn start(front: &Front) -> Self {
        Self::start_with(front, None, None)
    }

    /// The same with a proxy that remembers allows for so many seconds.
    pub(crate) fn start_with_cache(front: &Front, seconds: u32) -> Self {
        Self::start_with(front, None, Some(seconds))
    }

    /// The same with TLS.
    pub(crate) fn start_with_tls(front: &Front) -> Self {
        let made = rcgen::generate_simple_self_signed(http2::NAMES.map(str::to_owned)).unwrap();
        Self::start_with(front, Some(made), None)
    }

    fn start_with(front: &Front, made: Option<rcgen::CertifiedKey<rcgen::KeyPair>>, cache: Option<u32>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if let Some(made) = &made {
            std::fs::write(folder.path().join(CERTIFICATE), made.cert.pem()).unwrap();
            std::fs::write(folder.path().join(KEY), made.signing_key.serialize_pem()).unwrap();
        }
        let policy = policy(front);
        let gate = Gate::start_on(&policy, &[&front.gate_listens(folder.path())]);
        let backend = Backend::start();
        let reached = front.reaches(&gate, folder.path());
        let listen = configure(front, folder.path(), &policy, Wiring { cache, ..wiring(folder.path(), &reached, &backend) });
        let running = front.start(folder.path(), listen);
        Self { front: front.name, gate, backend, running, folder, certificate: made.map(|made| made.cert.der().clone()) }
    }

    /// Takes what is running already.
    pub(crate) fn of(front: &'static str, gate: Gate, backend: Backend, running: Running, folder: TempDir) -> Self {
        Self { front, gate, backend, running, folder, certificate: None }
    }

    /// Sends a case, checks what must hold of every case and what is expected of this one, and says what came of it.
    pub(crate) fn run(&self, case: &Case) -> Result<String, String> {
        let before = self.gate.entries().len();
        let _ = self.backend.take();
        let (address, cookie) = (self.running.address, self.cookie(case));
        let reply = match &self.certificate {
            None => client::send(address, case, &cookie),
            Some(certificate) => match http2::send(address, certificate, case, &cookie) {
                Some(reply) => reply,
                None => return Ok(NOT_EXPRESSIBLE.to_owned()),
            },
        };
        let seen = self.backend.take();
        let entries = self.gate.entries().split_off(before);
        for request in &seen {
            check(self.front, case, request, &entries)?;
        }
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        expect(case, scheme, &reply, &seen).map_err(|why| format!("{why}; answer {}; gate: {}", reply.status, told(&entries)))?;
        Ok(outcome(&reply, &seen))
    }

    /// The same where the proxy may know the answer already, so that the gate need not have allowed this very request.
    pub(crate) fn run_remembered(&self, case: &Case) -> Result<(), String> {
        let _ = self.backend.take();
        let reply = client::send(self.running.address, case, &self.cookie(case));
        expect(case, "http", &reply, &self.backend.take())
    }

    /// The `Cookie` line of whoever asks.
    fn cookie(&self, case: &Case) -> String {
        let line = match case.who {
            Who::Nobody => return String::new(),
            Who::Alice => self.gate.cookie("alice", &["staff"]),
            Who::AliceOfManyGroups => self.gate.cookie("alice", &MANY_GROUPS.iter().map(String::as_str).collect::<Vec<_>>()),
            Who::Root => self.gate.cookie("root", &["admins"]),
            Who::AliceLongAgo => cookie_at(&self.gate.live, "alice", &["staff"], NOW - 1_800),
        };
        let (before, after) = case.cookie_around;
        line.replace("Cookie: ", &format!("Cookie: {before}")).replace("\r\n", &format!("{after}\r\n"))
    }
}

/// The policy of a proxy's table.
pub(crate) fn policy(front: &Front) -> String {
    POLICY.replace("{http}", front.http_settings)
}

/// A loopback address of nobody else's: an address that only was free a moment ago could be taken by a test beside this one.
pub(crate) fn own_address() -> SocketAddr {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let process = std::process::id().to_be_bytes();
    let ip = Ipv4Addr::new(127, 64 | (process[2] & 63), process[3], COUNT.fetch_add(1, Ordering::Relaxed));
    TcpListener::bind((ip, 0)).unwrap().local_addr().unwrap()
}

/// Writes the proxy's configuration as `gatewright init` does, and starts the proxy.
pub(crate) fn start(front: &Front, folder: &Path, policy: &str, gate: &str, backend: &Backend) -> Running {
    let listen = configure(front, folder, policy, wiring(folder, gate, backend));
    front.start(folder, listen)
}

/// What the command line would say, with TLS if the folder holds a certificate.
pub(crate) fn wiring(folder: &Path, gate: &str, backend: &Backend) -> Wiring {
    let tls = || Tls { certificate: folder.join(CERTIFICATE), key: folder.join(KEY) };
    Wiring {
        gate: Some(gate.to_owned()),
        backend: backend.address.to_string(),
        folder: folder.to_owned(),
        tls: folder.join(CERTIFICATE).exists().then(tls),
        ..Wiring::default()
    }
}

/// Writes the proxy's configuration as `gatewright init` does, and returns where the proxy will listen.
pub(crate) fn configure(front: &Front, folder: &Path, policy: &str, wiring: Wiring) -> SocketAddr {
    let config = Config::from_toml(policy).unwrap();
    let listen = own_address();
    let wiring = Wiring { listen: Some(listen.to_string()), ..wiring };
    let site = Site::new(&config, &Authorizer::new(&config).unwrap(), wiring).unwrap();
    for file in init(front.proxy, &site).unwrap() {
        std::fs::write(folder.join(file.name), file.text).unwrap();
    }
    listen
}

/// What must hold of every request that reached the backend.
fn check(front: &str, case: &Case, seen: &Seen, entries: &[Value]) -> Result<(), String> {
    let (method, target) = request_line(seen);
    let path = target.split('?').next().unwrap_or_default();
    let host = seen.all("host").concat();
    let allowed: Vec<Value> = entries.iter().filter(|entry| entry["outcome"] == "allow").cloned().collect();
    let same = |entry: &Value| {
        let decided = entry["path"].as_str().unwrap();
        entry["method"] == method && entry["host"] == host.as_str() && equivalent(decided) == equivalent(path)
    };
    if !allowed.iter().any(same) {
        return Err(format!("`{method} {target}` at `{host}` reached the backend, and the gate allowed {}", told(&allowed)));
    }
    if (case.who == Who::Nobody || case.who == Who::Alice) && laxest_reading(path).starts_with("/admin") {
        return Err(format!("`{target}` reached the backend, which may read it as /admin"));
    }
    let (user, email, groups) = match case.who {
        Who::Nobody => ("", "", ""),
        Who::Alice | Who::AliceLongAgo => ("alice", "alice@example.com", "staff"),
        Who::AliceOfManyGroups => ("alice", "alice@example.com", MANY_GROUPS_ENCODED.as_str()),
        Who::Root => ("root", "root@example.com", "admins"),
    };
    for (name, expected) in [("x-user", user), ("x-email", email), ("x-groups", groups)] {
        let found = seen.all(name);
        let right = if expected.is_empty() { found.iter().all(|value| value.is_empty()) } else { found == [expected] };
        if !right {
            return Err(format!("the backend got {name} {found:?}, not `{expected}`"));
        }
    }
    let cookies = seen.all("cookie").join("; ");
    let looked_at = case.name == SESSION_IS_KEPT_BACK || cannot(front, SESSION_IS_KEPT_BACK).is_none();
    if looked_at && cookies.contains("__Host-gatewright=") {
        return Err(format!("the session cookie reached the backend: {cookies}"));
    }
    let (before, after) = case.cookie_around;
    if [before, after].concat().contains("other=1") && !cookies.contains("other=1") {
        return Err(format!("the application's cookie is lost: {cookies}"));
    }
    if seen.head.iter().any(|line| line.contains("a-secret-of-the-proxy")) {
        return Err("the proxy's secret reached the backend".to_owned());
    }
    match case.body {
        Body::None | Body::Trailers(_) => Ok(()),
        Body::Length(length) | Body::Chunked(length) if seen.body_bytes == length => Ok(()),
        Body::Length(_) | Body::Chunked(_) => Err(format!("{} bytes of the body arrived", seen.body_bytes)),
    }
}

fn expect(case: &Case, scheme: &str, reply: &Reply, seen: &[Seen]) -> Result<(), String> {
    let refused = || if seen.is_empty() { Ok(()) } else { Err(format!("the backend was reached: {:?}", seen[0].head[0])) };
    match case.expect {
        Expect::Either => Ok(()),
        Expect::Passes => {
            let answered = reply.status == 200 || reply.status == 101;
            if seen.len() == 1 && answered { Ok(()) } else { Err(format!("{} requests reached the backend", seen.len())) }
        }
        Expect::Refused => refused(),
        Expect::Status(status) => {
            refused()?;
            if reply.status == status { Ok(()) } else { Err(format!("the status should be {status}")) }
        }
        Expect::Login(address) => {
            refused()?;
            let login = format!("https://auth.example.com/login?rd={scheme}{address}");
            let location = reply.all("location");
            let right = reply.status == 302 && location == [login.as_str()];
            if right { Ok(()) } else { Err(format!("Location is {location:?}, not {login}")) }
        }
    }?;
    if reply.status == 101 && !case.headers.contains("Upgrade: websocket") {
        return Err("a tunnel was opened, in which nobody is asked any more".to_owned());
    }
    if seen.is_empty() && (200..300).contains(&reply.status) {
        return Err("nothing reached the backend, and the client got a success".to_owned());
    }
    if case.who == Who::AliceLongAgo {
        let cookies = reply.all("set-cookie");
        let ours = cookies.iter().filter(|cookie| cookie.starts_with("__Host-gatewright=")).count();
        if ours != 1 || !cookies.contains(&"app=1") {
            return Err(format!("the client got the cookies {cookies:?}, not the renewed session and the application's own"));
        }
    }
    if reply.status == 401 && reply.all("www-authenticate").len() != 1 {
        return Err(format!("401 with {:?} as www-authenticate", reply.all("www-authenticate")));
    }
    Ok(())
}

/// What a user sees, in a word or two.
fn outcome(reply: &Reply, seen: &[Seen]) -> String {
    match seen {
        [] if reply.status == 0 => "closed".to_owned(),
        [] => reply.status.to_string(),
        [request] => format!("passes as {}", request_line(request).1),
        _ => format!("{} requests", seen.len()),
    }
}

fn request_line(seen: &Seen) -> (&str, &str) {
    let mut words = seen.head[0].split(' ');
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

fn told(entries: &[Value]) -> String {
    let one = |entry: &Value| format!("{} {} {} {}", entry["code"], entry["method"], entry["host"], entry["path"]);
    if entries.is_empty() { "nothing".to_owned() } else { entries.iter().map(one).collect::<Vec<_>>().join(", ") }
}

/// A path whose spelling RFC 3986 §6.2.2 leaves open in one way: unreserved letters as they are, triplets in upper case. Anything else
/// that a proxy changes between the question and the backend is another path.
fn equivalent(path: &str) -> String {
    let mut pieces = path.split('%');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let decoded = piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match decoded.map(char::from) {
            Some(letter) if letter.is_ascii_alphanumeric() || "-._~".contains(letter) => {
                out.push(letter);
                out.push_str(&piece[2..]);
            }
            Some(_) => out.push_str(&format!("%{}{}", piece[..2].to_ascii_uppercase(), &piece[2..])),
            None => out.push_str(&format!("%{piece}")),
        }
    }
    out
}

/// The path as the laxest backend might read it.
fn laxest_reading(path: &str) -> String {
    let mut text = path.to_owned();
    for _ in 0..3 {
        text = String::from_utf8_lossy(&percent_decoded(&text)).into_owned();
    }
    let text = text.replace('\\', "/");
    let mut segments: Vec<&str> = Vec::new();
    for segment in text.split('/') {
        match segment.split(';').next().unwrap_or_default() {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    format!("/{}", segments.join("/"))
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let triplet = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(decoded) = triplet.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(decoded);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    out
}

/// The proxy's own certificate and key, where all proxies find both.
const CERTIFICATE: &str = "site.pem";
const KEY: &str = "site.pem.key";
/// The outcome of a case that HTTP/2 has no words for.
pub(crate) const NOT_EXPRESSIBLE: &str = "not expressible";
/// Groups that are thrice as long in the header, where every byte of theirs is encoded, as in the session.
static MANY_GROUPS: LazyLock<Vec<String>> =
    LazyLock::new(|| (10..28).map(|number| format!("{}{number}", "\u{e9}".repeat(20))).collect());
/// The same, as the backend has to get them.
static MANY_GROUPS_ENCODED: LazyLock<String> = LazyLock::new(|| MANY_GROUPS.join(",").replace('\u{e9}', "%C3%A9"));
