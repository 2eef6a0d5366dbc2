//! Ctrl-C and SIGTERM, so that a command puts back in order what it has changed, whichever way it ends.

use std::io;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use tokio::runtime::Builder;

use crate::cli::failure::Failure;

/// Whether the command was told to end.
#[derive(Debug)]
pub(crate) struct Interrupt {
    told: Receiver<()>,
}

impl Interrupt {
    /// Takes the signals over from here on.
    pub(crate) fn watch() -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::Failed(format!("signals cannot be received: {error}"));
        let runtime = Builder::new_current_thread().enable_io().build().map_err(failed)?;
        let mut signals = {
            let _inside = runtime.enter();
            Signals::new().map_err(failed)?
        };
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            runtime.block_on(signals.any());
            // The receiver is gone when the command has ended by itself.
            let _ = tell.send(());
        });
        Ok(Self { told })
    }

    /// Waits until it is time to end.
    pub(crate) fn wait(&self) {
        let _ = self.told.recv();
    }

    /// Returns whether it is time to end.
    pub(crate) fn came(&self) -> bool {
        self.told.try_recv().is_ok()
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn any(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
