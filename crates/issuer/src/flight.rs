//! One fetch that is under way, and everybody who waits for it.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A fetch that somebody started; all who wait share it.
#[derive(Default)]
pub(crate) struct Flight {
    state: Mutex<FlightState>,
    landed: Condvar,
    waiting: AtomicUsize,
}

#[derive(Default)]
struct FlightState {
    outcome: Option<bool>,
    callbacks: Vec<Callback>,
}

type Callback = Box<dyn FnOnce() + Send>;

/// What becomes of a wish for newer keys.
#[derive(Debug)]
#[must_use]
pub enum Refresh {
    /// Nobody needs to wait: the last fetch began less than a cooldown ago, or nothing can be fetched. Issuers publish a key
    /// before they sign with it, so what is unknown now is unknown.
    Cooling,
    /// Keys are being fetched.
    Pending(Pending),
}

/// A place in the queue for keys that are being fetched.
///
/// Dropping it gives the place up and leaves the fetch alone.
///
/// # Example
/// ```no_run
/// use std::time::Duration;
/// use gatewright_issuer::{Live, Options, Refresh};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let live = Live::open("gatewright.toml".as_ref(), Options::default())?;
/// if let Refresh::Pending(pending) = live.refresh("https://login.example.com") {
///     let newer_keys = pending.wait(Duration::from_secs(5));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "waiting is what it is for"]
pub struct Pending {
    flight: Arc<Flight>,
}

impl Pending {
    /// Waits until the fetch has ended; true if it brought keys in time. Blocks the thread.
    pub fn wait(self, timeout: Duration) -> bool {
        let state = self.flight.lock();
        let (state, _) = self
            .flight
            .landed
            .wait_timeout_while(state, timeout, |state| state.outcome.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        state.outcome == Some(true)
    }

    /// Calls `f` once the fetch has ended, whether or not it brought keys; at once if it already has.
    ///
    /// `f` runs on the thread that swaps authorizers: it should only wake whoever waits.
    pub fn on_done(self, f: impl FnOnce() + Send + 'static) {
        {
            let mut state = self.flight.lock();
            if state.outcome.is_none() {
                let flight = Arc::clone(&self.flight);
                // The place in the queue is kept until `f` has run.
                flight.waiting.fetch_add(1, Ordering::Relaxed);
                state.callbacks.push(Box::new(move || {
                    f();
                    flight.waiting.fetch_sub(1, Ordering::Relaxed);
                }));
                return;
            }
        }
        f();
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.flight.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Flight {
    /// Joins the queue; `None` if [`MAX_WAITING`] wait already.
    pub(crate) fn join(self: &Arc<Self>) -> Option<Pending> {
        let seat = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
            (waiting < MAX_WAITING).then(|| waiting.saturating_add(1))
        });
        seat.ok().map(|_| Pending { flight: Arc::clone(self) })
    }

    /// Ends the fetch and wakes everybody; a second end changes nothing.
    pub(crate) fn land(&self, brought_keys: bool) {
        let callbacks = {
            let mut state = self.lock();
            if state.outcome.is_some() {
                return;
            }
            state.outcome = Some(brought_keys);
            std::mem::take(&mut state.callbacks)
        };
        self.landed.notify_all();
        for callback in callbacks {
            crate::guard::quiet(callback);
        }
    }

    fn lock(&self) -> MutexGuard<'_, FlightState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Flight").field("outcome", &self.lock().outcome).finish_non_exhaustive()
    }
}

/// Callers that may wait for one fetch; the next ones decide with the keys there are.
const MAX_WAITING: usize = 1024;

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn flight() -> Arc<Flight> {
        Arc::new(Flight::default())
    }

    #[test]
    fn everybody_who_waits_hears_of_the_same_fetch() {
        let flight = flight();
        let threads: Vec<_> = (0..8)
            .map(|_| flight.join().unwrap())
            .map(|pending| std::thread::spawn(move || pending.wait(Duration::from_secs(30))))
            .collect();
        let (sender, receiver) = mpsc::channel();
        flight.join().unwrap().on_done(move || sender.send(()).unwrap());
        flight.land(true);
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
        receiver.recv().unwrap();
    }

    #[test]
    fn waiting_ends_with_the_timeout_and_with_a_failed_fetch() {
        let flight = flight();
        assert!(!flight.join().unwrap().wait(Duration::ZERO));
        flight.land(false);
        flight.land(true);
        assert!(!flight.join().unwrap().wait(Duration::from_secs(30)));
    }

    #[test]
    fn callback_after_the_end_runs_at_once() {
        let flight = flight();
        flight.land(true);
        let (sender, receiver) = mpsc::channel();
        flight.join().unwrap().on_done(move || sender.send(()).unwrap());
        receiver.try_recv().unwrap();
    }

    #[test]
    fn panic_of_one_callback_does_not_keep_the_next_waiting() {
        let flight = flight();
        let (sender, receiver) = mpsc::channel();
        flight.join().unwrap().on_done(|| panic!("expected in this test"));
        flight.join().unwrap().on_done(move || sender.send(()).unwrap());
        flight.land(true);
        receiver.try_recv().unwrap();
    }

    #[test]
    fn number_of_waiting_callers_is_bounded_and_places_are_given_back() {
        let flight = flight();
        let mut seats: Vec<_> = (0..MAX_WAITING).map(|_| flight.join().unwrap()).collect();
        assert!(flight.join().is_none());
        seats.pop();
        flight.join().unwrap().on_done(|| ());
        assert!(flight.join().is_none());
        flight.land(false);
        assert!(flight.join().is_some());
    }
}
