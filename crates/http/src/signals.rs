//! The life of the process: serve, reload on SIGHUP, end on SIGTERM or SIGINT.

use gatewright_issuer::Live;
use tokio::runtime::Builder;

use crate::server::{ServeError, ServeOptions, Server};

/// Serves until SIGTERM or SIGINT has come and the requests under way are answered. SIGHUP reads the policy file again; what came of it
/// is an event of [`Live`].
///
/// # Errors
/// As [`Server::start`].
pub fn serve(live: Live, options: ServeOptions) -> Result<(), ServeError> {
    let runtime = Builder::new_current_thread().enable_io().build().map_err(|error| ServeError::new("no runtime", &error))?;
    // Before the listeners, so that whoever sees the service up may already send a signal.
    let mut signals = {
        let _inside = runtime.enter();
        Signals::new().map_err(|error| ServeError::new("signals cannot be received", &error))?
    };
    let server = Server::start(live.clone(), options)?;
    runtime.block_on(reload_until_the_end(live, &mut signals));
    server.stop();
    Ok(())
}

async fn reload_until_the_end(live: Live, signals: &mut Signals) {
    while let Signal::Reload = signals.next().await {
        let live = live.clone();
        let _ = tokio::task::spawn_blocking(move || drop(live.reload())).await;
    }
}

/// What a signal asks for.
enum Signal {
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no SIGHUP on this platform"))]
    Reload,
    End,
}

#[cfg(unix)]
struct Signals {
    hangup: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::End,
            _ = self.hangup.recv() => Signal::Reload,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        let _ = tokio::signal::ctrl_c().await;
        Signal::End
    }
}
