//! Carries out the schedule: starts a short-lived thread for each fetch and hands its outcome to the writer.

use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::command::Command;
use crate::flight::Refresh;
use crate::guard;
use crate::proxy::Proxies;
use crate::schedule::{Fetching, Order, Plan, Schedule, Wish};

/// The schedule with hands. Shared by the writer and everybody who wishes for keys; never locked while fetching.
#[derive(Debug)]
pub(crate) struct Fetcher {
    schedule: Mutex<Schedule>,
    proxies: Proxies,
    writer: Sender<Command>,
}

impl Fetcher {
    pub(crate) fn new(fetching: Fetching, writer: Sender<Command>) -> Self {
        let proxies = Proxies::from_environment(|name| std::env::var(name).ok());
        Self { schedule: Mutex::new(Schedule::new(fetching, Instant::now())), proxies, writer }
    }

    /// Asks for newer keys; starts a fetch unless one is under way or it is too soon.
    pub(crate) fn wish(&self, issuer: &str) -> Refresh {
        let wish = self.schedule().wish(issuer, Instant::now());
        match wish {
            Wish::Cooling => Refresh::Cooling,
            Wish::Joined(pending) => Refresh::Pending(pending),
            Wish::Started(pending, order) => {
                self.start(&order);
                Refresh::Pending(pending)
            }
        }
    }

    /// Starts what is due, and returns how long it takes until more is.
    pub(crate) fn start_due(&self) -> Duration {
        let due = self.schedule().due(Instant::now());
        due.into_iter().for_each(|order| self.start(&order));
        let next = self.schedule().next();
        next.map_or(IDLE, |next| next.saturating_duration_since(Instant::now()).min(IDLE))
    }

    pub(crate) fn configure(&self, plans: impl IntoIterator<Item = Plan>) {
        let abandoned = self.schedule().configure(plans, Instant::now());
        abandoned.iter().for_each(|flight| flight.land(false));
    }

    pub(crate) fn awaits(&self, order: &Order) -> bool {
        self.schedule().awaits(order)
    }

    /// Notes how an order ended and wakes those who wait for it: the keys must be in force by now.
    pub(crate) fn finish(&self, order: &Order, brought_keys: bool) {
        self.schedule().finish(order, brought_keys, Instant::now());
        order.land(brought_keys);
    }

    pub(crate) fn supply(&self, issuer: &str) {
        self.schedule().supply(issuer, Instant::now());
    }

    pub(crate) fn ready(&self) -> bool {
        self.schedule().ready(Instant::now())
    }

    fn start(&self, order: &Order) {
        let (proxies, writer, job) = (self.proxies.clone(), self.writer.clone(), order.clone());
        let thread = std::thread::Builder::new().name("gatewright-fetch".to_owned()).spawn(move || {
            let keys = guard::quiet(|| job.place.fetch(&proxies)).unwrap_or_else(|| Err("the fetch failed inside".to_owned()));
            if writer.send(Command::Fetched(job.clone(), keys)).is_err() {
                job.land(false);
            }
        });
        if let Err(error) = thread {
            let keys = Err(format!("no thread for the fetch: {error}"));
            if self.writer.send(Command::Fetched(order.clone(), keys)).is_err() {
                order.land(false);
            }
        }
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the writer sleeps when nothing is due.
const IDLE: Duration = Duration::from_secs(3600);
