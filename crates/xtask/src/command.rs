//! Running programs: shown before they run, an error if they fail.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// Makes a cargo command, without the variables by which `cargo run` describes this crate to it.
///
/// Some build scripts of dependencies watch those and would build again.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// Makes a command for any other program.
pub(crate) fn program(name: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(name.as_ref());
    command.args(arguments);
    command
}

/// Runs the command in `folder`, its output going where ours goes.
///
/// # Errors
/// If it cannot be started or fails.
pub(crate) fn run(mut command: Command, folder: &Path) -> Result<(), String> {
    show(&command);
    let status = command.current_dir(folder).stdin(Stdio::null()).status().map_err(|error| not_started(&command, &error))?;
    check(&command, status)
}

/// Runs the command as [`run`] does and hands every line of its standard output to `each` as well.
///
/// # Errors
/// If it cannot be started or fails; `each` has then seen all lines up to that.
pub(crate) fn watch(mut command: Command, folder: &Path, mut each: impl FnMut(&str)) -> Result<(), String> {
    show(&command);
    let mut child = command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(&command, &error))?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(|error| format!("reading from {}: {error}", name(&command)))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            each(&line);
        }
    }
    let status = child.wait().map_err(|error| format!("waiting for {}: {error}", name(&command)))?;
    check(&command, status)
}

/// Runs the command silently and returns what it prints, on either stream; `None` if it cannot be started or fails.
pub(crate) fn output(mut command: Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    let both = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&both).trim().to_owned())
}

fn show(command: &Command) {
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    println!("$ {} {}", name(command), arguments.join(" "));
}

fn check(command: &Command, status: ExitStatus) -> Result<(), String> {
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", name(command))) }
}

fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!("{} cannot be started: {error}", name(command))
}

fn name(command: &Command) -> String {
    Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned()
}
