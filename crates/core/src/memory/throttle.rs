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

use crate::time::UnixTime;

/// Counts of attempts; what is forgotten for want of room starts at nothing.
pub(crate) struct Throttle {
    counts: Cache<Counted, Arc<AtomicU64>>,
    unknown_clients: AtomicU64,
}

/// Why an attempt is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Throttled {
    /// This client has tried too often.
    Client,
    /// All clients whose address is unknown have tried too often together.
    UnknownClients,
}

/// Whose attempts are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Counted {
    /// Of a client at an account; names that are no account count as one, so that nobody can fill the table with names.
    Account(IpAddr, Option<Box<str>>),
    /// Of a client at any account.
    Client(IpAddr),
}

impl Throttle {
    pub(super) fn new() -> Self {
        Self { counts: Cache::new(MAX_COUNTS), unknown_clients: AtomicU64::new(0) }
    }

    /// Counts an attempt at an account (`None`: nobody has the name), or refuses it uncounted.
    pub(crate) fn attempt(&self, account: Option<&str>, client: Option<IpAddr>, now: UnixTime) -> Result<(), Throttled> {
        let Some(client) = client.map(network) else {
            return if UNKNOWN_CLIENTS.take(&self.unknown_clients, now) { Ok(()) } else { Err(Throttled::UnknownClients) };
        };
        let by_account = self.count(&Counted::Account(client, account.map(Box::from)));
        if !PER_ACCOUNT.take(&by_account, now) {
            return Err(Throttled::Client);
        }
        if !PER_CLIENT.take(&self.count(&Counted::Client(client)), now) {
            PER_ACCOUNT.give_back(&by_account);
            return Err(Throttled::Client);
        }
        Ok(())
    }

    /// Says whether [`attempt`](Self::attempt) would refuse, without counting.
    pub(crate) fn would_refuse(&self, account: Option<&str>, client: Option<IpAddr>, now: UnixTime) -> Result<(), Throttled> {
        let Some(client) = client.map(network) else {
            return if UNKNOWN_CLIENTS.has_room(&self.unknown_clients, now) { Ok(()) } else { Err(Throttled::UnknownClients) };
        };
        let has_room = |rate: Rate, counted| self.counts.peek(&counted).is_none_or(|count| rate.has_room(&count, now));
        let both = has_room(PER_ACCOUNT, Counted::Account(client, account.map(Box::from)))
            && has_room(PER_CLIENT, Counted::Client(client));
        if both { Ok(()) } else { Err(Throttled::Client) }
    }

    /// Forgets an attempt that turned out to be right.
    pub(crate) fn forgive(&self, account: Option<&str>, client: Option<IpAddr>) {
        let Some(client) = client.map(network) else { return UNKNOWN_CLIENTS.give_back(&self.unknown_clients) };
        PER_ACCOUNT.give_back(&self.count(&Counted::Account(client, account.map(Box::from))));
        PER_CLIENT.give_back(&self.count(&Counted::Client(client)));
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
        let later = empty_at.max(now).saturating_add(self.interval);
        (later.saturating_sub(now) <= self.at_once.saturating_mul(self.interval)).then_some(later)
    }
}

