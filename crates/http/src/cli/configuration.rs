//! Configurations of proxies as arguments: files, and `-` for what comes on standard input.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use gatewright_prove::nginx::{Disk, Files};

use crate::cli::failure::{Failure, warn};

/// The disk, and before it what came on standard input, which includes files of the disk like any other.
#[derive(Debug)]
pub(crate) struct Configurations {
    input: Option<Vec<u8>>,
}

impl Configurations {
    /// Reads standard input if one of the names is `-`; `command` is how the user asked for that.
    ///
    /// # Errors
    /// There is nothing on standard input, which is what a program that failed has printed, or too much.
    pub(crate) fn open(names: &[PathBuf], command: &str) -> Result<Self, Failure> {
        let input = names.iter().any(|name| name == Path::new(INPUT)).then(|| read(command)).transpose()?;
        Ok(Self { input })
    }
}

impl Files for Configurations {
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        match &self.input {
            Some(input) if name == INPUT.as_bytes() => Ok(input.clone()),
            _ => Disk.read(name),
        }
    }

    fn names(&self, folder: &[u8]) -> Vec<Vec<u8>> {
        Disk.names(folder)
    }
}

/// Says why a configuration cannot be read, and what to do about it.
pub(crate) fn unreadable(name: &Path, kind: io::ErrorKind, command: &str) -> Failure {
    let why = match kind {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => format!("permission denied; `sudo nginx -T | {command}` reads it as root"),
        io::ErrorKind::IsADirectory => "it is a folder; name the main file in it, such as nginx.conf".to_owned(),
        io::ErrorKind::InvalidInput => "it is no regular file; write `-` and give it as standard input".to_owned(),
        kind => kind.to_string(),
    };
    Failure::Usage(format!("`{}` cannot be read: {why}", name.display()))
}

fn read(command: &str) -> Result<Vec<u8>, Failure> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        warn(&format!("reading from the terminal; `nginx -T | {command}` reads what nginx prints"));
    }
    let mut text = Vec::new();
    let read = stdin.take(MOST_BYTES + 1).read_to_end(&mut text);
    read.map_err(|error| Failure::Usage(format!("standard input cannot be read: {error}")))?;
    if u64::try_from(text.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(Failure::Usage("standard input is larger than any configuration (128 MiB)".to_owned()));
    }
    if text.trim_ascii().is_empty() {
        let why = "standard input is empty: what should have printed the configuration failed; \
                   `nginx -T` says why on standard error, and may have to run as root";
        return Err(Failure::Usage(why.to_owned()));
    }
    Ok(text)
}

/// The argument that stands for standard input, and its name in findings.
const INPUT: &str = "-";
/// As large as the largest file that is read.
const MOST_BYTES: u64 = 128 << 20;
