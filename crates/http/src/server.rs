//! Start and end of the service: listeners, one worker per core, drain.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gatewright::HttpSettings;
use gatewright_issuer::Live;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::address::{Address, Listen};
use crate::connection::{self, Door, Limits, Role};
use crate::gate::{Clock, Gate};
use crate::listener::{Accepted, Bound, Listener};
use crate::log::Log;
use crate::stop::{Stop, Stopper};
use crate::tls::{self, Tls};

/// How to serve, beside what the policy file says.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// Where to listen instead of `[http] listen`, if not empty.
    pub listen: Vec<String>,
    /// Where Envoy's calls of gRPC are answered instead of `[http] grpc`.
    pub grpc: Option<String>,
    /// Where the admin listener is instead of `[http] admin`.
    pub admin: Option<String>,
    /// Where decisions are logged.
    pub log: Log,
}

/// The service cannot start: the operator's settings or the machine do not let it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeError(String);

impl fmt::Display for ServeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ServeError {}

impl ServeError {
    pub(crate) fn new(what: &str, error: &io::Error) -> Self {
        Self(format!("{what}: {error}"))
    }
}

/// A running service, on threads of its own. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    gate: Arc<Gate>,
    auth: Workers,
    grpc: Option<Workers>,
    admin: Option<Workers>,
}

impl Server {
    /// Binds every address, then serves.
    ///
    /// # Errors
    /// An address cannot be read or bound, one can be reached from other machines while `trusted_peers` is not set, or the
    /// certificate cannot be used.
    pub fn start(live: Live, options: ServeOptions) -> Result<Self, ServeError> {
        Self::start_with_clock(live, options, Clock::system())
    }

    /// Serves by another clock than the machine's, for tests and replays.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_with_clock(live: Live, options: ServeOptions, clock: Clock) -> Result<Self, ServeError> {
        let state = live.current();
        let settings = state.config.http().clone();
        drop(state);
        let ServeOptions { listen, grpc, admin, log } = options;
        let bound = bind_all(if listen.is_empty() { &settings.listen } else { &listen }, &settings)?;
        let grpc = grpc.or_else(|| settings.grpc.clone()).map(|text| bind_all(&[text], &settings)).transpose()?;
        let admin = admin.as_ref().or(settings.admin.as_ref()).map(|text| bind_one(text)).transpose()?;

        let limits = Limits { timeout: Duration::from_secs(settings.timeout), max_header_bytes: settings.max_header_bytes };
        let tls = Tls::new(&settings, tls::HTTP_1).map_err(ServeError)?;
        let grpc_tls = Tls::new(&settings, tls::HTTP_2).map_err(ServeError)?;
        let own_hosts = own_hosts(bound.iter().map(|(_, address)| address), tls.is_some());
        let gate = Arc::new(Gate::new(live, log, clock, own_hosts));
        let door = |role, tls, slots| Door { gate: Arc::clone(&gate), role, tls, limits, slots: Arc::new(Semaphore::new(slots)) };

        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let slots = settings.max_connections.min(Semaphore::MAX_PERMITS);
        let auth = Workers::start("gatewright-auth", cores, bound, door(Role::Auth, tls, slots))?;
        let grpc =
            grpc.map(|bound| Workers::start("gatewright-grpc", cores, bound, door(Role::Check, grpc_tls, slots))).transpose()?;
        let admin = admin
            .map(|bound| Workers::start("gatewright-admin", 1, vec![bound], door(Role::Admin, None, ADMIN_CONNECTIONS)))
            .transpose()?;
        for address in auth.addresses.iter().chain(grpc.iter().flat_map(|grpc| &grpc.addresses)) {
            gate.log.note("listening", &address.to_string());
        }
        Ok(Self { gate, auth, grpc, admin })
    }

    /// Returns where the service listens, with the ports that were really taken.
    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        &self.auth.addresses
    }

    /// Returns where Envoy's calls of gRPC are answered, if anywhere.
    #[must_use]
    pub fn grpc_address(&self) -> Option<&Address> {
        self.grpc.as_ref().and_then(|grpc| grpc.addresses.first())
    }

    /// Returns where the admin listener is, if there is one.
    #[must_use]
    pub fn admin_address(&self) -> Option<&Address> {
        self.admin.as_ref().and_then(|admin| admin.addresses.first())
    }

    /// Stops: no new connections, requests under way are answered within ten seconds, the log is written.
    pub fn stop(mut self) {
        self.drain();
    }

    fn drain(&mut self) {
        self.gate.draining.store(true, Ordering::Relaxed);
        let mut all: Vec<&mut Workers> =
            [Some(&mut self.auth), self.grpc.as_mut(), self.admin.as_mut()].into_iter().flatten().collect();
        all.iter_mut().for_each(|workers| workers.tell());
        all.into_iter().for_each(Workers::stop);
        self.gate.log.flush();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.drain();
    }
}

