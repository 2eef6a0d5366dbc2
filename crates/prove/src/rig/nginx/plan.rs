//! What stands in place of what: a port of loopback for each address at which the configuration listens, a fake for each one that it
//! passes requests on to, a folder of marked files for each that it serves.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::lint::Subject;
use crate::model::{LocationId, ServerId};
use crate::rig::fake::{Role, loopback};

/// An address at which the configuration listens.
#[derive(Debug)]
pub(crate) struct Listen {
    pub(crate) port: u16,
    /// Holds the port until nginx takes it.
    pub(crate) held: Option<TcpListener>,
    /// The servers that share it.
    pub(crate) servers: Vec<ServerId>,
}

/// A program that requests are passed on to.
#[derive(Debug)]
pub(crate) struct Program {
    /// As the configuration names it.
    pub(crate) address: Vec<u8>,
    pub(crate) role: Role,
    /// The only location that passes requests on to this fake; none if several do, by a group.
    pub(crate) location: Option<LocationId>,
    /// The group that it stands in.
    pub(crate) group: Option<Vec<u8>>,
    pub(crate) port: u16,
    pub(crate) listener: Option<TcpListener>,
}

/// What leads to a program.
#[derive(Clone, Copy, Debug)]
pub(crate) enum From<'f> {
    Location(LocationId),
    /// The name of a group.
    Group(&'f [u8]),
    /// A variable, which several locations can use.
    Variable,
}

/// All that is decided before, or while, a configuration is written anew.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The temporary folder.
    pub(crate) folder: PathBuf,
    pub(crate) listens: BTreeMap<Vec<u8>, Listen>,
    pub(crate) programs: Vec<Program>,
    /// Folders that are served, by their own names.
    pub(crate) folders: BTreeSet<Vec<u8>>,
    /// Variables that hold addresses, for `http`.
    pub(crate) maps: Vec<String>,
    /// The locations that take subrequests to the gate.
    pub(crate) gates: BTreeSet<LocationId>,
    /// Texts that locations behind the gate answer themselves: the mark of each is its index.
    pub(crate) returns: Vec<LocationId>,
    /// The ports of loopback that stand for some with TLS.
    pub(crate) tls: BTreeSet<u16>,
    /// What differs from the configuration as it is, or cannot be tried.
    pub(crate) notes: BTreeSet<String>,
}

impl Plan {
    pub(crate) fn new(subject: &Subject<'_>, folder: &Path) -> io::Result<Self> {
        let mut plan = Self {
            folder: folder.to_owned(),
            listens: BTreeMap::new(),
            programs: Vec::new(),
            folders: BTreeSet::from([b"html".to_vec()]),
            maps: Vec::new(),
            gates: subject.model.asked().map(|(id, _)| id).collect(),
            returns: Vec::new(),
            tls: BTreeSet::new(),
            notes: BTreeSet::new(),
        };
        for (id, server) in subject.model.servers() {
            let default = [DEFAULT_LISTEN.to_vec()];
            let listens = if server.listens.is_empty() { &default[..] } else { &server.listens };
            for key in listens {
                if !plan.listens.contains_key(key) {
                    let held = loopback()?;
                    let port = held.local_addr()?.port();
                    plan.listens.insert(key.clone(), Listen { port, held: Some(held), servers: Vec::new() });
                }
                if let Some(listen) = plan.listens.get_mut(key).filter(|listen| !listen.servers.contains(&id)) {
                    listen.servers.push(id);
                }
            }
        }
        Ok(plan)
    }

    /// The port that stands for an address, asked by one location, or by a group.
    pub(crate) fn port(&mut self, subject: &Subject<'_>, address: &[u8], from: From<'_>) -> io::Result<u16> {
        let (location, group) = match from {
            From::Location(id) => (Some(id), None),
            From::Group(name) => (None, Some(name.to_vec())),
            From::Variable => (None, None),
        };
        if let Some(listen) = self.own(address) {
            return Ok(listen);
        }
        if let Some(known) =
            self.programs.iter().find(|known| known.address == address && known.location == location && known.group == group)
        {
            return Ok(known.port);
        }
        let listener = loopback()?;
        let port = listener.local_addr()?.port();
        let role = self.role(subject, address, from);
        self.programs.push(Program { address: address.to_vec(), role, location, group, port, listener: Some(listener) });
        Ok(port)
    }

    /// An address at which the configuration listens itself.
    fn own(&self, address: &[u8]) -> Option<u16> {
        let behind = address.iter().rposition(|byte| *byte == b':').and_then(|colon| address.get(colon..)).unwrap_or_default();
        let anywhere = [&b"*"[..], behind].concat();
        let is_here = address.starts_with(b"127.") || address.starts_with(b"[::1]") || address.starts_with(b"0.0.0.0:");
        let found = self.listens.get(address).or_else(|| self.listens.get(&anywhere).filter(|_| is_here));
        found.map(|listen| listen.port)
    }

    fn role(&self, subject: &Subject<'_>, address: &[u8], from: From<'_>) -> Role {
        let model = &subject.model;
        let asks = |address: &[u8]| {
            self.gates.iter().any(|id| model.passes(*id).any(|pass| pass.addresses.iter().any(|other| other == address)))
        };
        let is_behind = |address: &[u8]| model.protected_at(&[address.to_vec()]).is_some();
        let is_gate = match from {
            From::Location(id) => self.gates.contains(&id),
            // An application that stands among the gates by mistake stays an application.
            From::Group(name) => {
                let group = [b"upstream ", name].concat();
                asks(&group) && (is_behind(&group) || !is_behind(address))
            }
            From::Variable => asks(address),
        };
        match () {
            () if is_gate => Role::Gate,
            () if !is_behind(address) && asks(address) => Role::Pages,
            () => Role::Application,
        }
    }

    /// Where a file or folder of the configuration lies in the temporary one, whatever it is called: no `..` leads out of that.
    pub(crate) fn place(&self, name: &[u8]) -> Vec<u8> {
        let folder = self.folder.as_os_str().as_encoded_bytes();
        let start: &[u8] = if name.starts_with(b"/") { b"/files" } else { b"" };
        [folder, start, &within(name)].concat()
    }

    /// Whether what a location does is behind the gate, and meant to be.
    pub(crate) fn is_guarded(subject: &Subject<'_>, id: LocationId) -> bool {
        let model = &subject.model;
        model.is_protected(id) && !model.is_asking(id) && !model.is_login(id) && !subject.is_meant_open(id)
    }

    /// Whether a program is behind the gate: a location that asks first passes requests on to it.
    pub(crate) fn is_behind(&self, subject: &Subject<'_>, program: &Program) -> bool {
        program.role != Role::Pages
            && program.role != Role::Gate
            && subject.model.protected_at(std::slice::from_ref(&program.address)).is_some()
    }
}

/// A path without `.` and `..`, as one that begins at a root; a slash at its end stays.
fn within(name: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in name.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut path: Vec<u8> = parts.iter().flat_map(|part| [b"/", *part].concat()).collect();
    if path.is_empty() || name.ends_with(b"/") {
        path.push(b'/');
    }
    path
}

/// Where nginx listens when nothing is said.
pub(crate) const DEFAULT_LISTEN: &[u8] = b"*:80";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let within = |name: &str| String::from_utf8(within(name.as_bytes())).unwrap();
        assert_eq!(
            ["/srv/html", "html/", "/a/../b//./c", "../../etc/x", "/../..", ""].map(within),
            ["/srv/html", "/html/", "/b/c", "/etc/x", "/", "/"]
        );
    }
}
