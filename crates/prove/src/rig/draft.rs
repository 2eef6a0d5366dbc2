//! A configuration that is written anew by its addresses alone: every address at which it listens becomes a port of loopback, every
//! one that it passes requests on to a fake. The rest stays, so that what it does with a request is the proxy's to say.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use super::fake::{Role, loopback};
use super::running::Port;
use crate::nginx::Files;

/// What is given to be run.
#[derive(Clone, Copy)]
pub(super) struct Given<'g> {
    /// The file, by its name.
    pub(super) name: &'g [u8],
    pub(super) text: &'g [u8],
    pub(super) files: &'g dyn Files,
    /// The proxy's own program.
    pub(super) program: &'g Path,
}

/// A configuration written anew, and what stands in place of what.
#[derive(Debug)]
pub(super) struct Draft {
    /// The temporary folder.
    pub(super) folder: PathBuf,
    /// Where clients can ask.
    pub(super) ports: BTreeMap<Vec<u8>, Port>,
    /// Ports that the configuration asks itself, by their addresses.
    inner: BTreeMap<String, u16>,
    /// Holds the ports until the proxy takes them.
    pub(super) held: Vec<TcpListener>,
    pub(super) programs: Vec<Program>,
    /// Addresses at which the gate is asked.
    gates: BTreeSet<String>,
    /// Hosts for which it has something to say.
    pub(super) hosts: BTreeSet<String>,
    pub(super) notes: BTreeSet<String>,
    /// Texts of files that say where requests go: paths and headers are looked for in them.
    pub(super) texts: Vec<String>,
    /// What the linter is asked about in place of the file that is given.
    pub(super) json: Option<Vec<u8>>,
}

/// A program that requests are passed on to.
#[derive(Debug)]
pub(super) struct Program {
    /// As the configuration names it.
    pub(super) address: String,
    pub(super) role: Role,
    port: u16,
    pub(super) listener: Option<TcpListener>,
}

/// Why nothing was written.
#[derive(Debug)]
pub(super) enum Unwritten {
    /// This machine has no port or no room.
    Machine(io::Error),
    /// The configuration is wrong, in these words.
    Rejected(String),
    /// It needs what there is not here.
    NotRun(String),
}

impl Draft {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            ports: BTreeMap::new(),
            inner: BTreeMap::new(),
            held: Vec::new(),
            programs: Vec::new(),
            gates: BTreeSet::new(),
            hosts: BTreeSet::new(),
            notes: BTreeSet::new(),
            texts: Vec::new(),
            json: None,
        }
    }

    /// The port of loopback at which clients ask for an address.
    pub(super) fn listen(&mut self, address: &str, is_tls: bool) -> io::Result<u16> {
        let address = listened(address);
        if let Some(port) = self.ports.get(address.as_bytes()) {
            return Ok(port.number);
        }
        if is_tls {
            self.note("TLS is taken off");
        }
        let number = self.free()?;
        self.ports.insert(address.into_bytes(), Port { number, is_tls });
        Ok(number)
    }

    /// The same for one at which only the configuration itself asks.
    pub(super) fn listen_within(&mut self, address: &str) -> io::Result<u16> {
        let address = dialled(address, "80");
        if let Some(port) = self.inner.get(&address) {
            return Ok(*port);
        }
        let number = self.free()?;
        self.inner.insert(address, number);
        Ok(number)
    }

    fn free(&mut self) -> io::Result<u16> {
        let held = loopback()?;
        let port = held.local_addr()?.port();
        self.held.push(held);
        Ok(port)
    }

    /// Says that the gate is asked at an address.
    pub(super) fn gate(&mut self, address: &str, port: &str) {
        self.gates.insert(dialled(address, port));
    }

    /// Whether the gate is asked at an address.
    #[cfg(test)]
    pub(super) fn is_gate(&self, address: &str, port: &str) -> bool {
        self.gates.contains(&dialled(address, port))
    }

    /// What stands for a program that requests are passed on to: `127.0.0.1` with a port. `port` is what goes without saying.
    pub(super) fn program(&mut self, address: &str, port: &str) -> io::Result<String> {
        let address = dialled(address, port);
        if let Some(port) = self.inner.get(&address).copied().or_else(|| self.own(&address)) {
            return Ok(format!("127.0.0.1:{port}"));
        }
        if let Some(known) = self.programs.iter().find(|known| known.address == address) {
            return Ok(format!("127.0.0.1:{}", known.port));
        }
        let listener = loopback()?;
        let port = listener.local_addr()?.port();
        let role = if self.gates.contains(&address) { Role::Gate } else { Role::Application };
        self.programs.push(Program { address, role, port, listener: Some(listener) });
        Ok(format!("127.0.0.1:{port}"))
    }

    /// An address of loopback at which clients can ask as well.
    fn own(&self, address: &str) -> Option<u16> {
        let (host, port) = address.rsplit_once(':')?;
        let is_here = host.starts_with("127.") || host == "[::1]";
        let anywhere = format!("*:{port}");
        let found = self.ports.get(address.as_bytes()).or_else(|| self.ports.get(anywhere.as_bytes()).filter(|_| is_here));
        found.map(|port| port.number)
    }

    pub(super) fn note(&mut self, what: impl Into<String>) {
        self.notes.insert(what.into());
    }

    /// Writes a file into the folder.
    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> io::Result<PathBuf> {
        let file = self.folder.join(name);
        std::fs::write(&file, text)?;
        Ok(file)
    }
}

