//! `now`: what the caller says, or the machine's clock.

use gatewright::UnixTime;

/// Returns the time the caller named, in seconds since 1970, or the machine's.
pub(crate) fn or_system(now: Option<u64>) -> UnixTime {
    now.map_or_else(gatewright_issuer::now, UnixTime::from_secs)
}
