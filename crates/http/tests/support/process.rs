//! The binary itself, in a process of its own that is ended by its id.

use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

use super::nginx::free_address;

/// `gatewright serve`, running.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Process {
    /// Starts the binary with this policy, and waits until it listens.
    pub(crate) fn serve(policy: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gatewright.toml");
        std::fs::write(&file, policy).unwrap();
        let address = free_address();
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command.args(["serve", "--listen", &address.to_string(), "--config"]).arg(&file);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut process = Self { address, child, _folder: folder };
        while TcpStream::connect(address).is_err() {
            assert!(process.child.try_wait().unwrap().is_none(), "the gate has ended");
            thread::yield_now();
        }
        process
    }

    /// How much memory it has, in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn resident_bytes(&self) -> usize {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id())).unwrap();
        statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
