//! Where the policy file is: `--config`, then `GATEWRIGHT_CONFIG`, then `./gatewright.toml`; and reading it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use gatewright_issuer::{Live, OpenError, Options};

use crate::cli::failure::{Failure, warn};

/// Returns the policy file to use.
///
/// # Errors
/// Nothing names one, and there is none in this folder.
pub(crate) fn configuration(argument: Option<&Path>) -> Result<PathBuf, Failure> {
    choose(argument, std::env::var_os(VARIABLE), |path| path.exists())
}

/// Reads the policy file for a command that decides by it once: nothing is watched.
pub(crate) fn open(path: &Path, keys: Keys) -> Result<Live, Failure> {
    let options = Options {
        watch: false,
        fetch: keys == Keys::Fetch,
        events: Box::new(|event| {
            if let gatewright_issuer::Event::KeysFailed { issuer, reason } = event {
                warn(&format!("keys of `{issuer}`: {reason}"));
            }
        }),
    };
    Live::open(path, options).map_err(|error| failure(path, &error))
}

/// Whether keys are fetched over the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// From the issuers that the file names.
    Fetch,
    /// Not at all: only the keys in the file and beside it.
    Local,
}

/// Tells a policy that is wrong from a path that leads to none.
pub(crate) fn failure(path: &Path, error: &OpenError) -> Failure {
    match error {
        OpenError::Io { path: unread, .. } if unread == path => Failure::Usage(error.to_string()),
        _ => Failure::Configuration(error.to_string()),
    }
}

/// Reads a file of UTF-8 text that an argument names.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::Usage(format!("`{}` cannot be read: {error}", path.display())))
}

fn choose(argument: Option<&Path>, variable: Option<OsString>, exists: impl Fn(&Path) -> bool) -> Result<PathBuf, Failure> {
    if let Some(path) = argument {
        return Ok(path.to_owned());
    }
    if let Some(path) = variable.filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(path));
    }
    let here = Path::new(HERE);
    if exists(here) {
        return Ok(here.to_owned());
    }
    Err(Failure::Usage(format!("no policy file: name one with `--config FILE` or {VARIABLE}, or put {HERE} into this folder")))
}

const VARIABLE: &str = "GATEWRIGHT_CONFIG";
const HERE: &str = "gatewright.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_wins_over_the_variable_and_the_folder() {
        let found = choose(Some(Path::new("a.toml")), Some("b.toml".into()), |_| true).unwrap();
        assert_eq!(found, Path::new("a.toml"));
    }

    #[test]
    fn the_variable_wins_over_the_folder_unless_it_is_empty() {
        assert_eq!(choose(None, Some("b.toml".into()), |_| true).unwrap(), Path::new("b.toml"));
        assert_eq!(choose(None, Some(OsString::new()), |_| true).unwrap(), Path::new("gatewright.toml"));
    }

    #[test]
    fn a_named_file_is_not_replaced_by_another_when_it_is_missing() {
        assert_eq!(
            choose(Some(Path::new("missing.toml")), None, |path| path == Path::new(HERE)).unwrap(),
            Path::new("missing.toml")
        );
    }

    #[test]
    fn nothing_found_is_a_usage_error_that_names_the_three_places() {
        let failure = choose(None, None, |_| false).unwrap_err();
        let text = failure.to_string();
        assert_eq!(failure.exit_code(), 2);
        assert!(["--config", "GATEWRIGHT_CONFIG", "gatewright.toml"].iter().all(|place| text.contains(place)), "{text}");
    }
}
