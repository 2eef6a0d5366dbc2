//! A policy that stays current while requests flow: rotation, outages, reloads, torn files.

#[path = "../src/testing/mod.rs"]
#[expect(dead_code, unused_imports, reason = "shared with the crate's own tests; no file needs every helper")]
mod testing;

mod token;

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use gatewright::{Authorizer, Decision, KeySet, Request, Revocations, UnixTime};
use gatewright_issuer::{Event, Live, Options, now};
use testing::{Answer, Folder, Server};
use token::Signer;

fn policy(jwks_url: &str, more: &str) -> String {
    format!(
        "version = 1\n[[issuer]]\nissuer = \"https://login.example.com\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\n\
         keys = {{ jwks_url = \"{jwks_url}\" }}\ncooldown = \"1s\"\n{more}\n\
         [[rule]]\nid = \"members\"\nallow = \"authenticated\"\n"
    )
}

fn quiet() -> Options {
    Options { watch: false, ..Options::default() }
}

/// Asks with a token as a user of the crate would.
fn ask(live: &Live, token: &str) -> Decision {
    let headers = [("authorization", format!("Bearer {token}"))];
    live.decide(&Request::new("GET", "https", "app.example.com", "/", &headers), now())
}

/// Waits for something that another thread does, for at most ten seconds.
fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(10), "{what} did not happen");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn no_valid_token_is_refused_while_keys_rotate() {
    let published = Arc::new(Mutex::new(vec![Signer::new("k0")]));
    let jwks = Arc::clone(&published);
    let server = Server::http(move |_| Answer::Json(token::jwks(&jwks.lock().unwrap())));
    let live = Live::from_text(&policy(&server.url("/jwks"), ""), ".".as_ref(), quiet()).unwrap();
    let signing = Arc::new(Mutex::new(published.lock().unwrap()[0].clone()));
    until("the first fetch", || live.ready());

    let over = Arc::new(AtomicBool::new(false));
    let askers: Vec<_> = (0..3)
        .map(|_| {
            let (live, signing, over) = (live.clone(), Arc::clone(&signing), Arc::clone(&over));
            thread::spawn(move || {
                let mut asked = 0_u32;
                while !over.load(Ordering::SeqCst) {
                    let token = signing.lock().unwrap().token("alice");
                    let decision = ask(&live, &token);
                    assert_eq!(decision.code(), "allowed", "{}", decision.detail());
                    asked += 1;
                    thread::sleep(Duration::from_millis(2));
                }
                asked
            })
        })
        .collect();
    let start = Instant::now();
    for generation in 1..=3 {
        let next = Signer::new(&format!("k{generation}"));
        published.lock().unwrap().push(next.clone());
        // An issuer publishes a key two seconds before it signs with it.
        thread::sleep(Duration::from_secs(2));
        *signing.lock().unwrap() = next;
        thread::sleep(Duration::from_millis(300));
    }
    over.store(true, Ordering::SeqCst);
    let asked: u32 = askers.into_iter().map(|asker| asker.join().unwrap()).sum();
    let cooldowns = usize::try_from(start.elapsed().as_secs()).unwrap() + 2;
    assert!(asked > 100, "{asked} requests");
    assert!(server.requests() <= cooldowns, "{} fetches in {cooldowns} cooldowns", server.requests());
    assert!(server.requests() >= 4, "{} fetches: the new keys were never looked for", server.requests());
}

#[test]
fn a_flood_of_unknown_keys_makes_one_fetch_a_cooldown() {
    let known = Signer::new("k0");
    let jwks = token::jwks(std::slice::from_ref(&known));
    let server = Server::http(move |_| Answer::Json(jwks.clone()));
    let live = Live::from_text(&policy(&server.url("/jwks"), ""), ".".as_ref(), quiet()).unwrap();
    until("the first fetch", || live.ready());
    let start = Instant::now();
    for number in 0..500 {
        assert_eq!(ask(&live, &Signer::new(&format!("x{number}")).token("eve")).code(), "key_unknown");
    }
    let cooldowns = usize::try_from(start.elapsed().as_secs()).unwrap() + 2;
    assert!(server.requests() <= cooldowns, "{} fetches in {cooldowns} cooldowns", server.requests());
    assert_eq!(ask(&live, &known.token("alice")).code(), "allowed");
}

