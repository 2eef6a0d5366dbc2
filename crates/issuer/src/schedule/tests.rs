use gatewright::KeyLocation;

use super::*;

const ISSUER: &str = "https://login.example.com";

fn plan(url: &str) -> Plan {
    let location = KeyLocation::JwksUrl(url.to_owned());
    let place = Place { issuer: ISSUER.to_owned(), location, ca: None, danger_http: false };
    Plan { place, cooldown: seconds(30), max_age: seconds(600) }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn schedule(now: Instant) -> Schedule {
    let mut schedule = Schedule::new(Fetching::On, now);
    assert!(schedule.configure([plan("https://login.example.com/jwks")], now).is_empty());
    schedule
}

/// A schedule whose issuer was fetched at start, well or badly.
fn fetched(start: Instant, brought_keys: bool) -> Schedule {
    let mut schedule = schedule(start);
    let orders = schedule.due(start);
    assert_eq!(orders.len(), 1);
    schedule.finish(&orders[0], brought_keys, start);
    schedule
}

fn started(wish: Wish) -> Order {
    match wish {
        Wish::Started(_, order) => order,
        other => panic!("not started: {other:?}"),
    }
}

#[test]
fn every_issuer_is_fetched_at_start() {
    let start = Instant::now();
    let mut schedule = schedule(start);
    assert_eq!(schedule.next(), Some(start));
    assert_eq!(schedule.due(start).len(), 1);
    assert_eq!((schedule.due(start).len(), schedule.next()), (0, None), "it is under way");
}

#[test]
fn unknown_key_inside_the_cooldown_waits_for_nobody() {
    let start = Instant::now();
    let mut schedule = fetched(start, true);
    assert!(matches!(schedule.wish(ISSUER, start + Duration::from_millis(29_999)), Wish::Cooling));
    assert!(matches!(schedule.wish(ISSUER, start + seconds(30)), Wish::Started(..)));
}

#[test]
fn wishes_during_a_fetch_join_it() {
    let start = Instant::now();
    let mut schedule = fetched(start, true);
    let order = started(schedule.wish(ISSUER, start + seconds(30)));
    let Wish::Joined(pending) = schedule.wish(ISSUER, start + seconds(31)) else { panic!("not joined") };
    schedule.finish(&order, true, start + seconds(31));
    order.land(true);
    assert!(pending.wait(Duration::ZERO));
}

#[test]
fn flood_of_unknown_keys_costs_one_fetch_per_cooldown() {
    let start = Instant::now();
    let mut schedule = fetched(start, true);
    let mut fetches = 0;
    for tenth in 1..=3000 {
        let now = start + Duration::from_millis(100 * tenth);
        if let Wish::Started(_, order) = schedule.wish(ISSUER, now) {
            fetches += 1;
            schedule.finish(&order, true, now);
        }
    }
    assert_eq!(fetches, 10);
}

#[test]
fn failed_fetch_is_under_the_cooldown_too() {
    let start = Instant::now();
    let mut schedule = fetched(start, false);
    assert!(matches!(schedule.wish(ISSUER, start + seconds(1)), Wish::Cooling));
}

#[test]
fn failure_is_retried_ever_more_slowly_and_success_resets_it() {
    let start = Instant::now();
    let mut schedule = fetched(start, false);
    let mut now = start;
    for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(schedule.next(), Some(now + seconds(wait)));
        now += seconds(wait);
        let orders = schedule.due(now);
        schedule.finish(&orders[0], false, now);
    }
    now += seconds(60);
    let orders = schedule.due(now);
    schedule.finish(&orders[0], true, now);
    assert_eq!(schedule.next(), Some(now + seconds(600)));
    now += seconds(600);
    let orders = schedule.due(now);
    schedule.finish(&orders[0], false, now);
    assert_eq!(schedule.next(), Some(now + seconds(1)));
}

#[test]
fn keys_are_fetched_again_when_they_reach_their_age() {
    let start = Instant::now();
    let mut schedule = fetched(start, true);
    assert_eq!(schedule.next(), Some(start + seconds(600)));
    assert!(schedule.due(start + seconds(599)).is_empty());
    assert_eq!(schedule.due(start + seconds(600)).len(), 1);
}