/// The threads of one kind of listener.
#[derive(Debug)]
struct Workers {
    addresses: Vec<Address>,
    stop: Stopper,
    threads: Vec<JoinHandle<()>>,
    /// Kept for its end: a unix socket's file goes away with it.
    bound: Vec<Bound>,
}

impl Workers {
    /// Starts threads that all accept from the same sockets.
    fn start(name: &str, count: usize, bound: Vec<(Bound, Address)>, door: Door) -> Result<Self, ServeError> {
        let (bound, addresses): (Vec<_>, Vec<_>) = bound.into_iter().unzip();
        let door = Arc::new(door);
        let mut workers = Self { addresses, stop: Stopper::new(), threads: Vec::new(), bound };
        for _ in 0..count {
            let runtime = Builder::new_current_thread()
                .enable_io()
                .enable_time()
                .build()
                .map_err(|error| ServeError::new("no runtime", &error))?;
            let listeners =
                listeners(&runtime, &workers.bound).map_err(|error| ServeError::new("a socket cannot be watched", &error))?;
            let (door, stop) = (Arc::clone(&door), workers.stop.listener());
            let thread = thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || runtime.block_on(work(listeners, door, stop)))
                .map_err(|error| ServeError::new("no thread", &error))?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Tells the threads to stop, and takes no new connection.
    fn tell(&mut self) {
        self.stop.stop();
        self.bound.clear();
    }

    /// The same, and waits until they have.
    fn stop(&mut self) {
        self.tell();
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // a worker that panicked has ended, too
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop();
    }
}

fn listeners(runtime: &Runtime, bound: &[Bound]) -> io::Result<Vec<Listener>> {
    let _inside = runtime.enter();
    bound.iter().map(Bound::listener).collect()
}

async fn work(listeners: Vec<Listener>, door: Arc<Door>, stop: Stop) {
    let mut loops: JoinSet<()> =
        listeners.into_iter().map(|listener| accept(listener, Arc::clone(&door), stop.clone())).collect();
    while loops.join_next().await.is_some() {}
}

/// Accepts until told to stop, then lets the connections finish.
async fn accept(listener: Listener, door: Arc<Door>, stop: Stop) {
    let (mut connections, mut told) = (JoinSet::new(), stop.clone());
    loop {
        tokio::select! {
            _ = told.told() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok(accepted) => admit(accepted, &door, &stop, &mut connections),
                Err(error) => {
                    door.gate.log.note("accept_failed", &error.to_string());
                    sleep(ACCEPT_PAUSE).await; // out of file descriptors, mostly: wait for one to be closed
                }
            },
        }
    }
    drop(listener);
    let _ = timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
}

fn admit(accepted: Accepted, door: &Arc<Door>, stop: &Stop, connections: &mut JoinSet<()>) {
    let metrics = &door.gate.metrics;
    let Ok(slot) = Arc::clone(&door.slots).try_acquire_owned() else {
        metrics.refused_connections.fetch_add(1, Ordering::Relaxed);
        accepted.try_write(FULL);
        return;
    };
    let (door, stop) = (Arc::clone(door), stop.clone());
    connections.spawn(async move {
        let open = Open::count(&door.gate);
        connection::serve(accepted, Arc::clone(&door), stop).await;
        drop((open, slot));
    });
}

