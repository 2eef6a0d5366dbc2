//! How often somebody may guess a password.
//!
//! Attempts are counted by account and client, and by client alone, so that guessing at one account from one address is slow and
//! nobody else notices. Clients whose address nobody knows cannot be told apart, so nothing of theirs is counted against an
//! account, which would lock its owner out: they share a budget of attempts that bounds what they cost.
//!
//! Each count is one number, the moment at which it would be empty again (the generic cell rate algorithm, ITU-T I.371 annex A):
//! an attempt moves it forward, time passes towards it, and an attempt that would move it too far is refused.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache;

use crate::network::{client_network, masked};
use crate::time::UnixTime;

/// Counts of attempts; what is forgotten for want of room starts at nothing.
pub(crate) struct Throttle {
    counts: Cache<Counted, Arc<AtomicU64>>,
    unknown_clients: AtomicU64,
    /// Keyed, so that nobody can find two names that count as one.
    names: ahash::RandomState,
}

/// A user name, somebody's or not: the same number for the same name as long as the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NameHash(pub(crate) u64);

/// Why an attempt is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Throttled {
    /// This client has tried too often.
    Client,
    /// All clients whose address is unknown have tried too often together.
    UnknownClients,
}

/// Whose attempts are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Counted {
    /// Of a client at any account.
    Client(IpAddr),
    /// Of all clients of a site with IPv6, which has hundreds of networks.
    Site(IpAddr),
    /// Of a client under one name. A name that nobody has counts as well, or counting would tell who has one.
    Name(IpAddr, NameHash),
}

impl Throttle {
    pub(super) fn new() -> Self {
        Self { counts: Cache::new(MAX_COUNTS), unknown_clients: AtomicU64::new(0), names: ahash::RandomState::default() }
    }

    pub(crate) fn name(&self, name: &str) -> NameHash {
        NameHash(self.names.hash_one(name))
    }

    /// Counts an attempt under a name, or refuses it uncounted.
    pub(crate) fn attempt(&self, name: NameHash, client: Option<IpAddr>, now: UnixTime) -> Result<(), Throttled> {
        let Some(client) = client else {
            return if UNKNOWN_CLIENTS.take(&self.unknown_clients, now) { Ok(()) } else { Err(Throttled::UnknownClients) };
        };
        let limits = limits(name, client);
        for (position, (rate, counted)) in limits.iter().enumerate() {
            if !rate.take(&self.count(counted), now) {
                self.give_back(limits.iter().take(position));
                return Err(Throttled::Client);
            }
        }
        Ok(())
    }

    /// Says whether [`attempt`](Self::attempt) would refuse, without counting.
    pub(crate) fn would_refuse(&self, name: NameHash, client: Option<IpAddr>, now: UnixTime) -> Result<(), Throttled> {
        let Some(client) = client else {
            return if UNKNOWN_CLIENTS.has_room(&self.unknown_clients, now) { Ok(()) } else { Err(Throttled::UnknownClients) };
        };
        let has_room =
            |(rate, counted): &(Rate, Counted)| self.counts.peek(counted).is_none_or(|count| rate.has_room(&count, now));
        if limits(name, client).iter().all(has_room) { Ok(()) } else { Err(Throttled::Client) }
    }

    /// Forgets an attempt that turned out to be right.
    pub(crate) fn forgive(&self, name: NameHash, client: Option<IpAddr>) {
        match client {
            Some(client) => self.give_back(limits(name, client).iter()),
            None => UNKNOWN_CLIENTS.give_back(&self.unknown_clients),
        }
    }

    fn give_back<'l>(&self, limits: impl Iterator<Item = &'l (Rate, Counted)>) {
        limits.for_each(|(rate, counted)| rate.give_back(&self.count(counted)));
    }

    fn count(&self, counted: &Counted) -> Arc<AtomicU64> {
        let fresh = || Ok::<_, std::convert::Infallible>(Arc::new(AtomicU64::new(0)));
        match self.counts.get_or_insert_with(counted, fresh) {
            Ok(count) => count,
            Err(never) => match never {},
        }
    }
}

/// So many attempts at once, then one per interval.
#[derive(Clone, Copy)]
struct Rate {
    at_once: u64,
    /// In milliseconds.
    interval: u64,
}

