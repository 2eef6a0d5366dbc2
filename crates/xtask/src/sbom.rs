//! `cargo xtask sbom`: what the binary is made of, in CycloneDX, one JSON document.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{cargo, run};
use crate::project::Project;
use crate::setup;

/// Writes `target/sbom/gatewright.cdx.json`: every crate that the binary holds, with version and licence.
///
/// # Errors
/// If the tool cannot be installed or fails, or the file cannot be moved.
pub(crate) fn write(project: &Project) -> Result<(), String> {
    setup::cargo_tool(project, "cyclonedx", "cargo-cyclonedx", TOOL_VERSION)?;
    let mut command = cargo(&["cyclonedx", "--format", "json", "--describe", "binaries", "--manifest-path", MANIFEST]);
    // The time and the number of a document would make every build another.
    command.env("SOURCE_DATE_EPOCH", "0");
    run(command, project.root())?;
    let made = fs::read(project.path(MADE)).map_err(|error| format!("{MADE}: {error}"))?;
    for folder in members(project)? {
        remove_made(&folder)?;
    }
    let folder = project.path("target/sbom");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let target = folder.join("gatewright.cdx.json");
    fs::write(&target, made).map_err(|error| format!("{}: {error}", target.display()))?;
    println!("{}", target.display());
    Ok(())
}

/// The folders of the workspace's crates, in each of which the tool has written something.
fn members(project: &Project) -> Result<Vec<PathBuf>, String> {
    let crates = project.path("crates");
    let entries = fs::read_dir(&crates).map_err(|error| format!("{}: {error}", crates.display()))?;
    Ok(entries.filter_map(Result::ok).map(|entry| entry.path()).chain([project.path("benches")]).collect())
}

fn remove_made(folder: &Path) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.to_string_lossy().ends_with(".cdx.json") {
            fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}

const TOOL_VERSION: &str = "0.5.9";
const MANIFEST: &str = "crates/http/Cargo.toml";
/// The tool writes beside the manifest of every binary in the workspace.
const MADE: &str = "crates/http/gatewright_bin.cdx.json";
