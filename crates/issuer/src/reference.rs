//! `env:` and `file:` references: what a policy file refers to, read from the outside.
//!
//! A reference that cannot be read is an error, never an empty value: a gate whose secret is missing must not start.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use gatewright::{Config, ConfigError, Reference};

/// Reads every `env:` and `file:` reference of a configuration; paths are relative to `folder`.
///
/// For shells that need no [`Live`](crate::Live). One trailing newline of a file is removed.
///
/// # Errors
/// [`ConfigError`] at the reference's place in the file: the variable is not set or empty, the file cannot be read, is no
/// regular file or is larger than 64 MiB.
///
/// # Example
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let text = std::fs::read_to_string("/etc/gatewright/gatewright.toml")?;
/// let config = gatewright::Config::from_toml(&text)?;
/// let config = gatewright_issuer::resolve(config, std::path::Path::new("/etc/gatewright"))?;
/// let authorizer = gatewright::Authorizer::new(&config)?;
/// # Ok(())
/// # }
/// ```
pub fn resolve(config: Config, folder: &Path) -> Result<Config, ConfigError> {
    let mut files = Files::new(folder);
    config.resolve(|reference| files.resolve(reference))
}

/// The files below one folder, with the prints of what was read from them.
#[derive(Debug)]
pub(crate) struct Files<'f> {
    folder: &'f Path,
    read: Prints,
}

/// What each file held when it was last looked at.
pub(crate) type Prints = BTreeMap<PathBuf, Print>;

/// A hash of a file's content, or that it could not be read. Compared for change only, never stored or shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Print(Option<u64>);

impl Print {
    /// Hashes what the file holds now.
    pub(crate) fn of(path: &Path) -> Self {
        Self(read_file(path, MAX_FILE).ok().map(|bytes| hash(&bytes)))
    }
}

/// What the file system says of a file without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device, inode, and when it last changed.
    identity: (u64, u64, i64, i64),
}

impl Stamp {
    /// Looks at the file that a path leads to; `None` if there is none.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt as _;
            (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
        };
        #[cfg(not(unix))]
        let identity = (0, 0, 0, 0);
        Some(Self { length: metadata.len(), modified: metadata.modified().ok(), identity })
    }
}

impl<'f> Files<'f> {
    pub(crate) fn new(folder: &'f Path) -> Self {
        Self { folder, read: Prints::new() }
    }

    /// Reads a file that must be UTF-8 text.
    pub(crate) fn text(&mut self, path: &Path) -> Result<String, String> {
        String::from_utf8(self.bytes(path)?).map_err(|_| "it is not UTF-8 text".to_owned())
    }

    /// Reads what a reference names, or says in a sentence that names it why not.
    pub(crate) fn resolve(&mut self, reference: &Reference) -> Result<Vec<u8>, String> {
        self.reference(reference).map_err(|reason| match reference {
            Reference::Env(name) => format!("environment variable `{name}`: {reason}"),
            Reference::File(path) => format!("cannot read `{}`: {reason}", self.path(path).display()),
        })
    }

    /// Reads what a reference names, or says why not.
    pub(crate) fn reference(&mut self, reference: &Reference) -> Result<Vec<u8>, String> {
        match reference {
            Reference::Env(name) => variable(std::env::var_os(name)).map_err(str::to_owned),
            Reference::File(path) => {
                let mut bytes = self.bytes(&self.path(path))?;
                strip_newline(&mut bytes);
                Ok(bytes)
            }
        }
    }

    /// Returns where a path of the policy file lies.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Returns what was read so far.
    pub(crate) fn into_prints(self) -> Prints {
        self.read
    }

    fn bytes(&mut self, path: &Path) -> Result<Vec<u8>, String> {
        let bytes = read_file(path, MAX_FILE);
        self.read.insert(path.to_owned(), Print(bytes.as_ref().ok().map(|bytes| hash(bytes))));
        bytes
    }
}

/// A variable that is set but empty is as missing as one that is not set.
fn variable(value: Option<OsString>) -> Result<Vec<u8>, &'static str> {
    let value = value.ok_or("it is not set")?;
    if value.is_empty() {
        return Err("it is set but empty");
    }
    value.into_string().map(String::into_bytes).map_err(|_| "it is not UTF-8 text")
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    // Opening a pipe would wait for its other end, and a device may never end.
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(|error| error.to_string())?.take(limit.saturating_add(1));
    file.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        Ok(bytes)
    } else {
        Err(format!("it is larger than {limit} bytes"))
    }
}

fn strip_newline(bytes: &mut Vec<u8>) {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// A hundred thousand rules are some 10 MiB; a guard against the wrong file.
const MAX_FILE: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn read(folder: &Folder, name: &str) -> Result<Vec<u8>, String> {
        Files::new(folder.path()).resolve(&Reference::File(name.to_owned()))
    }

    #[test]
    fn one_trailing_newline_is_removed() {
        let folder = Folder::new();
        for (written, expected) in [("key\n", "key"), ("key\r\n", "key"), ("key\n\n", "key\n"), ("key ", "key "), ("\n", "")] {
            folder.write("secret", written);
            assert_eq!(read(&folder, "secret").unwrap(), expected.as_bytes(), "{written:?}");
        }
    }

    #[test]
    fn paths_are_relative_to_the_folder_of_the_policy() {
        let folder = Folder::new();
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        folder.write("keys/a", "x");
        assert_eq!(read(&folder, "keys/a").unwrap(), b"x");
        assert_eq!(read(&folder, folder.path().join("keys/a").to_str().unwrap()).unwrap(), b"x");
    }

    #[test]
    fn file_that_is_missing_or_no_file_is_named() {
        let folder = Folder::new();
        let missing = read(&folder, "secret").unwrap_err();
        assert!(missing.starts_with("cannot read `") && missing.contains("secret`: "), "{missing}");
        assert!(read(&folder, ".").unwrap_err().ends_with("it is not a regular file"));
    }

    #[cfg(unix)]
    #[test]
    fn device_without_end_is_refused() {
        assert!(read_file(Path::new("/dev/zero"), 10).unwrap_err().contains("not a regular file"));
    }

    #[test]
    fn file_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
        let folder = Folder::new();
        folder.write("big", "12345");
        assert_eq!(read_file(&folder.path().join("big"), 5).unwrap(), b"12345");
        assert_eq!(read_file(&folder.path().join("big"), 4).unwrap_err(), "it is larger than 4 bytes");
    }

    #[test]
    fn variable_that_is_not_set_or_empty_is_refused() {
        assert_eq!(variable(None), Err("it is not set"));
        assert_eq!(variable(Some(OsString::new())), Err("it is set but empty"));
        assert_eq!(variable(Some("v\n".into())), Ok(b"v\n".to_vec()));
        let unset = Reference::Env("GATEWRIGHT_TEST_VARIABLE_THAT_NOBODY_SETS".to_owned());
        let reason = Files::new(Path::new("")).resolve(&unset).unwrap_err();
        assert_eq!(reason, "environment variable `GATEWRIGHT_TEST_VARIABLE_THAT_NOBODY_SETS`: it is not set");
    }

    #[test]
    fn prints_tell_contents_apart_and_missing_from_empty() {
        let folder = Folder::new();
        let path = folder.path().join("a");
        let missing = Print::of(&path);
        folder.write("a", "");
        let empty = Print::of(&path);
        folder.write("a", "x");
        assert!(missing != empty && empty != Print::of(&path) && Print::of(&path) == Print::of(&path));
    }
}
