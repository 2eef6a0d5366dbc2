//! A temporary folder that only its owner may enter, and that goes away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::random;

/// The folder; dropping it removes it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder under a name nobody can have prepared.
    pub(crate) fn new() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("gatewright-demo-{}", random::session_id()?));
        create_private(&path).map_err(|error| cannot(&path, &error))?;
        Ok(Self { path })
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file into it.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.path.join(name);
        fs::write(&path, text).map_err(|error| cannot(&path, &error))?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing is left to be done about a folder that cannot be removed; it lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

fn cannot(path: &Path, error: &io::Error) -> Failure {
    Failure::Failed(format!("`{}` cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_goes_away_with_what_is_in_it() {
        let folder = Folder::new().unwrap();
        let file = folder.write("a", "text").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_look_into_the_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::new().unwrap();
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
