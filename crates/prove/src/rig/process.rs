//! The user's own program, in a folder of its own, for as long as it is asked.

use std::io::{self, BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

/// A program that runs.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// What it says from now on; read so that it never waits for a reader.
    said: Receiver<String>,
}

/// Why a configuration does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The configuration: the message, and the line of the file that was written anew.
    Configuration(String, Option<usize>),
    /// Something else: a port that is taken, a file that cannot be written.
    Machine(String),
}

/// Finds a program: on the path, or where packages put it.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).collect::<Vec<_>>().into_iter();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from);
    let own = PathBuf::from("/usr/local").join(name).join("sbin");
    folders.chain(usual).chain([own]).map(|folder| folder.join(name)).find(|file| file.is_file())
}

impl Process {
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (sender, said) = mpsc::sync_channel(MOST_LINES);
        if let Some(stream) = child.stdout.take() {
            listen(stream, sender.clone());
        }
        if let Some(stream) = child.stderr.take() {
            listen(stream, sender);
        }
        Ok(Self { child, said })
    }

    /// The next line that it says.
    pub(super) fn line(&self, patience: Duration) -> Result<String, RecvTimeoutError> {
        self.said.recv_timeout(patience)
    }

    /// How it ended, if it has.
    pub(super) fn end(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten().map(|status| status.to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // By its handle, so that no other process can be meant.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads lines until the end; only the first many are kept.
fn listen(stream: impl io::Read + Send + 'static, sender: SyncSender<String>) {
    // Ends with the process, whose end of the pipe is the only one.
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // A line for which there is no room is dropped, and the pipe is still emptied.
            let _ = sender.try_send(line);
        }
    });
}

/// How many lines are kept.
const MOST_LINES: usize = 1000;
