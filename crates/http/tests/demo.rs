//! The demo: works with and without nginx, and leaves nothing behind.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn demo(arguments: &[&str], temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    command.arg("demo").args(arguments).env("TMPDIR", temporary).env("TMP", temporary).stdin(Stdio::null());
    command
}

fn check(arguments: &[&str]) -> (Output, String) {
    let temporary = TempDir::new().unwrap();
    let output = demo(&[&["--check"], arguments].concat(), temporary.path()).output().unwrap();
    let left = std::fs::read_dir(temporary.path()).unwrap().count();
    assert_eq!(left, 0, "the demo left its folder behind");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output, text)
}

#[test]
fn every_line_behaves_without_nginx() {
    let (output, text) = check(&["--without-nginx"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text.contains("12 lines, 0 failed") && text.contains("X-Original-URI"), "{text}");
    assert!(text.ends_with("not proved from outside: there is no nginx to ask\n"), "{text}");
}

#[test]
fn every_line_behaves_with_nginx_if_it_is_installed() {
    let (output, text) = check(&[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // Through nginx the lines are plain requests; the backend itself answers them.
    let through_nginx = text.contains("nginx    http://localhost:");
    assert_eq!(text.contains("and the backend sees X-User: alice"), through_nginx, "{text}");
    let last = text.lines().last().unwrap();
    let is_proved = last.starts_with("ok: proved from outside with ") && last.ends_with(" checks, 0 failed");
    assert_eq!(is_proved, through_nginx, "{text}");
}

#[test]
fn the_check_shows_what_it_did_and_never_a_cookie_inside_a_line() {
    let (_, text) = check(&["--without-nginx"]);
    for shown in ["ALICE='v1.", "BOB='v1.", "EXPIRED='v1.", "$ALICE", "expected 403", "got      403"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(!text.lines().any(|line| line.contains("curl") && line.contains("v1.")), "{text}");
}

#[cfg(unix)]
#[test]
fn the_demo_runs_until_it_is_interrupted_and_cleans_up() {
    let temporary = TempDir::new().unwrap();
    let mut child = demo(&[], temporary.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let policy = lines.find_map(|line| line.trim_start().strip_prefix("policy ").map(|path| path.trim().to_owned())).unwrap();
    assert!(lines.any(|line| line.contains("Ctrl-C")));
    assert!(Path::new(&policy).exists());
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn the_policy_of_the_demo_passes_its_own_check() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("gatewright.toml"), include_str!("../src/cli/demo/policy.toml")).unwrap();
    std::fs::write(folder.path().join("session.key"), "0123456789abcdef0123456789abcdef").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    let output = command.args(["check", "--strict", "gatewright.toml"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
