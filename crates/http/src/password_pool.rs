//! Room for hashing passwords: few at a time, on threads of their own, so that requests without a password never wait for one.
//!
//! One client hashes one password at a time. Whoever guesses therefore waits for himself, and other clients find a free place.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use gatewright::client_network;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The room, shared by all connections.
#[derive(Debug)]
pub(crate) struct PasswordPool {
    /// One place for each processor.
    places: Arc<Semaphore>,
    queues: Arc<Mutex<Queues>>,
}

/// Who waits for a place or has one.
#[derive(Debug, Default)]
struct Queues {
    clients: HashMap<Client, Queue>,
    total: usize,
}

/// A client's network; those whose address nobody knows are one.
type Client = Option<IpAddr>;

#[derive(Debug)]
struct Queue {
    turn: Arc<Semaphore>,
    length: usize,
}

/// Nobody may hash now: too many wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PoolFull;

/// A place to hash at; giving it back lets the next one in.
#[derive(Debug)]
pub(crate) struct Place {
    _queued: Queued,
    _turn: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl PasswordPool {
    pub(crate) fn new() -> Self {
        let places = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { places: Arc::new(Semaphore::new(places)), queues: Arc::default() }
    }

    /// Waits for this client's turn and a free place.
    ///
    /// # Errors
    /// Too many wait, of this client or of all.
    pub(crate) async fn place(&self, client: Option<IpAddr>) -> Result<Place, PoolFull> {
        let client = client.map(client_network);
        let (queued, turn) = self.queue(client)?;
        // The semaphores are never closed; if one were, there would be no room.
        let turn = turn.acquire_owned().await.map_err(|_| PoolFull)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| PoolFull)?;
        Ok(Place { _queued: queued, _turn: turn, _place: place })
    }

    fn queue(&self, client: Client) -> Result<(Queued, Arc<Semaphore>), PoolFull> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if queues.total >= MAX_QUEUED {
            return Err(PoolFull);
        }
        let queue = queues.clients.entry(client).or_insert_with(|| Queue { turn: Arc::new(Semaphore::new(1)), length: 0 });
        if queue.length >= MAX_QUEUED_OF_CLIENT {
            return Err(PoolFull);
        }
        queue.length = queue.length.saturating_add(1);
        let turn = Arc::clone(&queue.turn);
        queues.total = queues.total.saturating_add(1);
        Ok((Queued { client, queues: Arc::clone(&self.queues) }, turn))
    }
}

/// Counts as waiting until it is dropped, also if the request goes away.
#[derive(Debug)]
struct Queued {
    client: Client,
    queues: Arc<Mutex<Queues>>,
}

impl Drop for Queued {
    fn drop(&mut self) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.total = queues.total.saturating_sub(1);
        let Some(queue) = queues.clients.get_mut(&self.client) else { return };
        queue.length = queue.length.saturating_sub(1);
        if queue.length == 0 {
            queues.clients.remove(&self.client);
        }
    }
}

/// Each waiting request holds a connection; a hundred hashes take some seconds, which is as long as proxies wait.
const MAX_QUEUED: usize = 128;
/// A browser that opens a page asks for a handful of things at once.
const MAX_QUEUED_OF_CLIENT: usize = 16;

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn pool(places: usize) -> PasswordPool {
        PasswordPool { places: Arc::new(Semaphore::new(places)), queues: Arc::default() }
    }

    fn client(last: u8) -> Client {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    /// What can be had at once: `None` means that it would have to wait.
    fn at_once(pool: &PasswordPool, client: Client) -> Option<Result<Place, PoolFull>> {
        match pin!(pool.place(client)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(place) => Some(place),
            Poll::Pending => None,
        }
    }

    #[test]
    fn one_client_has_one_place_and_leaves_the_other_free() {
        let pool = pool(2);
        let _first = at_once(&pool, client(1)).unwrap().unwrap();
        assert!(at_once(&pool, client(1)).is_none(), "waits for itself");
        let _other = at_once(&pool, client(2)).unwrap().unwrap();
        assert!(at_once(&pool, client(3)).is_none(), "waits for a place");
    }

    #[test]
    fn a_place_given_back_is_free_again() {
        let pool = pool(1);
        drop(at_once(&pool, client(1)).unwrap().unwrap());
        assert!(at_once(&pool, client(1)).unwrap().is_ok());
        assert!(pool.queues.lock().unwrap().clients.is_empty(), "nobody is remembered");
    }

    #[test]
    fn too_many_of_one_client_are_refused_and_others_are_not() {
        let pool = pool(2);
        let _first = at_once(&pool, None).unwrap().unwrap();
        let mut waiting: Vec<_> = (1..MAX_QUEUED_OF_CLIENT).map(|_| Box::pin(pool.place(None))).collect();
        for future in &mut waiting {
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert_eq!(at_once(&pool, None).unwrap().unwrap_err(), PoolFull);
        assert!(at_once(&pool, client(1)).unwrap().is_ok());
        drop(waiting);
        assert!(at_once(&pool, None).is_none(), "whoever goes away makes room to wait");
    }

    #[test]
    fn too_many_of_all_are_refused() {
        let pool = pool(1);
        let _first = at_once(&pool, client(0)).unwrap().unwrap();
        let mut waiting: Vec<_> = (1..128).map(|last| Box::pin(pool.place(client(last)))).collect();
        for future in &mut waiting {
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert_eq!(at_once(&pool, client(200)).unwrap().unwrap_err(), PoolFull);
    }
}
