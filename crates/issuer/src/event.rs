//! What the shell should log: changes of policy, keys and revocations, and why one did not happen.

use std::sync::Arc;

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

impl Event {
    /// Puts the event into words for a log: a name and a sentence, one pair for each line.
    #[must_use]
    pub fn sentences(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Reloaded { warnings, rotation_warnings, .. } => {
                std::iter::once(("reloaded", "the new policy counts from now on".to_owned()))
                    .chain(warnings.iter().map(|warning| {
                        let place = warning
                            .position()
                            .map(|position| format!("{}:{}: ", position.line, position.column))
                            .unwrap_or_default();
                        ("warning", format!("{place}{}", warning.message()))
                    }))
                    .chain(rotation_warnings.iter().map(|sentence| ("warning", sentence.clone())))
                    .collect()
            }
            Self::ReloadFailed(error) => vec![("reload_failed", format!("the old policy stays: {error}"))],
            Self::KeysFetched { issuer, keys, dropped, .. } => {
                std::iter::once(("keys_fetched", format!("{keys} keys of `{issuer}`")))
                    .chain(dropped.iter().map(|key| {
                        let kid = key.kid.as_deref().unwrap_or("(none)");
                        ("key_dropped", format!("key `{kid}` of `{issuer}`: {}", key.reason))
                    }))
                    .collect()
            }
            Self::KeysFailed { issuer, reason, .. } => vec![("keys_failed", format!("keys of `{issuer}`: {reason}"))],
            Self::RevocationsRead { .. } => vec![("revocations_read", "the new list counts from now on".to_owned())],
            Self::RevocationsFailed { reason, .. } => vec![("revocations_failed", reason.clone())],
        }
    }

    /// Whether the operator should look.
    ///
    /// The names of such sentences are `warning`, `key_dropped`, and those that end in `_failed`.
    #[must_use]
    pub fn is_warning(name: &str) -> bool {
        name == "warning" || name == "key_dropped" || name.ends_with("_failed")
    }
}

/// Where events go.
#[derive(Clone)]
pub(crate) struct Events(pub(crate) Arc<dyn Fn(Event) + Send + Sync>);

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