/// What a script would do to the machine, if it says so: then it is not run.
pub(super) fn reach_of(script: &str) -> Option<&'static str> {
    REACHES.into_iter().find(|word| script.contains(word))
}

/// Calls of Lua that start programs, touch files, or run what is not written there.
const REACHES: [&str; 11] = [
    "os.execute",
    "os.remove",
    "os.rename",
    "os.tmpname",
    "io.popen",
    "io.open",
    "io.lines",
    "loadlib",
    "dofile",
    "loadfile",
    "loadstring",
];

/// An address at which something listens: `*` for all addresses.
fn listened(address: &str) -> String {
    let address = dialled(address, "80");
    match address.rsplit_once(':') {
        Some(("" | "0.0.0.0" | "[::]" | "*", port)) => format!("*:{port}"),
        _ => address,
    }
}

/// An address that is dialled, with its port.
fn dialled(address: &str, port: &str) -> String {
    let address = address.trim().to_ascii_lowercase().replace("localhost", "127.0.0.1");
    let bare = address.rsplit_once(']').map_or(address.as_str(), |(_, behind)| behind);
    let is_path = address.starts_with('/') || address.starts_with("unix");
    if is_path || bare.contains(':') { address } else { format!("{address}:{port}") }
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self::Machine(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_the_same_however_they_are_written() {
        assert_eq!([":80", "0.0.0.0:80", "[::]:80"].map(listened), ["*:80", "*:80", "*:80"]);
        assert_eq!(dialled("LocalHost", "80"), "127.0.0.1:80");
        assert_eq!(dialled("[::1]", "80"), "[::1]:80");
        assert_eq!(dialled("unix//run/a.sock", "80"), "unix//run/a.sock");
    }

    #[test]
    fn script_that_starts_programs_is_known() {
        assert_eq!(reach_of("local x = os.execute('ls')"), Some("os.execute"));
        assert_eq!(reach_of("txn.http:req_set_header('x-user', os.time())"), None);
    }

    #[test]
    fn what_a_configuration_asks_itself_is_no_program() {
        let mut draft = Draft::new("/t".as_ref());
        let own = draft.listen(":8080", false).unwrap();
        let within = draft.listen_within("127.0.0.1:4179").unwrap();
        draft.gate("10.0.0.1", "80");
        assert_eq!(draft.program("127.0.0.1:8080", "80").unwrap(), format!("127.0.0.1:{own}"));
        assert_eq!(draft.program("localhost:4179", "80").unwrap(), format!("127.0.0.1:{within}"));
        let gate = draft.program("10.0.0.1:80", "80").unwrap();
        assert_eq!(draft.program("10.0.0.1", "80").unwrap(), gate);
        assert!(draft.programs.len() == 1 && draft.programs[0].role == Role::Gate);
    }
}
