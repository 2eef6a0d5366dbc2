//! How each proxy is started with the configuration that was written for it.

pub(crate) mod apache;
pub(crate) mod caddy;
pub(crate) mod envoy;
pub(crate) mod haproxy;
pub(crate) mod nginx;
pub(crate) mod traefik;

use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gatewright_prove::Proxy;

use super::support::gate::Gate;

/// A proxy under test.
pub(crate) struct Front {
    /// As the book calls it.
    pub(crate) name: &'static str,
    pub(crate) proxy: Proxy,
    /// Its program.
    pub(crate) program: fn() -> PathBuf,
    /// Has the program say its version.
    pub(crate) version: &'static str,
    /// Lines of `[http]` that say what it overwrites.
    pub(crate) http_settings: &'static str,
    pub(crate) asks: Transport,
    /// Writes what belongs around the files of its configuration, so that many of them run beside each other.
    pub(crate) prepare: fn(&Path),
    /// Runs it in the foreground, after that.
    pub(crate) command: fn(&Path) -> Command,
    /// Whether it answers by its configuration already, for one that listens before it does.
    pub(crate) ready: Option<fn(&Path) -> bool>,
    /// Has it check its configuration, after that; not every proxy can.
    pub(crate) check: Option<fn(&Path) -> Command>,
}

/// Every proxy, in the order of the book.
pub(crate) const ALL: &[&Front] =
    &[&nginx::FRONT, &traefik::FRONT, &caddy::FRONT, &envoy::HTTP, &envoy::GRPC, &haproxy::FRONT, &apache::FRONT];

/// The programs that come as Python packages; `cargo xtask setup` installs them there.
fn from_python(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/proxies/bin");
    if folder.join(name).exists() { folder.join(name) } else { name.into() }
}

/// How a proxy asks in its test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Tcp,
    Unix,
    /// Over TCP, on the listener of `[http] grpc`.
    Grpc,
}

impl Front {
    /// Returns whether it is installed. Where it is not, its test says so and passes; `GATEWRIGHT_REQUIRE_PROXIES` makes that a failure.
    pub(crate) fn is_installed(&self) -> bool {
        let installed = self.version_installed().is_some();
        assert!(installed || std::env::var_os("GATEWRIGHT_REQUIRE_PROXIES").is_none(), "{} is not installed", self.name);
        if !installed {
            eprintln!("skipped: {} is not installed", self.name);
        }
        installed
    }

    /// Starts it in a folder with the files of its configuration, and waits until it listens.
    pub(crate) fn start(&self, folder: &Path, listen: SocketAddr) -> Running {
        (self.prepare)(folder);
        let is_ready = || TcpStream::connect(listen).is_ok() && self.ready.is_none_or(|ready| ready(folder));
        Running::start((self.command)(folder), folder, listen, is_ready)
    }

    /// The version that is installed: the first word of what it says that is one.
    pub(crate) fn version_installed(&self) -> Option<String> {
        let output = Command::new((self.program)()).arg(self.version).output().ok()?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let is_version = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit()) && word.matches('.').count() >= 2;
        said.split(|sign: char| !(sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-'))).find(is_version).map(str::to_owned)
    }

    /// Where its gate is told to listen, beside `[http] grpc`.
    pub(crate) fn gate_listens(&self, folder: &Path) -> String {
        match self.asks {
            Transport::Tcp | Transport::Grpc => "127.0.0.1:0".to_owned(),
            Transport::Unix => format!("unix:{}", folder.join("gate.sock").display()),
        }
    }

    /// Where it is told to reach its gate.
    pub(crate) fn reaches(&self, gate: &Gate, folder: &Path) -> String {
        match self.asks {
            Transport::Tcp => gate.address().to_string(),
            Transport::Unix => self.gate_listens(folder),
            Transport::Grpc => gate.grpc().to_string(),
        }
    }
}

/// A command with an argument that names a file of the folder.
fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str], file: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).arg(file);
    command
}

/// A proxy that runs until this goes.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Running {
    /// Starts the command, its output going to `proxy.log` in the folder, and waits until it is ready.
    fn start(mut command: Command, folder: &Path, address: SocketAddr, is_ready: impl Fn() -> bool) -> Self {
        let log = folder.join("proxy.log");
        let file = std::fs::File::create(&log).unwrap();
        let child = command.process_group(0).stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        let mut running = Self { address, child };
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        let started = Instant::now();
        while !is_ready() {
            assert!(running.child.try_wait().unwrap().is_none(), "the proxy has ended:\n{}", said());
            assert!(started.elapsed() < Duration::from_secs(30), "the proxy does not come up:\n{}", said());
            thread::park_timeout(Duration::from_millis(2)); // leaves the processor to those who start
        }
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status(); // TERM: a master takes its workers with it
        let told = Instant::now();
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            if told.elapsed() > GRACE {
                // One that waits for connections which a test has left open: it goes with its group.
                let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.child.id())]).status();
                let _ = self.child.wait();
                break;
            }
            thread::park_timeout(Duration::from_millis(2));
        }
    }
}

/// How long a proxy may take to end.
const GRACE: Duration = Duration::from_millis(400);
