//! The machine's clock, which the engine itself never reads.

use std::time::{SystemTime, UNIX_EPOCH};

use gatewright::UnixTime;

/// Reads the machine's clock: the `now` of every shell.
#[must_use]
pub fn now() -> UnixTime {
    UnixTime::from_secs(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}
