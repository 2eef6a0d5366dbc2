//! The word that the service ends, heard by every worker and connection.

use tokio::sync::watch;

/// Says it, once for all.
#[derive(Debug)]
pub(crate) struct Stopper(watch::Sender<bool>);

/// Hears it, whether it was said already or not yet.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stopper {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(crate) fn listener(&self) -> Stop {
        Stop(self.0.subscribe())
    }

    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Waits until it is time to stop, which it also is when nobody is left to say so.
    pub(crate) async fn told(&mut self) {
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}
