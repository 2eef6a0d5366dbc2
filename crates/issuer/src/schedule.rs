//! When to fetch which issuer's keys: pure bookkeeping over the time it is told.
//!
//! Each issuer has at most one fetch under way. An unknown `kid` may start one if the last began a cooldown ago; age and
//! failure start one by themselves. A flood of bad tokens therefore costs the issuer one fetch per cooldown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gatewright::RemoteKeys;

use crate::fetch::Place;
use crate::flight::{Flight, Pending};

/// What is known of every remote issuer's fetches.
#[derive(Debug)]
pub(crate) struct Schedule {
    entries: BTreeMap<String, Entry>,
    opened: Instant,
    fetching: Fetching,
}

/// Whether keys are fetched at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fetching {
    On,
    /// Offline: nothing is ever due.
    Off,
}

/// The settings of one issuer's fetches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) place: Place,
    pub(crate) cooldown: Duration,
    pub(crate) max_age: Duration,
}

impl From<&RemoteKeys> for Plan {
    fn from(remote: &RemoteKeys) -> Self {
        Self {
            place: Place::from(remote),
            cooldown: Duration::from_secs(remote.cooldown).max(LEAST),
            max_age: Duration::from_secs(remote.max_age).max(LEAST),
        }
    }
}

/// A fetch to be carried out now; the schedule holds it as under way until [`Schedule::finish`].
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) place: Arc<Place>,
    flight: Arc<Flight>,
}

/// What becomes of a wish for newer keys.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Not now: too soon after the last fetch, too many wait, or there is nothing to fetch.
    Cooling,
    /// A fetch is under way already.
    Joined(Pending),
    /// This one must be carried out by the caller.
    Started(Pending, Order),
}

#[derive(Debug)]
struct Entry {
    place: Arc<Place>,
    cooldown: Duration,
    max_age: Duration,
    flight: Option<Arc<Flight>>,
    /// When the last fetch began.
    began: Option<Instant>,
    /// When the next one is due; `None` if never.
    due: Option<Instant>,
    failures: u32,
    /// Whether there have been keys once.
    supplied: bool,
}

impl Schedule {
    pub(crate) fn new(fetching: Fetching, now: Instant) -> Self {
        Self { entries: BTreeMap::new(), opened: now, fetching }
    }

    /// Takes over the issuers of a new configuration; those whose keys are at the same place go on undisturbed.
    ///
    /// Returns the fetches that count no more, to be landed once the lock on this schedule is released.
    #[must_use]
    pub(crate) fn configure(&mut self, plans: impl IntoIterator<Item = Plan>, now: Instant) -> Vec<Arc<Flight>> {
        let mut before = std::mem::take(&mut self.entries);
        for plan in plans {
            let issuer = plan.place.issuer.clone();
            let kept = match before.remove(&issuer) {
                Some(entry) if *entry.place == plan.place => entry.adjust(&plan),
                Some(entry) => {
                    before.insert(issuer.clone(), entry);
                    Entry::new(plan, now)
                }
                None => Entry::new(plan, now),
            };
            self.entries.insert(issuer, kept);
        }
        before.into_values().filter_map(|entry| entry.flight).collect()
    }

    /// Asks for newer keys because a token names an unknown one.
    pub(crate) fn wish(&mut self, issuer: &str, now: Instant) -> Wish {
        if self.fetching == Fetching::Off {
            return Wish::Cooling;
        }
        let Some(entry) = self.entries.get_mut(issuer) else { return Wish::Cooling };
        if let Some(flight) = &entry.flight {
            return flight.join().map_or(Wish::Cooling, Wish::Joined);
        }
        if entry.began.is_some_and(|began| now.saturating_duration_since(began) < entry.cooldown) {
            return Wish::Cooling;
        }
        let order = entry.start(now);
        match order.flight.join() {
            Some(pending) => Wish::Started(pending, order),
            None => Wish::Cooling, // not reached: a new flight has room
        }
    }

