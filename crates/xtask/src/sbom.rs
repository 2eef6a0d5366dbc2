//! `cargo xtask sbom`: what the binary is made of, in CycloneDX, one JSON document.

use std::fs;

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
    let folder = project.path("target/sbom");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let target = folder.join("gatewright.cdx.json");
    fs::rename(project.path(MADE), &target).map_err(|error| format!("{MADE}: {error}"))?;
    println!("{}", target.display());
    Ok(())
}

const TOOL_VERSION: &str = "0.5.9";
const MANIFEST: &str = "crates/http/Cargo.toml";
/// The tool writes beside the manifest.
const MADE: &str = "crates/http/gatewright_bin.cdx.json";
