//! Calls into Python from threads of this library. They end before the interpreter does: one that is under way while it is taken
//! apart would end the whole process.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

static CALLS: Mutex<Calls> = Mutex::new(Calls { under_way: 0, have_ended: false });
static ONE_IS_DONE: Condvar = Condvar::new();

struct Calls {
    under_way: usize,
    have_ended: bool,
}

/// Calls into Python, unless the interpreter is going away: then nobody is there to hear of anything.
pub(crate) fn call(run: impl FnOnce(Python<'_>)) {
    let Some(_under_way) = UnderWay::begin() else { return };
    Python::try_attach(run);
}

/// A call that the interpreter waits for.
struct UnderWay;

impl UnderWay {
    fn begin() -> Option<Self> {
        let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.have_ended {
            return None;
        }
        calls.under_way = calls.under_way.saturating_add(1);
        Some(Self)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
        calls.under_way = calls.under_way.saturating_sub(1);
        ONE_IS_DONE.notify_all();
    }
}

/// Lets no more calls begin, and waits for those under way; one that takes too long is left to its fate.
#[pyfunction]
pub(crate) fn end_calls(py: Python<'_>) {
    py.detach(|| {
        let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
        calls.have_ended = true;
        drop(ONE_IS_DONE.wait_timeout_while(calls, LONGEST, |calls| calls.under_way > 0));
    });
}

/// How long the end of a process waits for a callback.
const LONGEST: Duration = Duration::from_secs(1);
