//! Room for hashing passwords on threads that may wait: as many at once as there are processors, and a queue that has an end.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The room.
#[derive(Debug)]
pub(crate) struct Room {
    places: usize,
    taken: Mutex<Taken>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    hashing: usize,
    waiting: usize,
}

/// A place to hash at; dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Place<'r>(&'r Room);

impl Room {
    pub(crate) fn new() -> Self {
        let places = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { places, taken: Mutex::default(), freed: Condvar::new() }
    }

    /// Waits for a place; `None` if too many wait already. Blocks the thread.
    pub(crate) fn place(&self) -> Option<Place<'_>> {
        let mut taken = self.lock();
        if taken.waiting >= MAX_WAITING {
            return None;
        }
        taken.waiting = taken.waiting.saturating_add(1);
        let full = |taken: &mut Taken| taken.hashing >= self.places;
        let mut taken = self.freed.wait_while(taken, full).unwrap_or_else(PoisonError::into_inner);
        taken.waiting = taken.waiting.saturating_sub(1);
        taken.hashing = taken.hashing.saturating_add(1);
        Some(Place(self))
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = self.0.lock();
        taken.hashing = taken.hashing.saturating_sub(1);
        drop(taken);
        self.0.freed.notify_one();
    }
}

/// A hundred hashes take some seconds, which is as long as anybody waits for a page.
const MAX_WAITING: usize = 128;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn no_more_hash_at_once_than_there_are_places() {
        let room = Arc::new(Room { places: 1, taken: Mutex::default(), freed: Condvar::new() });
        let first = room.place().unwrap();
        let waiter = {
            let room = Arc::clone(&room);
            thread::spawn(move || drop(room.place().unwrap()))
        };
        while room.lock().waiting == 0 {
            thread::yield_now();
        }
        assert_eq!(room.lock().hashing, 1);
        drop(first);
        waiter.join().unwrap();
        let taken = room.lock();
        assert_eq!((taken.hashing, taken.waiting), (0, 0));
    }

    #[test]
    fn whoever_finds_too_many_waiting_is_sent_away() {
        let taken = Mutex::new(Taken { hashing: 1, waiting: MAX_WAITING });
        assert!(Room { places: 1, taken, freed: Condvar::new() }.place().is_none());
    }
}
