//! Hands bytes on between two ends, and counts the connections; while a file exists, it hands on nothing.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Runs until the test process ends.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Relay {
    /// Listens at the first address for the second; `cut` names the file that cuts it, connections that are there already included.
    pub(crate) fn start(address: SocketAddr, to: SocketAddr, cut: PathBuf) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let connections = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let cut = cut.clone();
                thread::spawn(move || relay(stream, to, &cut));
            }
        });
        Self { address, connections }
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn relay(mut from: TcpStream, to: SocketAddr, cut: &Path) {
    if cut.exists() {
        return;
    }
    let Ok(mut onward) = TcpStream::connect(to) else { return };
    let (mut back_from, mut back_to) = (onward.try_clone().unwrap(), from.try_clone().unwrap());
    let back = thread::spawn(move || {
        let _ = std::io::copy(&mut back_from, &mut back_to);
        let _ = back_to.shutdown(Shutdown::Write);
    });
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if cut.exists() {
            let _ = from.shutdown(Shutdown::Both);
            let _ = onward.shutdown(Shutdown::Both);
            break;
        }
        if onward.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = onward.shutdown(Shutdown::Write);
    let _ = back.join();
}
