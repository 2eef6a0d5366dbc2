//! Where a policy comes from, and how it becomes an authorizer: read, references resolved, overrides applied, compiled.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use gatewright::{Authorizer, Config, ConfigError, Reference, Revocations};

use crate::error::OpenError;
use crate::fetch::Place;
use crate::reference::{Files, Print, Prints};

/// A file, or a text in memory.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Text { text: String, folder: PathBuf },
}

/// A policy that can be put in force.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) authorizer: Authorizer,
}

impl Source {
    /// Reads and compiles the policy; the prints tell what was read for it, also if that failed.
    ///
    /// Everything is read again afterwards and must be the same, so that files swapped together are read together.
    pub(crate) fn load(&self) -> (Result<Loaded, OpenError>, Prints) {
        let mut last = self.load_once();
        for _ in 1..LOADS {
            if changed(&last.1).is_none() {
                return last;
            }
            last = self.load_once();
        }
        match changed(&last.1) {
            Some(path) => (Err(OpenError::Io { path, reason: "it changes while it is read".to_owned() }), last.1),
            None => last,
        }
    }

    /// Reads the list of revocations.
    pub(crate) fn revocations(&self, reference: &Reference) -> (Result<Revocations, OpenError>, Prints) {
        let mut files = Files::new(self.folder());
        let bytes = files.reference(reference);
        let list = bytes.and_then(|bytes| match str::from_utf8(&bytes) {
            Ok(text) => Revocations::from_json(text).map_err(|error| error.to_string()),
            Err(_) => Err("it is not UTF-8 text".to_owned()),
        });
        let list = list.map_err(|reason| match reference {
            Reference::File(path) => OpenError::Io { path: files.path(path), reason },
            Reference::Env(variable) => OpenError::Environment { variable: variable.clone(), reason },
        });
        (list, files.into_prints())
    }

    fn load_once(&self) -> (Result<Loaded, OpenError>, Prints) {
        let mut files = Files::new(self.folder());
        let mut others = Vec::new();
        let loaded = self.compile(&mut files, &mut others);
        let mut prints = files.into_prints();
        for path in others {
            prints.entry(path).or_insert_with_key(|path| Print::of(path));
        }
        (loaded, prints)
    }

    /// Compiles the policy; `others` receives every path it refers to, those included that are not reached.
    fn compile(&self, files: &mut Files<'_>, others: &mut Vec<PathBuf>) -> Result<Loaded, OpenError> {
        let config = match self {
            Self::File(path) => {
                let text = files.text(path).map_err(|reason| OpenError::Io { path: path.clone(), reason })?;
                let config = Config::from_toml(&text).map_err(|error| self.rendered(error))?;
                overridden(config, std::env::vars_os())?
            }
            Self::Text { text, .. } => Config::from_toml(text).map_err(|error| self.rendered(error))?,
        };
        others.extend(config.references().filter_map(|reference| match reference {
            Reference::File(path) => Some(files.path(path)),
            Reference::Env(_) => None,
        }));
        let config = config.resolve(|reference| files.resolve(reference)).map_err(|error| self.rendered(error))?;
        for remote in config.remote_keys() {
            Place::from(remote).check().map_err(|reason| OpenError::Issuer { issuer: remote.issuer.clone(), reason })?;
        }
        let authorizer = Authorizer::new(&config).map_err(|error| self.rendered(error))?;
        Ok(Loaded { config, authorizer })
    }

    fn folder(&self) -> &Path {
        match self {
            Self::File(path) => path.parent().unwrap_or(Path::new("")),
            Self::Text { folder, .. } => folder,
        }
    }

    fn rendered(&self, error: ConfigError) -> OpenError {
        let name = match self {
            Self::File(path) => path.display().to_string(),
            Self::Text { .. } => "policy".to_owned(),
        };
        OpenError::Config { rendered: error.render(&name), error }
    }
}

/// Applies every `GATEWRIGHT_HTTP_<NAME>`.
fn overridden(config: Config, variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Config, OpenError> {
    overrides(variables)?.into_iter().try_fold(config, |config, (variable, name, value)| {
        config
            .override_http(&name, &value)
            .map_err(|error| OpenError::Environment { variable, reason: error.message().to_owned() })
    })
}

/// Returns variable, setting and value, sorted by name so that the first error is always the same.
fn overrides(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Vec<(String, String, String)>, OpenError> {
    let mut found = Vec::new();
    for (variable, value) in variables {
        let Ok(variable) = variable.into_string() else { continue };
        let Some(name) = variable.strip_prefix(PREFIX).map(str::to_ascii_lowercase) else { continue };
        match value.into_string() {
            Ok(value) => found.push((variable, name, value)),
            Err(_) => return Err(OpenError::Environment { variable, reason: "it is not UTF-8 text".to_owned() }),
        }
    }
    found.sort();
    Ok(found)
}

fn changed(prints: &Prints) -> Option<PathBuf> {
    prints.iter().find(|(path, print)| Print::of(path) != **print).map(|(path, _)| path.clone())
}

const PREFIX: &str = "GATEWRIGHT_HTTP_";
/// Readings before giving up on files that change all the time.
const LOADS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn overrides_are_the_variables_of_the_prefix_in_order() {
        let variables =
            [("GATEWRIGHT_HTTP_TIMEOUT", "9s"), ("GATEWRIGHT_CONFIG", "x"), ("GATEWRIGHT_HTTP_ADMIN", ""), ("PATH", "y")];
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        let expected = [("GATEWRIGHT_HTTP_ADMIN", "admin", ""), ("GATEWRIGHT_HTTP_TIMEOUT", "timeout", "9s")];
        assert_eq!(
            overrides(variables).unwrap(),
            expected.map(|(variable, name, value)| (variable.to_owned(), name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn missing_policy_is_named() {
        let folder = Folder::new();
        let path = folder.path().join("gatewright.toml");
        let (loaded, prints) = Source::File(path.clone()).load();
        assert!(loaded.unwrap_err().to_string().starts_with(&format!("cannot read `{}`: ", path.display())));
        assert_eq!(prints.keys().collect::<Vec<_>>(), [&path], "and watched for");
    }

    #[test]
    fn files_that_changed_since_they_were_read_are_noticed() {
        let folder = Folder::new();
        let path = folder.path().join("a");
        let prints = Prints::from([(path.clone(), Print::of(&path))]);
        assert_eq!(changed(&prints), None);
        folder.write("a", "1");
        assert_eq!(changed(&prints), Some(path));
    }
}