#[test]
fn the_provider_may_be_down_at_the_start_and_come_later() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let live = Live::from_text(&policy(&format!("http://{address}/jwks"), ""), ".".as_ref(), quiet()).unwrap();
    let signer = Signer::new("k0");
    let refused = ask(&live, &signer.token("alice"));
    assert_eq!((refused.status(), refused.code()), (503, "keys_unavailable"));
    assert!(!live.ready());
    let jwks = token::jwks(std::slice::from_ref(&signer));
    let _server = Server::http_at(address, move |_| Answer::Json(jwks.clone()));
    until("the provider's keys", || ask(&live, &signer.token("alice")).code() == "allowed");
    assert!(live.ready());
}

#[test]
fn keys_stay_when_the_provider_fails() {
    let signer = Signer::new("k0");
    let jwks = token::jwks(std::slice::from_ref(&signer));
    let down = Arc::new(AtomicBool::new(false));
    let broken = Arc::clone(&down);
    let server = Server::http(move |_| match broken.load(Ordering::SeqCst) {
        true => Answer::Raw(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_vec()),
        false => Answer::Json(jwks.clone()),
    });
    let live = Live::from_text(&policy(&server.url("/jwks"), ""), ".".as_ref(), quiet()).unwrap();
    until("the first fetch", || live.ready());
    down.store(true, Ordering::SeqCst);
    thread::sleep(Duration::from_millis(1_100));
    let asked_before = server.requests();
    assert_eq!(ask(&live, &Signer::new("other").token("eve")).code(), "key_unknown");
    assert!(server.requests() > asked_before, "the failing fetch took place");
    assert_eq!(ask(&live, &signer.token("alice")).code(), "allowed");
}

#[test]
fn one_broken_key_beside_good_ones_is_dropped_and_reported() {
    let signer = Signer::new("good");
    let jwks = format!(
        "{{\"keys\":[{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"bad\",\"x\":\"AA\"}},{{\"kty\":\"oct\",\"kid\":\"secret\",\"k\":\"{}\"}},{}]}}",
        "A".repeat(43),
        signer.jwk()
    );
    let server = Server::http(move |_| Answer::Json(jwks.clone()));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&heard);
    let options = Options { events: Box::new(move |event| events.lock().unwrap().push(event)), ..quiet() };
    let live = Live::from_text(&policy(&server.url("/jwks"), ""), ".".as_ref(), options).unwrap();
    until("the first fetch", || !heard.lock().unwrap().is_empty());
    let Event::KeysFetched { keys, dropped, .. } = heard.lock().unwrap()[0].clone() else {
        panic!("{:?}", heard.lock().unwrap())
    };
    assert_eq!(keys, 1);
    assert_eq!(dropped.iter().filter_map(|key| key.kid.as_deref()).collect::<Vec<_>>(), ["bad", "secret"]);
    assert_eq!(ask(&live, &signer.token("alice")).code(), "allowed");
}

/// Whether the policy in force is the one of this generation, and still has its issuer's keys.
fn generation(authorizer: &Authorizer, token: &str) -> Option<u32> {
    let headers = [("authorization", format!("Bearer {token}"))];
    let decision = authorizer.decide(&Request::new("GET", "https", "app.example.com", "/", &headers), now());
    assert_eq!(decision.code(), "allowed", "a key was lost: {}", decision.detail());
    decision.rule()?.strip_prefix('g')?.parse().ok()
}

#[test]
fn a_thousand_reloads_among_key_refreshes_lose_neither_policy_nor_key() {
    let folder = Folder::new();
    let jwks_of = |signer: &Signer| KeySet::from_json(&token::jwks(std::slice::from_ref(signer))).unwrap();
    let text =
        |generation: u32| policy("https://login.example.com/jwks", "").replace("\"members\"", &format!("\"g{generation}\""));
    folder.write("gatewright.toml", text(0));
    let live =
        Live::open(&folder.path().join("gatewright.toml"), Options { watch: false, fetch: false, ..Options::default() }).unwrap();
    let signers: Vec<Signer> = (0..4).map(|index| Signer::new(&format!("k{index}"))).collect();
    // Every set has the key that tokens are signed with, and another one that changes.
    let sets: Vec<KeySet> =
        signers[1..].iter().map(|other| KeySet::from_json(&token::jwks(&[signers[0].clone(), other.clone()])).unwrap()).collect();
    live.update_keys("https://login.example.com", jwks_of(&signers[0])).unwrap();

    let over = Arc::new(AtomicBool::new(false));
    let refresher = {
        let (live, over, sets) = (live.clone(), Arc::clone(&over), sets);
        thread::spawn(move || {
            let mut refreshed = 0;
            while !over.load(Ordering::SeqCst) {
                live.update_keys("https://login.example.com", sets[refreshed % sets.len()].clone()).unwrap();
                refreshed += 1;
            }
            refreshed
        })
    };
    let token = signers[0].token("alice");
    for round in 1..=1_000 {
        folder.write("gatewright.toml", text(round));
        live.reload().unwrap();
        assert_eq!(generation(&live.current().authorizer, &token), Some(round), "an old policy came back");
    }
    over.store(true, Ordering::SeqCst);
    assert!(refresher.join().unwrap() > 0);
}

