//! nginx, started with a configuration.

use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use crate::rig::process::{Process, Refusal};

/// Starts it and returns once it listens.
pub(super) fn start(program: &Path, folder: &Path, text: &[u8]) -> io::Result<Result<Process, Refusal>> {
    let file = folder.join("nginx.conf");
    std::fs::write(&file, text)?;
    let pid = folder.join("pid");
    let main = format!("daemon off; master_process off; pid {}; error_log stderr notice;", pid.display());
    let mut command = Command::new(program);
    command.arg("-p").arg(folder).arg("-c").arg(&file).args(["-g", &main]).current_dir(folder);
    let process = Process::start(&mut command)?;
    Ok(wait(&process, &file.display().to_string()).map(|()| process))
}

/// Until it says which version it is: by then its ports are open.
fn wait(process: &Process, file: &str) -> Result<(), Refusal> {
    let mut first = None;
    loop {
        match process.line(PATIENCE) {
            Ok(line) if line.contains("[notice]") && line.contains("nginx/") => return Ok(()),
            Ok(line) if first.is_none() && ["[emerg]", "[alert]", "[crit]"].iter().any(|level| line.contains(level)) => {
                first = Some(line);
            }
            Ok(_) => {}
            Err(RecvTimeoutError::Disconnected) => {
                let message = first.unwrap_or_else(|| "it ended without a word".to_owned());
                return Err(refusal(&message, file));
            }
            Err(RecvTimeoutError::Timeout) => return Err(Refusal::Machine("it does not start in time".to_owned())),
        }
    }
}

/// Reads `… [emerg] 1#1: MESSAGE in FILE:LINE`.
fn refusal(line: &str, file: &str) -> Refusal {
    let message = line.split_once("[emerg] ").map_or(line, |(_, message)| message);
    let message = message.split_once(": ").map_or(message, |(_, message)| message);
    match message.rsplit_once(&format!(" in {file}:")) {
        Some((message, number)) => Refusal::Configuration(message.to_owned(), number.trim().parse().ok()),
        None if MACHINE.iter().any(|part| message.contains(part)) => Refusal::Machine(message.to_owned()),
        None => Refusal::Configuration(message.to_owned(), None),
    }
}

/// What is about the machine, not about the configuration.
const MACHINE: [&str; 4] = ["Address already in use", "Permission denied", "Too many open files", "Cannot allocate memory"];

/// How long nginx may say nothing while it starts: it resolves no names, since all are replaced.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_has_its_line() {
        let line = "2026/01/01 00:00:00 [emerg] 7#7: unknown directive \"x\" in /t/nginx.conf:12";
        let expected = Refusal::Configuration("unknown directive \"x\"".into(), Some(12));
        assert_eq!(refusal(line, "/t/nginx.conf"), expected);
        let line = "nginx: [emerg] bind() to 127.0.0.1:80 failed (98: Address already in use)";
        assert!(matches!(refusal(line, "/t/nginx.conf"), Refusal::Machine(_)));
    }
}
