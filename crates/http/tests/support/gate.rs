//! A running gate whose log can be read.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gatewright::{SessionClaims, UnixTime};
use gatewright_http::{Clock, Log, ServeOptions, Server};
use gatewright_issuer::{Live, Options};
use serde_json::Value;

use super::raw::{Reply, exchange};

/// The time of every test: 2026-01-01T00:00:00Z.
pub(crate) const NOW: u64 = 1_767_225_600;

/// Members reach everything on app.example.com, admins alone `/admin`, everybody `/public`.
pub(crate) const POLICY: &str = r#"
version = 1
[session]
keys = ["0123456789abcdef0123456789abcdef"]
cookie = "session"
[identity_headers]
X-User = "subject"
X-Email = "email"
[login]
url = "https://auth.example.com/login"
return_hosts = ["app.example.com"]
[[rule]]
id = "public"
hosts = ["app.example.com"]
paths = ["/public/**"]
allow = "anyone"
[[rule]]
id = "admin"
hosts = ["app.example.com"]
paths = ["/admin/**"]
allow = [{ groups = ["admins"] }]
[[rule]]
id = "members"
hosts = ["app.example.com"]
allow = "authenticated"
"#;

pub(crate) struct Gate {
    pub(crate) server: Server,
    pub(crate) live: Live,
    log: Log,
    lines: Lines,
}

/// Keeps what is logged.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    pub(crate) fn entries(&self) -> Vec<Value> {
        self.0
            .lock()
            .unwrap()
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }
}

impl Gate {
    /// Starts a gate on a loopback port, with this `[http]` table.
    pub(crate) fn start(http: &str) -> Self {
        Self::start_on(&format!("{POLICY}\n[http]\n{http}\n"), &["127.0.0.1:0"])
    }

    /// Starts a gate with this policy on these addresses.
    pub(crate) fn start_on(policy: &str, listen: &[&str]) -> Self {
        let live = Live::from_text(policy, Path::new("."), Options { watch: false, fetch: false, ..Options::default() }).unwrap();
        Self::serve(live, listen)
    }

    /// Starts a gate with the policy of a file that is followed when it changes, and all that it refers to.
    pub(crate) fn follow(policy: &Path, listen: &[&str]) -> Self {
        Self::serve(Live::open(policy, Options { fetch: false, ..Options::default() }).unwrap(), listen)
    }

    fn serve(live: Live, listen: &[&str]) -> Self {
        let lines = Lines::default();
        let log = Log::json(lines.clone());
        let options = ServeOptions {
            listen: listen.iter().map(|&address| address.to_owned()).collect(),
            admin: Some("127.0.0.1:0".to_owned()),
            log: log.clone(),
            ..ServeOptions::default()
        };
        let server = Server::start_with_clock(live.clone(), options, Clock::new(|| UnixTime::from_secs(NOW))).unwrap();
        Self { server, live, log, lines }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.addresses()[0].tcp().unwrap()
    }

    /// Where it answers gRPC, by `grpc = "127.0.0.1:0"` in its policy.
    pub(crate) fn grpc(&self) -> SocketAddr {
        self.server.grpc_address().unwrap().tcp().unwrap()
    }

    pub(crate) fn admin(&self) -> SocketAddr {
        self.server.admin_address().unwrap().tcp().unwrap()
    }

    /// Asks as nginx does, with more header lines (each ending in CR LF).
    pub(crate) fn verify(&self, method: &str, uri: &str, more: &str) -> Reply {
        let head = format!(
            "GET /auth/verify HTTP/1.1\r\nX-Original-URI: {uri}\r\nX-Original-Method: {method}\r\nHost: app.example.com\r\n{more}\r\n"
        );
        exchange(self.address(), head.as_bytes())
    }

    /// Asks as Traefik and Caddy do.
    pub(crate) fn forward(&self, method: &str, uri: &str, more: &str) -> Reply {
        let head = format!(
            "GET /auth/forward HTTP/1.1\r\nHost: gate\r\nX-Forwarded-Method: {method}\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: app.example.com\r\nX-Forwarded-Uri: {uri}\r\n{more}\r\n"
        );
        exchange(self.address(), head.as_bytes())
    }

    /// A `Cookie` line of somebody in these groups.
    pub(crate) fn cookie(&self, subject: &str, groups: &[&str]) -> String {
        cookie(&self.live, subject, groups)
    }

    /// What was logged so far.
    pub(crate) fn entries(&self) -> Vec<Value> {
        self.log.flush();
        self.lines.entries()
    }

    /// Carries out a change of files, and waits until it is in force.
    pub(crate) fn after(&self, change: impl FnOnce()) {
        let before = Arc::clone(&self.live.current());
        change();
        let started = Instant::now();
        while Arc::ptr_eq(&before, &self.live.current()) {
            assert!(started.elapsed() < Duration::from_secs(20), "the change is not in force: {:?}", self.entries().last());
            std::thread::yield_now();
        }
    }

    /// The last decision that was logged.
    pub(crate) fn last_decision(&self) -> Value {
        self.entries().into_iter().rev().find(|entry| entry.get("outcome").is_some()).unwrap()
    }
}

/// Seals a session for the time of the tests; the result is a header line.
pub(crate) fn cookie(live: &Live, subject: &str, groups: &[&str]) -> String {
    cookie_at(live, subject, groups, NOW)
}

/// Seals a session at another time.
pub(crate) fn cookie_at(live: &Live, subject: &str, groups: &[&str], now: u64) -> String {
    let claims =
        SessionClaims::new("sid-1", subject).with_email(format!("{subject}@example.com")).with_groups(groups.iter().copied());
    let state = live.current();
    let value = state.authorizer.seal_session(&claims, UnixTime::from_secs(now)).unwrap();
    format!("Cookie: {}={value}\r\n", state.authorizer.session_cookie().unwrap())
}