#[test]
fn changes_of_many_threads_at_once_are_all_in_force_afterwards() {
    let names: Vec<String> = (0..6).map(|number| format!("https://login-{number}.example.com")).collect();
    let issuers: String = names
        .iter()
        .map(|name| {
            format!(
                "[[issuer]]\nissuer = \"{name}\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\n\
                 keys = {{ jwks_url = \"{name}/jwks\" }}\n"
            )
        })
        .collect();
    let text =
        format!("version = 1\n[revocations]\nfile = \"none\"\n{issuers}[[rule]]\nid = \"members\"\nallow = \"authenticated\"\n");
    let options = Options { watch: false, fetch: false, ..Options::default() };
    let live = Live::from_text(&text, ".".as_ref(), options).unwrap();
    let last: Vec<Signer> = (0..names.len()).map(|number| Signer::new(&format!("last-{number}"))).collect();
    let others: Vec<Signer> = (0..4).map(|number| Signer::new(&format!("other-{number}"))).collect();
    thread::scope(|scope| {
        for (name, last) in names.iter().zip(&last) {
            let (live, others) = (&live, &others);
            scope.spawn(move || {
                for signer in others.iter().cycle().take(200).chain([last]) {
                    let keys = KeySet::from_json(&token::jwks(std::slice::from_ref(signer))).unwrap();
                    live.update_keys(name, keys).unwrap();
                }
            });
        }
        scope.spawn(|| {
            for number in 0..200 {
                live.update_revocations(
                    Revocations::from_json(&format!(r#"{{"subjects":[{{"subject":"s-{number}","before":1}}]}}"#)).unwrap(),
                );
            }
        });
    });
    for (name, signer) in names.iter().zip(&last) {
        let decision = ask(&live, &signer.token_of(name, "alice"));
        assert_eq!(decision.code(), "allowed", "{name}: {}", decision.detail());
    }
}

#[test]
fn a_torn_or_wrong_file_keeps_the_old_policy_and_says_where() {
    let folder = Folder::new();
    let file = folder.path().join("gatewright.toml");
    let good = "version = 1\n[[rule]]\nid = \"open\"\npaths = [\"/\"]\nallow = \"anyone\"\n";
    folder.write("gatewright.toml", good);
    let live = Live::open(&file, Options { watch: false, ..Options::default() }).unwrap();
    let status = || live.decide(&Request::new("GET", "https", "app.example.com", "/", &()), UnixTime::from_secs(0)).status();
    for (wrong, place) in [
        (&good[..20], ":2:1: `[[rule]]` needs the key `id`"),
        ("version = 1\n[[rule]]\nid = \"open\"\nalow = \"anyone\"\n", ":4:1: unknown key `alow`"),
        ("", ":1:1: "),
    ] {
        folder.write("gatewright.toml", wrong);
        let error = live.reload().unwrap_err().to_string();
        assert!(error.contains(place), "{error}");
        assert_eq!(status(), 200, "the old policy stays");
    }
    std::fs::remove_file(&file).unwrap();
    assert!(live.reload().is_err());
    assert_eq!(status(), 200);
    folder.write("gatewright.toml", good.replace("allow", "deny"));
    live.reload().unwrap();
    assert_eq!(status(), 403);
}

#[cfg(unix)]
#[test]
fn a_changed_file_counts_without_being_asked_for_also_through_a_symlink_swap() {
    let folder = Folder::new();
    let rule = |effect: &str| format!("version = 1\n[[rule]]\nid = \"r\"\npaths = [\"/\"]\n{effect} = \"anyone\"\n");
    folder.write("one.toml", rule("allow"));
    folder.write("two.toml", rule("deny"));
    let link = folder.path().join("gatewright.toml");
    std::os::unix::fs::symlink("one.toml", &link).unwrap();
    let live = Live::open(&link, Options { watch: true, ..Options::default() }).unwrap();
    let status = || live.decide(&Request::new("GET", "https", "app.example.com", "/", &()), UnixTime::from_secs(0)).status();
    assert_eq!(status(), 200);
    let swapped = folder.path().join("next");
    std::os::unix::fs::symlink("two.toml", &swapped).unwrap();
    std::fs::rename(&swapped, &link).unwrap();
    until("the new policy", || status() == 403);
}
