//! What is in force, and what a reload did.

use std::sync::Arc;

use gatewright::{Authorizer, Config, ConfigError, Warning};

use crate::watch::Watched;

/// What is in force: the policy as it was read, and the authorizer made of it.
#[non_exhaustive]
#[derive(Debug)]
pub struct State {
    /// Decides.
    pub authorizer: Authorizer,
    /// The settings, every reference resolved.
    pub config: Arc<Config>,
    /// The files that all this was read from.
    pub(crate) watched: Arc<Watched>,
}

impl State {
    /// Makes the state of an authorizer that nothing keeps up to date.
    pub(crate) fn fixed(authorizer: Authorizer, config: Arc<Config>) -> Self {
        Self { authorizer, config, watched: Arc::default() }
    }

    /// Returns the same state with nothing remembered: what a lock of another process may guard is left behind.
    pub(crate) fn forgetful(&self) -> Result<Self, ConfigError> {
        let authorizer = self.authorizer.with_memory_of(&Authorizer::new(&self.config)?);
        Ok(Self { authorizer, config: Arc::clone(&self.config), watched: Arc::clone(&self.watched) })
    }
}

/// A reload that took place.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reloaded {
    /// What looks like a mistake in the new policy.
    pub warnings: Vec<Warning>,
    /// Says so when cookies or assertions are now signed with a key that nobody knew before.
    pub rotation_warnings: Vec<String>,
}