/// Who holds one address of IPv6 mostly holds the 64 bits behind it.
fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => IpAddr::V6(std::net::Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

/// Ten typing mistakes in a row; after that 2,880 guesses a day.
const PER_ACCOUNT: Rate = Rate { at_once: 10, interval: 30_000 };
/// An office behind one address may mistype as well; 17,280 guesses a day over all accounts.
const PER_CLIENT: Rate = Rate { at_once: 50, interval: 5_000 };
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
    fn attempts(throttle: &Throttle, account: Option<&str>, client: Option<IpAddr>, now: UnixTime, most: usize) -> usize {
        (0..most).take_while(|_| throttle.attempt(account, client, now).is_ok()).count()
    }

    #[test]
    fn ten_attempts_at_an_account_and_then_one_every_half_minute() {
        let throttle = Throttle::new();
        assert_eq!(attempts(&throttle, Some("alice"), client(1), NOW, 100), 10);
        assert_eq!(attempts(&throttle, Some("alice"), client(1), NOW.plus(29), 100), 0);
        assert_eq!(attempts(&throttle, Some("alice"), client(1), NOW.plus(30), 100), 1);
        assert_eq!(attempts(&throttle, Some("alice"), client(1), NOW.plus(100_000), 100), 10);
    }

    #[test]
    fn nobody_else_notices() {
        let throttle = Throttle::new();
        assert_eq!(attempts(&throttle, Some("alice"), client(1), NOW, 100), 10);
        assert_eq!(attempts(&throttle, Some("alice"), client(2), NOW, 100), 10, "the account from another client");
        assert_eq!(attempts(&throttle, Some("bob"), client(1), NOW, 100), 10, "another account from the client");
        assert_eq!(attempts(&throttle, Some("alice"), None, NOW, 5), 5, "clients of unknown address");
    }

    #[test]
    fn a_client_that_tries_many_accounts_is_refused_at_all() {
        let throttle = Throttle::new();
        let total: usize = (0..20).map(|number| attempts(&throttle, Some(&format!("user-{number}")), client(1), NOW, 100)).sum();
        assert_eq!(total, 50);
        assert_eq!(throttle.attempt(Some("alice"), client(1), NOW), Err(Throttled::Client));
        assert_eq!(throttle.attempt(Some("alice"), client(2), NOW), Ok(()));
    }

    #[test]
    fn names_that_nobody_has_count_as_one() {
        let throttle = Throttle::new();
        assert_eq!(attempts(&throttle, None, client(1), NOW, 100), 10);
    }

    #[test]
    fn unknown_clients_share_a_budget_that_refills_within_seconds() {
        let throttle = Throttle::new();
        assert_eq!(attempts(&throttle, Some("alice"), None, NOW, 10_000), 20);
        assert_eq!(throttle.attempt(Some("bob"), None, NOW), Err(Throttled::UnknownClients));
        assert_eq!(attempts(&throttle, Some("alice"), None, NOW.plus(1), 100), 10);
        assert_eq!(attempts(&throttle, Some("alice"), client(1), NOW.plus(1), 100), 10, "known ones have their own");
    }

    #[test]
    fn a_right_password_is_not_counted() {
        let throttle = Throttle::new();
        for _ in 0..1_000 {
            throttle.attempt(Some("alice"), client(1), NOW).unwrap();
            throttle.forgive(Some("alice"), client(1));
            throttle.attempt(Some("alice"), None, NOW).unwrap();
            throttle.forgive(Some("alice"), None);
        }
    }

    #[test]
    fn asking_first_changes_nothing() {
        let throttle = Throttle::new();
        for _ in 0..100 {
            assert_eq!(throttle.would_refuse(Some("alice"), client(1), NOW), Ok(()));
        }
        assert_eq!(attempts(&throttle, Some("alice"), client(1), NOW, 100), 10);
        assert_eq!(throttle.would_refuse(Some("alice"), client(1), NOW), Err(Throttled::Client));
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let throttle = Throttle::new();
        let address = |last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
        let total: usize = (0..20).map(|last| attempts(&throttle, Some("alice"), address(last), NOW, 100)).sum();
        assert_eq!(total, 10);
        assert_eq!(throttle.attempt(Some("alice"), Some(IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 1])), NOW), Ok(()));
    }

    #[test]
    fn a_flood_of_addresses_stays_within_its_room() {
        let throttle = Throttle::new();
        for number in 0..100_000_u32 {
            let _ = throttle.attempt(None, Some(IpAddr::from(number.to_be_bytes())), NOW);
        }
        assert!(throttle.counts.len() <= MAX_COUNTS, "{}", throttle.counts.len());
    }
}
