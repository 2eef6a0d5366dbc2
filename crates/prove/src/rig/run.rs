//! The user's own nginx, in a folder of its own, for as long as it is asked.

use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// An nginx that runs.
#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    /// What it says from now on; read so that it never waits for a reader.
    said: Receiver<String>,
}

/// Why it does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The configuration: the message, and the line of the main file.
    Configuration(String, Option<usize>),
    /// Something else: a port that is taken, a file that cannot be written.
    Machine(String),
}

/// Finds nginx: on the path, or where packages put it.
pub(crate) fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).collect::<Vec<_>>().into_iter();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/usr/local/nginx/sbin", "/opt/homebrew/bin"].map(PathBuf::from);
    folders.chain(usual).map(|folder| folder.join("nginx")).find(|file| file.is_file())
}

impl Nginx {
    /// Starts it and returns once it listens.
    pub(crate) fn start(program: &Path, folder: &Path, text: &[u8]) -> io::Result<Result<Self, Refusal>> {
        let file = folder.join("nginx.conf");
        std::fs::write(&file, text)?;
        let pid = folder.join("pid");
        let main = format!("daemon off; master_process off; pid {}; error_log stderr notice;", pid.display());
        let mut command = Command::new(program);
        command.arg("-p").arg(folder).arg("-c").arg(&file).args(["-g", &main]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).current_dir(folder);
        let mut child = command.spawn()?;
        let said = match child.stderr.take() {
            Some(stderr) => listen(stderr),
            None => mpsc::channel().1,
        };
        let mut nginx = Self { child, said };
        Ok(nginx.wait(&file.display().to_string()).map(|()| nginx))
    }

    /// Until it says which version it is: by then its ports are open.
    fn wait(&mut self, file: &str) -> Result<(), Refusal> {
        let mut first = None;
        loop {
            match self.said.recv_timeout(PATIENCE) {
                Ok(line) if line.contains("[notice]") && line.contains("nginx/") => return Ok(()),
                Ok(line) if first.is_none() && ["[emerg]", "[alert]", "[crit]"].iter().any(|level| line.contains(level)) => {
                    first = Some(line);
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let message = first.unwrap_or_else(|| "it ended without a word".to_owned());
                    return Err(Refusal::of(&message, file));
                }
                Err(RecvTimeoutError::Timeout) => return Err(Refusal::Machine("it does not start in time".to_owned())),
            }
        }
    }

    /// How it ended, if it has.
    pub(crate) fn end(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten().map(|status| status.to_string())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // By its handle, so that no other process can be meant.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Refusal {
    /// Reads `… [emerg] 1#1: MESSAGE in FILE:LINE`.
    fn of(line: &str, file: &str) -> Self {
        let message = line.split_once("[emerg] ").map_or(line, |(_, message)| message);
        let message = message.split_once(": ").map_or(message, |(_, message)| message);
        match message.rsplit_once(&format!(" in {file}:")) {
            Some((message, number)) => Self::Configuration(message.to_owned(), number.trim().parse().ok()),
            None if MACHINE.iter().any(|part| message.contains(part)) => Self::Machine(message.to_owned()),
            None => Self::Configuration(message.to_owned(), None),
        }
    }
}

/// Reads lines until the end; only the first many are kept.
fn listen(stderr: impl io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::sync_channel(MOST_LINES);
    // Ends with the process, whose end of the pipe is the only one.
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if let Err(mpsc::TrySendError::Disconnected(_)) = sender.try_send(line) {
                // Nobody asks any more; the pipe is still emptied.
            }
        }
    });
    receiver
}

/// What is about the machine, not about the configuration.
const MACHINE: [&str; 4] = ["Address already in use", "Permission denied", "Too many open files", "Cannot allocate memory"];

/// How long nginx may say nothing while it starts: it resolves no names, since all are replaced.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many lines are kept.
const MOST_LINES: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_has_its_line() {
        let line = "2026/01/01 00:00:00 [emerg] 7#7: unknown directive \"x\" in /t/nginx.conf:12";
        let expected = Refusal::Configuration("unknown directive \"x\"".into(), Some(12));
        assert_eq!(Refusal::of(line, "/t/nginx.conf"), expected);
        let line = "nginx: [emerg] bind() to 127.0.0.1:80 failed (98: Address already in use)";
        assert!(matches!(Refusal::of(line, "/t/nginx.conf"), Refusal::Machine(_)));
    }
}
