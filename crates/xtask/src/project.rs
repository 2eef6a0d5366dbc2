//! Where the project lies.

use std::path::{Path, PathBuf};

/// The root folder of the working tree that `cargo xtask` was called in.
#[derive(Debug)]
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// Finds the root by the folder of this crate, which cargo names at run time: two trees may share one target folder.
    ///
    /// # Errors
    /// If the program was not started by cargo.
    pub(crate) fn find() -> Result<Self, String> {
        let crate_folder = std::env::var("CARGO_MANIFEST_DIR").map_err(|_| "start this with `cargo xtask`".to_owned())?;
        let root = Path::new(&crate_folder).ancestors().nth(2).ok_or("the crate lies outside of the project")?;
        Ok(Self { root: root.to_owned() })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Returns where the step `build` has put the program.
    pub(crate) fn binary(&self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.path("target"), PathBuf::from);
        target.join("debug").join(format!("gatewright{}", std::env::consts::EXE_SUFFIX))
    }

    /// Reads a file of the project.
    ///
    /// # Errors
    /// Names the file.
    pub(crate) fn read(&self, relative: &str) -> Result<String, String> {
        std::fs::read_to_string(self.path(relative)).map_err(|error| format!("{relative}: {error}"))
    }

    /// Lists the files of a folder with this extension, relative to the root and sorted.
    ///
    /// # Errors
    /// Names the folder, also if there is no such file in it: an empty list would pass every check.
    pub(crate) fn files(&self, folder: &str, extension: &str) -> Result<Vec<String>, String> {
        let entries = std::fs::read_dir(self.path(folder)).map_err(|error| format!("{folder}: {error}"))?;
        let mut files = Vec::new();
        for entry in entries {
            let name = entry.map_err(|error| format!("{folder}: {error}"))?.file_name();
            if Path::new(&name).extension().is_some_and(|found| found == extension) {
                files.push(format!("{folder}/{}", name.to_string_lossy()));
            }
        }
        files.sort();
        if files.is_empty() { Err(format!("{folder}: no .{extension} file")) } else { Ok(files) }
    }
}