#[test]
fn reload_of_the_same_issuer_disturbs_nothing() {
    let start = Instant::now();
    let mut schedule = fetched(start, true);
    assert!(schedule.configure([plan("https://login.example.com/jwks")], start + seconds(1)).is_empty());
    assert_eq!(schedule.next(), Some(start + seconds(600)));
    let order = started(schedule.wish(ISSUER, start + seconds(30)));
    assert!(
        schedule
            .configure([Plan { max_age: seconds(60), ..plan("https://login.example.com/jwks") }], start + seconds(31))
            .is_empty()
    );
    assert!(schedule.awaits(&order));
    schedule.finish(&order, true, start + seconds(32));
    assert_eq!(schedule.next(), Some(start + seconds(92)));
}

#[test]
fn shorter_age_counts_from_the_last_fetch() {
    let start = Instant::now();
    let mut schedule = fetched(start, true);
    assert!(
        schedule
            .configure([Plan { max_age: seconds(60), ..plan("https://login.example.com/jwks") }], start + seconds(10))
            .is_empty()
    );
    assert_eq!(schedule.next(), Some(start + seconds(60)));
}

#[test]
fn moved_issuer_is_fetched_at_once_and_the_old_fetch_counts_no_more() {
    let start = Instant::now();
    let mut schedule = schedule(start);
    let order = schedule.due(start).remove(0);
    let Wish::Joined(pending) = schedule.wish(ISSUER, start) else { panic!("not joined") };
    let abandoned = schedule.configure([plan("https://keys.example.com/jwks")], start + seconds(1));
    abandoned.iter().for_each(|flight| flight.land(false));
    assert!(!pending.wait(seconds(30)));
    assert!(!schedule.awaits(&order));
    schedule.finish(&order, true, start + seconds(2));
    assert!(!schedule.ready(start + seconds(2)), "the old keys are not the new ones");
    assert_eq!(schedule.due(start + seconds(2)).len(), 1);
}

#[test]
fn issuer_that_is_gone_or_unknown_is_never_fetched() {
    let start = Instant::now();
    let mut schedule = fetched(start, true);
    assert!(matches!(schedule.wish("https://other.example.com", start + seconds(60)), Wish::Cooling));
    assert!(schedule.configure([], start).is_empty());
    assert!(matches!(schedule.wish(ISSUER, start + seconds(60)), Wish::Cooling));
    assert_eq!(schedule.next(), None);
}

#[test]
fn readiness_waits_for_every_issuer_but_not_for_ever() {
    let start = Instant::now();
    assert!(Schedule::new(Fetching::On, start).ready(start), "nobody to wait for");
    assert!(fetched(start, true).ready(start));
    let mut failing = fetched(start, false);
    assert!(!failing.ready(start + seconds(29)));
    assert!(failing.ready(start + seconds(30)));
    failing.supply(ISSUER, start);
    assert!(failing.ready(start));
}

#[test]
fn issuer_that_had_keys_stays_ready_when_it_goes_away() {
    let start = Instant::now();
    let mut schedule = fetched(start, true);
    let orders = schedule.due(start + seconds(600));
    schedule.finish(&orders[0], false, start + seconds(600));
    schedule.opened = start + seconds(600);
    assert!(schedule.ready(start + seconds(600)));
}

#[test]
fn keys_brought_by_hand_need_no_fetch_until_they_age() {
    let start = Instant::now();
    let mut schedule = schedule(start);
    schedule.supply(ISSUER, start);
    assert!(schedule.due(start).is_empty());
    assert_eq!(schedule.next(), Some(start + seconds(600)));
}

#[test]
fn offline_nothing_is_fetched() {
    let start = Instant::now();
    let mut schedule = Schedule::new(Fetching::Off, start);
    assert!(schedule.configure([plan("https://login.example.com/jwks")], start).is_empty());
    assert!(matches!(schedule.wish(ISSUER, start), Wish::Cooling));
    assert!(schedule.due(start).is_empty() && schedule.next().is_none());
}

#[test]
fn closing_hands_back_what_is_under_way() {
    let start = Instant::now();
    let mut schedule = schedule(start);
    assert_eq!(schedule.due(start).len(), 1);
    assert_eq!(schedule.configure([], start).len(), 1);
}
