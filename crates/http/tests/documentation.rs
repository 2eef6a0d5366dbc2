//! The documentation's policy files are ones that the program takes, and its links lead somewhere.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

/// A folder with everything that a policy of the book refers to.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, content) in FILES {
            std::fs::write(folder.0.path().join(name), content).unwrap();
        }
        for name in ["session.key", "proxy-secret", "secrets/session.key", "secrets/proxy-secret"] {
            std::fs::create_dir_all(folder.0.path().join("secrets")).unwrap();
            std::fs::write(folder.0.path().join(name), SECRET).unwrap();
        }
        let key = folder.gatewright(&["key", "generate", "es256"]).stdout;
        std::fs::write(folder.0.path().join("assertion.pem"), key).unwrap();
        folder
    }

    fn gatewright(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command.args(arguments).current_dir(self.0.path());
        for name in ["GATEWRIGHT_SESSION_KEY", "GATEWRIGHT_CI_SECRET", "GATEWRIGHT_PROXY_SECRET"] {
            command.env(name, SECRET);
        }
        command.output().unwrap()
    }

    /// Fails unless `check` takes this policy, its tests included.
    fn takes(&self, policy: &str, named: &str) {
        std::fs::write(self.0.path().join("gatewright.toml"), policy).unwrap();
        let output = self.gatewright(&["check", "gatewright.toml"]);
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(0), "{named}: {text}");
    }
}

#[test]
fn the_annotated_policy_file_passes_its_own_check() {
    let text = std::fs::read_to_string(book().join("reference/gatewright.toml")).unwrap();
    Folder::new().takes(&text, "gatewright.toml");
}

#[test]
fn whole_policies_of_the_pages_pass_their_check() {
    let folder = Folder::new();
    let mut count = 0;
    for (page, text) in pages() {
        for block in blocks(&text, "toml").filter(|block| block.contains("version = 1")) {
            folder.takes(&block, &page.display().to_string());
            count += 1;
        }
    }
    assert!(count >= 4, "only {count} policies were found");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut lost = Vec::new();
    for (page, text) in pages() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") || !file.ends_with(".md") {
                continue;
            }
            if !page.parent().unwrap().join(file).exists() {
                lost.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn every_page_stands_in_the_summary() {
    let summary = std::fs::read_to_string(book().join("SUMMARY.md")).unwrap();
    for (page, _) in pages() {
        let name = page.strip_prefix(book()).unwrap().display().to_string();
        assert!(name == "SUMMARY.md" || summary.contains(&format!("({name})")), "{name} is in no list");
    }
}

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src")
}

/// Every page of the book, with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let (mut folders, mut pages) = (vec![book()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "md") {
                let text = std::fs::read_to_string(&entry).unwrap();
                pages.push((entry, text));
            }
        }
    }
    pages
}

/// The blocks of a language in a page.
fn blocks<'t>(text: &'t str, language: &'t str) -> impl Iterator<Item = String> + 't {
    text.split("\n```")
        .skip(1)
        .step_by(2)
        .filter_map(move |block| Some(block.strip_prefix(language)?.strip_prefix('\n')?.to_owned()))
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";
