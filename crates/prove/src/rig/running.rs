//! A proxy that runs by a configuration, with all that is around it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

use super::RigError;
use super::evidence::Trial;
use super::fake::Fakes;
use super::folder::Folder;
use super::process::Process;

/// A proxy, a gate and applications.
#[derive(Debug)]
pub(super) struct Running {
    // Ended in this order.
    pub(super) process: Process,
    pub(super) fakes: Fakes,
    /// The port of loopback that stands for each address at which the configuration listens.
    pub(super) ports: BTreeMap<Vec<u8>, Port>,
    /// What differs from the configuration as it is, or cannot be tried.
    pub(super) notes: BTreeSet<String>,
    pub(super) folder: Folder,
}

/// A port of loopback.
#[derive(Clone, Copy, Debug)]
pub(super) struct Port {
    pub(super) number: u16,
    /// Whether it stands for one with TLS, which is taken off.
    pub(super) is_tls: bool,
}

/// What came of starting it.
pub(super) enum Started<G> {
    /// It runs; what it is for is known besides.
    Running(Running, G),
    Refused(Trial),
}

impl Running {
    /// Where an address of the configuration is here.
    pub(super) fn address(&self, key: &[u8]) -> Option<SocketAddr> {
        self.ports.get(key).map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port.number)))
    }
}

/// Starts it. A port that was free can be taken before the proxy has it: then it is tried again with others.
pub(super) fn start<G>(mut once: impl FnMut() -> Result<Option<Started<G>>, RigError>) -> Result<Started<G>, RigError> {
    for _ in 0..TRIES {
        if let Some(started) = once()? {
            return Ok(started);
        }
    }
    Err(RigError::Machine(std::io::ErrorKind::AddrInUse.into()))
}

/// How often ports are chosen anew.
const TRIES: usize = 3;