impl Rate {
    /// Counts one attempt if there is room.
    fn take(self, count: &AtomicU64, now: UnixTime) -> bool {
        count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |empty_at| self.after_one_more(empty_at, now)).is_ok()
    }

    fn has_room(self, count: &AtomicU64, now: UnixTime) -> bool {
        self.after_one_more(count.load(Ordering::Relaxed), now).is_some()
    }

    fn give_back(self, count: &AtomicU64) {
        let earlier = |empty_at: u64| Some(empty_at.saturating_sub(self.interval));
        // The closure never gives `None`.
        let _ = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earlier);
    }

    /// Returns when the count would be empty after one more attempt; `None` if that is too far away.
    fn after_one_more(self, empty_at: u64, now: UnixTime) -> Option<u64> {
        let now = now.as_secs().saturating_mul(1_000);
        let full = self.at_once.saturating_mul(self.interval);
        // Twice as far as it can be was counted by a clock that has been set back since: it begins anew.
        let counted = if empty_at > now.saturating_add(full.saturating_mul(2)) { now } else { empty_at.max(now) };
        let later = counted.saturating_add(self.interval);
        (later.saturating_sub(now) <= full).then_some(later)
    }
}

/// What bounds an attempt, the widest last but one: a name is counted for nobody whom the client's own count has stopped.
fn limits(name: NameHash, client: IpAddr) -> Vec<(Rate, Counted)> {
    let network = client_network(client);
    let site = client.is_ipv6().then(|| (PER_SITE, Counted::Site(masked(client, SITE))));
    let client = (PER_CLIENT, Counted::Client(network));
    [Some(client), site, Some((PER_NAME, Counted::Name(network, name)))].into_iter().flatten().collect()
}

