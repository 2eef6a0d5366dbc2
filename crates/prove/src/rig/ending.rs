//! A run that ends before its time, since its process is told to end: what was started is stopped as ever.

use std::sync::atomic::{AtomicBool, Ordering};

/// From here on rigs of this process ask nothing more, so that they return soon; what they say then counts for nothing.
///
/// For whoever is told to end the process, by Ctrl-C for instance: a process that just ends leaves the proxy running, and the folder.
pub fn end_rigs() {
    ENDING.store(true, Ordering::Release);
}

pub(super) fn is_told() -> bool {
    ENDING.load(Ordering::Acquire)
}

static ENDING: AtomicBool = AtomicBool::new(false);
