//! Running the linter over a text, and Caddy over a Caddyfile.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatewright_prove::nginx::Files;
use gatewright_prove::{Intent, Report};

/// What is found, each as `SEVERITY ID PLACE: WHY`.
#[track_caller]
pub(crate) fn lint(name: &str, text: &str, intent: &Intent<'_>) -> Vec<String> {
    let Report { sources, findings, .. } =
        report(name, text.as_bytes(), intent).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    let place = |span| sources.place(span);
    findings.iter().map(|found| format!("{} {} {}: {}", found.severity, found.lint.id, place(found.span), found.why)).collect()
}

/// What the linter says of a file.
pub(crate) fn report(name: &str, text: &[u8], intent: &Intent<'_>) -> Result<Report, String> {
    gatewright_prove::lint(name.as_bytes(), &One(text), *intent).map_err(|error| error.to_string())
}

/// The only file there is.
struct One<'t>(&'t [u8]);

impl Files for One<'_> {
    fn read(&self, _: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        Ok(self.0.to_vec())
    }

    fn names(&self, _: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }
}

/// What Caddy makes of a Caddyfile; `None` where Caddy is not installed, which `GATEWRIGHT_REQUIRE_PROXIES` makes a failure.
pub(crate) fn adapt(text: &str, name: &str) -> Option<String> {
    if Command::new("caddy").arg("version").output().is_err() {
        assert!(std::env::var_os("GATEWRIGHT_REQUIRE_PROXIES").is_none(), "Caddy is not installed");
        eprintln!("skipped: Caddy is not installed");
        return None;
    }
    let folder = Folder::new(name);
    let file = folder.0.join("Caddyfile");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new("caddy");
    command.args(["adapt", "--adapter", "caddyfile", "--config"]).arg(&file);
    let output = command.env("XDG_DATA_HOME", &folder.0).env("XDG_CONFIG_HOME", &folder.0).output().unwrap();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The folder of this test's files.
pub(crate) fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// A folder that goes away with its value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("caddy-adapt-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
