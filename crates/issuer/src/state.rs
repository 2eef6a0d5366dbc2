//! What is in force, and what a reload did.

use std::sync::Arc;

use gatewright::{Authorizer, Config, Warning};

/// What is in force: the policy as it was read, and the authorizer made of it.
#[non_exhaustive]
#[derive(Debug)]
pub struct State {
    /// Decides.
    pub authorizer: Authorizer,
    /// The settings, every reference resolved.
    pub config: Arc<Config>,
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
