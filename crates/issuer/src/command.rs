//! What the writer can be asked to do.

use std::sync::mpsc::Sender;

use gatewright::{KeySet, Revocations};

use crate::error::{OpenError, UpdateError};
use crate::schedule::Order;
use crate::state::Reloaded;
use crate::watch::Change;

/// One task for the writer; those with a `Sender` are answered through it once they are in force.
#[derive(Debug)]
pub(crate) enum Command {
    Reload(Sender<Result<Reloaded, OpenError>>),
    Changed(Change),
    Fetched(Order, Result<KeySet, String>),
    UpdateKeys(String, KeySet, Sender<Result<(), UpdateError>>),
    UpdateRevocations(Revocations, Sender<()>),
    Stop,
}
