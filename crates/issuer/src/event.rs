//! What the shell should log: changes of policy, keys and revocations, and why one did not happen.

use gatewright::{DroppedKey, Reference, Warning};

use crate::error::OpenError;
use crate::guard;

/// Something that happened behind the decisions. None of it holds a secret.
#[derive(Clone, Debug)]
pub enum Event {
    /// A new policy is in force.
    Reloaded {
        /// What looks like a mistake in it.
        warnings: Vec<Warning>,
        /// Says so when cookies or assertions are now signed with a key that nobody knew before.
        rotation_warnings: Vec<String>,
    },
    /// The old policy stays in force.
    ReloadFailed(OpenError),
    /// An issuer's keys were fetched and are in force.
    KeysFetched {
        /// The issuer.
        issuer: String,
        /// How many keys can be used.
        keys: usize,
        /// Those that cannot, and why.
        dropped: Vec<DroppedKey>,
    },
    /// An issuer's keys could not be fetched; the ones there were stay in force.
    KeysFailed {
        /// The issuer.
        issuer: String,
        /// Why, in one line.
        reason: String,
    },
    /// The list of revocations was read and is in force.
    RevocationsRead {
        /// Where it was read.
        reference: Reference,
    },
    /// The list of revocations could not be read; the one there was stays in force.
    RevocationsFailed {
        /// Why, in one line.
        reason: String,
    },
}

/// Where events go.
pub(crate) struct Events(pub(crate) Box<dyn Fn(Event) + Send + Sync>);

impl Events {
    pub(crate) fn tell(&self, event: Event) {
        guard::quiet(|| (self.0)(event));
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Events")
    }
}
