//! Where files come from: a disk, a dump, or what a test makes up.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;

/// A place to read files from. Names are bytes, as nginx puts them together, folders divided by `/`.
pub trait Files {
    /// Reads a file whole.
    ///
    /// # Errors
    /// It does not exist, may not be read, or is no file.
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind>;

    /// Names what is in a folder, in any order; nothing if it cannot be read. The folder's own name ends in `/`, or is empty.
    fn names(&self, folder: &[u8]) -> Vec<Vec<u8>>;
}

/// The files of this machine.
///
/// # Example
/// ```
/// use gatewright_prove::nginx::{Disk, Files};
/// assert_eq!(Disk.read(b"/no/such/file"), Err(std::io::ErrorKind::NotFound));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        let path = path(name);
        // Looked at before it is opened: a pipe would wait for a writer. nginx takes a device for an empty file.
        let about = fs::metadata(&path).map_err(|error| error.kind())?;
        if !about.is_file() {
            return Err(if about.is_dir() { io::ErrorKind::IsADirectory } else { io::ErrorKind::InvalidInput });
        }
        let mut text = Vec::new();
        let file = File::open(path).map_err(|error| error.kind())?;
        file.take(LARGEST.saturating_add(1)).read_to_end(&mut text).map_err(|error| error.kind())?;
        let is_larger = u64::try_from(text.len()).map_or(true, |length| length > LARGEST);
        if is_larger { Err(io::ErrorKind::FileTooLarge) } else { Ok(text) }
    }

    fn names(&self, folder: &[u8]) -> Vec<Vec<u8>> {
        let folder = if folder.is_empty() { b"." } else { folder };
        let entries = fs::read_dir(path(folder)).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().into_encoded_bytes()).collect()
    }
}

/// A name of a configuration as one of the machine.
#[cfg(unix)]
pub(crate) fn path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(name).into()
}

#[cfg(not(unix))]
pub(crate) fn path(name: &[u8]) -> PathBuf {
    String::from_utf8_lossy(name).into_owned().into()
}

/// The largest file that is read: ten times the largest list of addresses that people publish for `geo`.
const LARGEST: u64 = 128 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disk_reads_files_and_lists_folders() {
        let folder = std::env::temp_dir().join(format!("files-{}", std::process::id()));
        fs::create_dir_all(folder.join("sub")).unwrap();
        fs::write(folder.join("a.conf"), b"\xff").unwrap();
        let name = |end: &str| [folder.as_os_str().as_encoded_bytes(), end.as_bytes()].concat();
        let mut names = Disk.names(&name("/"));
        names.sort();
        assert_eq!(names, [&b"a.conf"[..], b"sub"]);
        assert_eq!(Disk.read(&name("/a.conf")).unwrap(), b"\xff");
        assert_eq!(Disk.read(&name("/sub")), Err(io::ErrorKind::IsADirectory));
        assert_eq!(Disk.read(&name("/b.conf")), Err(io::ErrorKind::NotFound));
        assert_eq!(Disk.names(&name("/b/")), Vec::<Vec<u8>>::new());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn device_is_no_file() {
        assert!(Disk.read(b"/dev/zero").is_err());
    }
}
