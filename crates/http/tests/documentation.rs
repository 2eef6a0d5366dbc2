//! The documentation's policy file is one that the program takes.

use std::path::Path;
use std::process::Command;

/// What the file refers to, beside the environment.
const FILES: [(&str, &str); 5] = [
    ("revocations.json", "{}"),
    ("users.htpasswd", "alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS\n"),
    ("groups", "staff: alice\n"),
    (
        "api-keys.toml",
        "[[key]]\nid = \"a\"\nsha256 = \"5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8\"\nsubject = \"bot\"\n",
    ),
    (
        "certs.toml",
        "[[certificate]]\nfingerprint = \"5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8\"\nsubject = \"machine\"\n",
    ),
];

#[test]
fn the_annotated_policy_file_passes_its_own_check() {
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/reference/gatewright.toml");
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(text, folder.path().join("gatewright.toml")).unwrap();
    for (name, content) in FILES {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let gatewright = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_gatewright"))
            .args(arguments)
            .current_dir(folder.path())
            .env("GATEWRIGHT_SESSION_KEY", "0123456789abcdef0123456789abcdef")
            .env("GATEWRIGHT_CI_SECRET", "0123456789abcdef0123456789abcdef")
            .env("GATEWRIGHT_PROXY_SECRET", "0123456789abcdef0123456789abcdef")
            .output()
            .unwrap()
    };
    std::fs::write(folder.path().join("assertion.pem"), gatewright(&["key", "generate", "es256"]).stdout).unwrap();
    let output = gatewright(&["check", "gatewright.toml"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{text}");
}