    /// Returns every fetch that is due by age or after a failure.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Order> {
        if self.fetching == Fetching::Off {
            return Vec::new();
        }
        let ready = |entry: &&mut Entry| entry.flight.is_none() && entry.due.is_some_and(|due| due <= now);
        self.entries.values_mut().filter(ready).map(|entry| entry.start(now)).collect()
    }

    /// Returns when something will be due, as far as is known.
    pub(crate) fn next(&self) -> Option<Instant> {
        if self.fetching == Fetching::Off {
            return None;
        }
        self.entries.values().filter(|entry| entry.flight.is_none()).filter_map(|entry| entry.due).min()
    }

    /// Says whether an order still counts: its issuer is configured as it was when the fetch began.
    pub(crate) fn awaits(&self, order: &Order) -> bool {
        self.entries
            .get(&order.place.issuer)
            .and_then(|entry| entry.flight.as_ref())
            .is_some_and(|flight| Arc::ptr_eq(flight, &order.flight))
    }

    /// Notes how an order ended; those who wait are told by [`Order::land`], once the keys are in force.
    pub(crate) fn finish(&mut self, order: &Order, brought_keys: bool, now: Instant) {
        if !self.awaits(order) {
            return;
        }
        let Some(entry) = self.entries.get_mut(&order.place.issuer) else { return };
        entry.flight = None;
        if brought_keys {
            entry.supply(now);
        } else {
            entry.due = now.checked_add(retry_after(entry.failures));
            entry.failures = entry.failures.saturating_add(1);
        }
    }

    /// Notes that somebody brought an issuer's keys by hand.
    pub(crate) fn supply(&mut self, issuer: &str, now: Instant) {
        if let Some(entry) = self.entries.get_mut(issuer) {
            entry.supply(now);
        }
    }

    /// Every remote issuer has had keys once, or [`PATIENCE`] is over.
    pub(crate) fn ready(&self, now: Instant) -> bool {
        self.entries.values().all(|entry| entry.supplied) || now.saturating_duration_since(self.opened) >= PATIENCE
    }
}

impl Order {
    /// Wakes everybody who waits for this fetch.
    pub(crate) fn land(&self, brought_keys: bool) {
        self.flight.land(brought_keys);
    }
}

impl Entry {
    fn new(plan: Plan, now: Instant) -> Self {
        Self {
            place: Arc::new(plan.place),
            cooldown: plan.cooldown,
            max_age: plan.max_age,
            flight: None,
            began: None,
            due: Some(now),
            failures: 0,
            supplied: false,
        }
    }

    fn adjust(mut self, plan: &Plan) -> Self {
        if self.max_age != plan.max_age && self.failures == 0 {
            self.due = self.began.and_then(|began| began.checked_add(plan.max_age)).or(self.due);
        }
        (self.cooldown, self.max_age) = (plan.cooldown, plan.max_age);
        self
    }

    fn start(&mut self, now: Instant) -> Order {
        let flight = Arc::new(Flight::default());
        self.flight = Some(Arc::clone(&flight));
        self.began = Some(now);
        Order { place: Arc::clone(&self.place), flight }
    }

    fn supply(&mut self, now: Instant) {
        self.due = now.checked_add(self.max_age);
        self.failures = 0;
        self.supplied = true;
    }
}

/// Returns 1 s, 2 s, 4 s … up to [`RETRY_MOST`].
fn retry_after(failures: u32) -> Duration {
    RETRY_FIRST.saturating_mul(2_u32.saturating_pow(failures)).min(RETRY_MOST)
}

/// No setting makes two fetches follow closer.
const LEAST: Duration = Duration::from_secs(1);
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// An issuer that comes back is heard within a minute.
const RETRY_MOST: Duration = Duration::from_secs(60);
/// How long readiness waits for issuers that do not answer.
const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
