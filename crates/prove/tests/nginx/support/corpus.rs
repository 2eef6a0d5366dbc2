//! Configurations of this machine.

use std::fs;
use std::path::PathBuf;

/// Files that look like configurations of nginx; more with `CORPUS`, a folder.
pub(crate) fn corpus() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        ["/etc/nginx", "/usr/share/nginx", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/linter/catalogue")]
            .map(PathBuf::from)
            .into();
    folders.extend(std::env::var_os("CORPUS").map(PathBuf::from));
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path)
            } else if path.is_file() {
                files.push(path)
            }
        }
    }
    files.sort();
    files
}