/// Ten typing mistakes in a row; after that 2,880 guesses a day.
const PER_NAME: Rate = Rate { at_once: 10, interval: 30_000 };
/// An office behind one address may mistype as well; 17,280 guesses a day over all accounts.
const PER_CLIENT: Rate = Rate { at_once: 50, interval: 5_000 };
/// A site with IPv6 has 256 networks at the least, which all count as clients; 86,400 guesses a day.
const PER_SITE: Rate = Rate { at_once: 250, interval: 1_000 };
/// The smallest network that a provider gives to a site (RFC 6177 §2): in a wider one, a stranger could use up what others need.
const SITE: u8 = 56;
/// Ten hashes a second are less than a processor's worth at usual costs.
const UNKNOWN_CLIENTS: Rate = Rate { at_once: 20, interval: 100 };
/// Some megabytes at the most.
const MAX_COUNTS: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);

    fn client(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    /// Tries until refused, at most `most` times.
    fn attempts(throttle: &Throttle, name: &str, client: Option<IpAddr>, now: UnixTime, most: usize) -> usize {
        (0..most).take_while(|_| throttle.attempt(throttle.name(name), client, now).is_ok()).count()
    }

    #[test]
    fn ten_attempts_at_an_account_and_then_one_every_half_minute() {
        let throttle = Throttle::new();
        assert_eq!(attempts(&throttle, "alice", client(1), NOW, 100), 10);
        assert_eq!(attempts(&throttle, "alice", client(1), NOW.plus(29), 100), 0);
        assert_eq!(attempts(&throttle, "alice", client(1), NOW.plus(30), 100), 1);
        assert_eq!(attempts(&throttle, "alice", client(1), NOW.plus(100_000), 100), 10);
    }

    #[test]
    fn a_clock_that_is_set_back_refuses_nobody_for_longer() {
        let throttle = Throttle::new();
        assert_eq!(attempts(&throttle, "alice", client(1), NOW.plus(1_000_000), 100), 10);
        assert_eq!(attempts(&throttle, "alice", client(1), NOW.plus(999_999), 100), 0, "by a second");
        assert_eq!(attempts(&throttle, "alice", client(1), NOW, 100), 10, "by days");
        assert_eq!(attempts(&throttle, "alice", client(1), NOW, 100), 0);
    }

    #[test]
    fn nobody_else_notices() {
        let throttle = Throttle::new();
        assert_eq!(attempts(&throttle, "alice", client(1), NOW, 100), 10);
        assert_eq!(attempts(&throttle, "alice", client(2), NOW, 100), 10, "the account from another client");
        assert_eq!(attempts(&throttle, "bob", client(1), NOW, 100), 10, "another account from the client");
        assert_eq!(attempts(&throttle, "alice", None, NOW, 5), 5, "clients of unknown address");
    }

    #[test]
    fn a_client_that_tries_many_accounts_is_refused_at_all() {
        let throttle = Throttle::new();
        let total: usize = (0..20).map(|number| attempts(&throttle, &format!("user-{number}"), client(1), NOW, 100)).sum();
        assert_eq!(total, 50);
        assert_eq!(throttle.attempt(throttle.name("alice"), client(1), NOW), Err(Throttled::Client));
        assert_eq!(throttle.attempt(throttle.name("alice"), client(2), NOW), Ok(()));
    }

    #[test]
    fn many_names_of_one_client_take_no_room_of_others() {
        let throttle = Throttle::new();
        let total: usize = (0..100_000).map(|number| attempts(&throttle, &format!("user-{number}"), client(1), NOW, 1)).sum();
        assert_eq!(total, 50);
        assert!(throttle.counts.len() <= 51, "{}", throttle.counts.len());
    }

    #[test]
    fn an_ipv6_site_is_bounded_as_a_whole() {
        let throttle = Throttle::new();
        let address = |site: u16, net: u16| Some(IpAddr::from([0x2001, 0xdb8, 7, site << 8 | net, 0, 0, 0, 1]));
        let total: usize = (0..256).map(|net| attempts(&throttle, "alice", address(1, net), NOW, 100)).sum();
        assert_eq!(total, 250);
        assert_eq!(attempts(&throttle, "alice", address(2, 1), NOW, 100), 10, "another site");
        assert_eq!(attempts(&throttle, "alice", client(1), NOW, 100), 10, "an IPv4 client");
    }

    #[test]
    fn unknown_clients_share_a_budget_that_refills_within_seconds() {
        let throttle = Throttle::new();
        assert_eq!(attempts(&throttle, "alice", None, NOW, 10_000), 20);
        assert_eq!(throttle.attempt(throttle.name("bob"), None, NOW), Err(Throttled::UnknownClients));
        assert_eq!(attempts(&throttle, "alice", None, NOW.plus(1), 100), 10);
        assert_eq!(attempts(&throttle, "alice", client(1), NOW.plus(1), 100), 10, "known ones have their own");
    }

    #[test]
    fn a_right_password_is_not_counted() {
        let throttle = Throttle::new();
        for _ in 0..1_000 {
            throttle.attempt(throttle.name("alice"), client(1), NOW).unwrap();
            throttle.forgive(throttle.name("alice"), client(1));
            throttle.attempt(throttle.name("alice"), None, NOW).unwrap();
            throttle.forgive(throttle.name("alice"), None);
        }
    }

    #[test]
    fn asking_first_changes_nothing() {
        let throttle = Throttle::new();
        for _ in 0..100 {
            assert_eq!(throttle.would_refuse(throttle.name("alice"), client(1), NOW), Ok(()));
        }
        assert_eq!(attempts(&throttle, "alice", client(1), NOW, 100), 10);
        assert_eq!(throttle.would_refuse(throttle.name("alice"), client(1), NOW), Err(Throttled::Client));
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let throttle = Throttle::new();
        let address = |last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
        let total: usize = (0..20).map(|last| attempts(&throttle, "alice", address(last), NOW, 100)).sum();
        assert_eq!(total, 10);
        assert_eq!(throttle.attempt(throttle.name("alice"), Some(IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 1])), NOW), Ok(()));
    }

    #[test]
    fn a_flood_of_addresses_stays_within_its_room() {
        let throttle = Throttle::new();
        for number in 0..100_000_u32 {
            let _ = throttle.attempt(throttle.name("x"), Some(IpAddr::from(number.to_be_bytes())), NOW);
        }
        assert!(throttle.counts.len() <= MAX_COUNTS, "{}", throttle.counts.len());
    }
}
