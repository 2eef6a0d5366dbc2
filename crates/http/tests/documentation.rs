//! The documentation's policy file is one that the program takes.

use std::path::Path;
use std::process::Command;

#[test]
fn the_annotated_policy_file_passes_its_own_check() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/reference");
    let output = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .args(["check", "gatewright.toml"])
        .current_dir(folder)
        .env("GATEWRIGHT_SESSION_KEY", "0123456789abcdef0123456789abcdef")
        .env("GATEWRIGHT_CI_SECRET", "0123456789abcdef0123456789abcdef")
        .env("GATEWRIGHT_PROXY_SECRET", "0123456789abcdef0123456789abcdef")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{text}");
}
