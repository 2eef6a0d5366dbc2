//! Listening sockets, bound once and shared by all workers.

use std::io;
use std::net::TcpListener;
#[cfg(unix)]
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};
#[cfg(unix)]
use std::path::{Path, PathBuf};

use crate::address::{Address, Listen};

/// A bound socket. Workers listen on clones of it, so that the kernel hands each connection to one that is idle.
#[derive(Debug)]
pub(crate) enum Bound {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener, SocketFile),
}

/// The file of a unix socket, removed with its listener unless somebody else has put another there meanwhile.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl Bound {
    pub(crate) fn bind(listen: &Listen) -> io::Result<Self> {
        match listen {
            Listen::Tcp(address) => {
                let listener = TcpListener::bind(address)?; // SO_REUSEADDR is set by the standard library on unix
                listener.set_nonblocking(true)?;
                Ok(Self::Tcp(listener))
            }
            #[cfg(unix)]
            Listen::Unix { path, mode } => bind_unix(path, *mode),
            #[cfg(not(unix))]
            Listen::Unix { .. } => Err(io::Error::new(io::ErrorKind::Unsupported, "unix sockets do not exist on this platform")),
        }
    }

    pub(crate) fn address(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Address::Tcp),
            #[cfg(unix)]
            Self::Unix(_, file) => Ok(Address::Unix(file.path.clone())),
        }
    }

    /// Registers a clone of the socket with the runtime of the calling worker.
    pub(crate) fn listener(&self) -> io::Result<Listener> {
        match self {
            Self::Tcp(listener) => tokio::net::TcpListener::from_std(listener.try_clone()?).map(Listener::Tcp),
            #[cfg(unix)]
            Self::Unix(listener, _) => tokio::net::UnixListener::from_std(listener.try_clone()?).map(Listener::Unix),
        }
    }
}

/// A listening socket inside a runtime.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

/// An accepted connection.
#[derive(Debug)]
pub(crate) enum Accepted {
    Tcp(tokio::net::TcpStream, std::net::SocketAddr),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl Listener {
    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => listener.accept().await.map(|(stream, peer)| Accepted::Tcp(stream, peer)),
            #[cfg(unix)]
            Self::Unix(listener) => listener.accept().await.map(|(stream, _)| Accepted::Unix(stream)),
        }
    }
}

impl Accepted {
    /// Writes what fits into the socket at once, without waiting: for the last words to a connection there is no room for.
    pub(crate) fn try_write(&self, bytes: &[u8]) {
        let _ = match self {
            Self::Tcp(stream, _) => stream.try_write(bytes),
            #[cfg(unix)]
            Self::Unix(stream) => stream.try_write(bytes),
        };
    }
}

/// Binds beside the path, sets the mode, then renames: nobody can connect before the mode is right, and a stale file is replaced
/// in one step.
#[cfg(unix)]
fn bind_unix(path: &Path, mode: u32) -> io::Result<Bound> {
    refuse_if_in_use(path)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let _ = std::fs::remove_file(&beside); // left by a process of the same id that was killed between two lines below
    let listener = UnixListener::bind(&beside)?;
    let placed = std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(mode))
        .and_then(|()| std::fs::symlink_metadata(&beside))
        .and_then(|metadata| std::fs::rename(&beside, path).map(|()| metadata.ino()));
    let inode = placed.inspect_err(|_| drop(std::fs::remove_file(&beside)))?;
    listener.set_nonblocking(true)?;
    Ok(Bound::Unix(listener, SocketFile { path: path.to_owned(), inode }))
}

#[cfg(unix)]
fn refuse_if_in_use(path: &Path) -> io::Result<()> {
    let metadata = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "a file that is no socket stands there"));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()), // stale: nobody listens
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),          // removed this very moment
        Err(error) => Err(error),
        Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "a running process listens on this socket")),
    }
}

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        if std::fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.ino() == self.inode) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn listen(path: &Path) -> Listen {
        Listen::Unix { path: path.to_owned(), mode: 0o600 }
    }

    #[test]
    fn unix_socket_has_its_mode_and_goes_away_with_its_listener() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.sock");
        let bound = Bound::bind(&listen(&path)).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(bound);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn stale_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.sock");
        drop(UnixListener::bind(&path).unwrap()); // closing does not remove the file
        assert!(path.exists());
        let _bound = Bound::bind(&listen(&path)).unwrap();
        UnixStream::connect(&path).unwrap();
    }

    #[test]
    fn live_socket_and_plain_file_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.sock");
        let _first = Bound::bind(&listen(&path)).unwrap();
        assert_eq!(Bound::bind(&listen(&path)).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let file = folder.path().join("file");
        std::fs::write(&file, "precious").unwrap();
        assert_eq!(Bound::bind(&listen(&file)).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(file).unwrap(), "precious");
    }

    #[test]
    fn socket_of_a_successor_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.sock");
        let first = Bound::bind(&listen(&path)).unwrap();
        std::fs::remove_file(&path).unwrap();
        let _second = UnixListener::bind(&path).unwrap();
        drop(first);
        assert!(path.exists());
    }
}
