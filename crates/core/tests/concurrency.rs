//! Many threads on one authorizer: counts stay exact, a proof counts once, and nobody is ever taken for somebody else.
//!
//! The memory is made of other people's concurrent maps, which no model checker can look into; so these are stress tests, whose
//! assertions hold for every interleaving.
#![expect(clippy::disallowed_methods, reason = "a test reads its vectors and runs threads; the engine does neither")]

use std::net::IpAddr;
use std::sync::Barrier;
use std::thread;

use gatewright::{Authorizer, Config, Decision, KeySet, Request, SessionClaims, UnixTime};
use serde_json::Value;

const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);
const THREADS: usize = 8;
const POLICY: &str = "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\nlifetime = \"12h\"\n\
     [identity_headers]\nX-User = \"subject\"\n\
     [[basic]]\nhtpasswd = \"alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS\"\n\
     [[rule]]\nid = \"members\"\nallow = \"authenticated\"\n";

fn authorizer() -> Authorizer {
    Authorizer::new(&Config::from_toml(POLICY).unwrap()).unwrap()
}

/// Runs the work on every thread at the same moment, and returns what each gave.
fn on_all_threads<R: Send>(work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        let handles: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (start, work) = (&start, &work);
                scope.spawn(move || {
                    start.wait();
                    work(thread)
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

fn code(authorizer: &Authorizer, headers: &Vec<(String, String)>, client: IpAddr) -> &'static str {
    authorizer.decide(&Request::new("GET", "https", "app.example.com", "/", headers).client(client), NOW).code()
}

fn password(name: &str, password: &str) -> Vec<(String, String)> {
    let credential = base64_simd::STANDARD.encode_to_string(format!("{name}:{password}"));
    vec![("Authorization".to_owned(), format!("Basic {credential}"))]
}

#[test]
fn guesses_at_once_are_as_many_as_one_after_the_other() {
    let authorizer = authorizer();
    let client = IpAddr::from([192, 0, 2, 1]);
    let guesses = on_all_threads(|thread| {
        let guess = password("alice", &format!("guess-{thread}"));
        (0..20).filter(|_| code(&authorizer, &guess, client) == "password_incorrect").count()
    });
    assert_eq!(guesses.iter().sum::<usize>(), 10, "{guesses:?}");
}

#[test]
fn guesses_of_one_client_take_nothing_from_the_others() {
    let authorizer = authorizer();
    let guesses = on_all_threads(|thread| {
        let client = IpAddr::from([192, 0, 2, u8::try_from(thread).unwrap()]);
        let guess = password("alice", "guess");
        (0..20).filter(|_| code(&authorizer, &guess, client) == "password_incorrect").count()
    });
    assert_eq!(guesses, [10; THREADS]);
}

#[test]
fn a_proof_that_many_present_at_once_counts_once() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/decisions/dpop_proofs.json");
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let text = vectors["config"].as_str().unwrap().replace("audiences =", "dpop_replay = \"refuse\"\naudiences =");
    let headers = vectors["cases"][0]["request"]["headers"].as_array().unwrap();
    let text_of = |value: &Value| value.as_str().unwrap().to_owned();
    let headers: Vec<(String, String)> = headers.iter().map(|pair| (text_of(&pair[0]), text_of(&pair[1]))).collect();
    for _ in 0..50 {
        let mut authorizer = Authorizer::new(&Config::from_toml(&text).unwrap()).unwrap();
        for (issuer, keys) in vectors["keys"].as_object().unwrap() {
            authorizer = authorizer.with_keys(issuer, KeySet::from_json(&keys.to_string()).unwrap()).unwrap();
        }
        let codes = on_all_threads(|_| code(&authorizer, &headers, IpAddr::from([192, 0, 2, 1])));
        assert_eq!(codes.iter().filter(|code| **code == "allowed").count(), 1, "{codes:?}");
        assert_eq!(codes.iter().filter(|code| **code == "proof_replayed").count(), THREADS - 1, "{codes:?}");
    }
}

/// Sessions, passwords and values derived for new keys share one memory; each thread has subjects of its own.
#[test]
fn nobody_is_taken_for_somebody_else() {
    let authorizer = authorizer();
    on_all_threads(|thread| {
        // As the single writer does when something changes: another value, the same memory.
        let derived = Authorizer::new(&Config::from_toml(POLICY).unwrap()).unwrap().with_memory_of(&authorizer);
        for round in 0..500 {
            let subject = format!("user-{thread}-{}", round % 50);
            let session = authorizer.seal_session(&SessionClaims::new(format!("s-{round}"), &subject), NOW).unwrap();
            let headers = vec![("Cookie".to_owned(), format!("__Host-gatewright={session}"))];
            let of = if round % 2 == 0 { &authorizer } else { &derived };
            match of.decide(&Request::new("GET", "https", "app.example.com", "/", &headers), NOW) {
                Decision::Allow(permit) => {
                    assert_eq!(permit.identity().map(|identity| identity.subject()), Some(subject.as_str()));
                    assert_eq!(permit.headers().map(|(_, value)| value.into_owned()).collect::<Vec<_>>(), [subject]);
                }
                other => panic!("{other:?}"),
            }
        }
    });
}
