//! A wall between our threads and code that may panic: one bad callback must not end the thread that swaps authorizers.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `f`; `None` if it panicked (the panic hook has reported it).
pub(crate) fn quiet<T>(f: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(f)).ok()
}