/// Counts a connection as long as it lives, whichever way it ends.
struct Open(Arc<Gate>);

impl Open {
    fn count(gate: &Arc<Gate>) -> Self {
        gate.metrics.connections.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(gate))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.metrics.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

fn bind_all(texts: &[String], settings: &HttpSettings) -> Result<Vec<(Bound, Address)>, ServeError> {
    if texts.is_empty() {
        return Err(ServeError("nowhere to listen; write `listen = [\"127.0.0.1:4180\"]` in `[http]`".to_owned()));
    }
    for text in texts {
        let listen = Listen::parse(text).map_err(ServeError)?;
        if listen.is_exposed() && settings.trusted_peers.is_none() {
            return Err(ServeError(format!(
                "`{text}` can be reached from other machines, and nobody said which of them is the proxy; set `trusted_peers` in `[http]`"
            )));
        }
    }
    texts.iter().map(|text| bind_one(text)).collect()
}

fn bind_one(text: &str) -> Result<(Bound, Address), ServeError> {
    let listen = Listen::parse(text).map_err(ServeError)?;
    let bound = Bound::bind(&listen).map_err(|error| ServeError::new(&format!("cannot listen on `{text}`"), &error))?;
    let address = bound.address().map_err(|error| ServeError::new(&format!("cannot listen on `{text}`"), &error))?;
    Ok((bound, address))
}

/// The hosts that mean this service itself: what nginx sends as `Host` when the line that sets it is missing.
fn own_hosts<'a>(addresses: impl Iterator<Item = &'a Address>, tls: bool) -> Vec<String> {
    let default_port = if tls { 443 } else { 80 };
    let mut hosts = Vec::new();
    for address in addresses.filter_map(Address::tcp) {
        let (ip, port) = match address.ip() {
            ip if ip.is_unspecified() => (IpAddr::V4(Ipv4Addr::LOCALHOST), address.port()),
            ip => (ip, address.port()),
        };
        let name = match ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let mut names = vec![name];
        if ip.is_loopback() {
            names.push("localhost".to_owned());
        }
        for name in names {
            hosts.push(format!("{name}:{port}"));
            if port == default_port {
                hosts.push(name);
            }
        }
    }
    hosts
}

/// How long requests under way may take when the service ends.
const DRAIN: Duration = Duration::from_secs(10);
/// How long accepting pauses when the machine refuses.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections of the admin listener.
const ADMIN_CONNECTIONS: usize = 64;
/// The last words to a connection there is no room for.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::settings;

    #[test]
    fn own_hosts_are_what_a_proxy_sends_without_being_told() {
        let hosts = |text: &str, tls| own_hosts([Address::Tcp(text.parse().unwrap())].iter(), tls);
        assert_eq!(hosts("127.0.0.1:4180", false), ["127.0.0.1:4180", "localhost:4180"]);
        assert_eq!(hosts("[::1]:80", false), ["[::1]:80", "[::1]", "localhost:80", "localhost"]);
        assert_eq!(hosts("10.0.0.1:443", true), ["10.0.0.1:443", "10.0.0.1"]);
        assert_eq!(hosts("0.0.0.0:9", false), ["127.0.0.1:9", "localhost:9"]);
    }

    #[test]
    fn exposed_address_needs_trusted_peers() {
        let error = bind_all(&["0.0.0.0:0".to_owned()], &settings("")).unwrap_err().to_string();
        assert!(error.contains("`trusted_peers`"), "{error}");
        assert!(bind_all(&["0.0.0.0:0".to_owned()], &settings(r#"trusted_peers = ["loopback"]"#)).is_ok());
    }

    #[test]
    fn what_cannot_be_bound_is_named() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let text = taken.local_addr().unwrap().to_string();
        assert!(bind_one(&text).unwrap_err().to_string().contains(&format!("cannot listen on `{text}`")));
        assert!(bind_all(&[], &settings("")).unwrap_err().to_string().contains("nowhere to listen"));
    }
}
