//! Ten thousand wrong passwords: who notices, and who does not.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::io::Write as _;

use support::gate::Gate;
#[cfg(target_os = "linux")]
use support::process::Process;
use support::raw::{connect, read_reply};

/// `alice` has `secret`, `bob` `hunter2`.
const POLICY: &str = r#"
version = 1
[[basic]]
htpasswd = '''
alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS
bob:$2b$04$xPcmM9vdqLbpoORXbhCHYOq5cuj0mNtNUVTkUm.F7sNNQBRR8MxO6
'''
[http]
proxy_sets = { verify = ["X-Real-IP"] }
[[rule]]
id = "members"
hosts = ["app.example.com"]
allow = "authenticated"
"#;

fn question(client: &str, name: &str, password: &str) -> String {
    let credential = base64_simd::STANDARD.encode_to_string(format!("{name}:{password}"));
    format!(
        "GET /auth/verify HTTP/1.1\r\nX-Original-URI: /\r\nX-Original-Method: GET\r\nHost: app.example.com\r\nX-Real-IP: {client}\r\n\
         Authorization: Basic {credential}\r\n\r\n"
    )
}

fn ask(gate: &Gate, client: &str, name: &str, password: &str) -> (u16, String) {
    let mut stream = connect(gate.address());
    stream.write_all(question(client, name, password).as_bytes()).unwrap();
    let status = read_reply(&mut stream).status;
    (status, gate.last_decision()["code"].as_str().unwrap().to_owned())
}

/// Sends guesses over one connection, and counts the statuses.
fn guess(gate: &Gate, client: &str, guesses: impl Iterator<Item = (String, String)>) -> usize {
    let mut stream = connect(gate.address());
    guesses
        .filter(|(name, password)| {
            stream.write_all(question(client, name, password).as_bytes()).unwrap();
            read_reply(&mut stream).status == 401
        })
        .count()
}

#[test]
fn ten_thousand_wrong_passwords_lock_nobody_out() {
    let gate = Gate::start_on(POLICY, &["127.0.0.1:0"]);
    assert_eq!(ask(&gate, "192.0.2.1", "bob", "hunter2").1, "allowed");
    let wrong = guess(&gate, "192.0.2.66", (0..10_000).map(|at| ("alice".to_owned(), format!("guess-{at}"))));
    assert_eq!(wrong, 10_000);
    let logged = gate.entries();
    let count = |code: &str| logged.iter().filter(|entry| entry["code"] == code).count();
    assert_eq!((count("password_incorrect"), count("throttled")), (10, 9_990));

    assert_eq!(ask(&gate, "192.0.2.1", "alice", "secret"), (200, "allowed".to_owned()), "the owner, from elsewhere");
    assert_eq!(ask(&gate, "192.0.2.66", "alice", "secret"), (200, "allowed".to_owned()), "and then wherever she is");
    assert_eq!(ask(&gate, "192.0.2.66", "bob", "hunter2"), (200, "allowed".to_owned()), "remembered from before");
    assert_eq!(ask(&gate, "192.0.2.66", "alice", "guess-1").1, "throttled");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_kept_of_guesses_is_bounded() {
    let process = Process::serve(POLICY);
    // From networks that were never seen, under names that nobody has.
    let attack = |round: u32| {
        let mut stream = connect(process.address);
        for guess in 0..400_u32 {
            let client = format!("2001:db8:{round:x}:{guess:x}::1");
            stream.write_all(question(&client, &format!("user-{round}-{guess}"), "guess").as_bytes()).unwrap();
            assert_eq!(read_reply(&mut stream).status, 401);
        }
    };
    attack(0);
    let before = process.resident_bytes();
    (1..6).for_each(attack);
    let grown = process.resident_bytes().saturating_sub(before);
    assert!(grown < 4 * 1024 * 1024, "{grown} bytes more");
}

/// A hash that takes a quarter of a second, so that there is time to give up.
#[test]
fn guess_that_is_given_up_before_its_answer_is_logged() {
    let slow = "slow:$2b$12$CGCYOm1Lfc9sm0EOSVkoI.LZMDj.6a7uKD/MP6yPHUg67NNH2YJhK\nbob:";
    let gate = Gate::start_on(&POLICY.replacen("bob:", slow, 1), &["127.0.0.1:0"]);
    let mut stream = connect(gate.address());
    stream.write_all(question("192.0.2.66", "slow", "guess").as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Both).unwrap();
    let started = std::time::Instant::now();
    while !gate.entries().iter().any(|entry| entry["event"] == "given_up") {
        assert!(started.elapsed() < std::time::Duration::from_secs(20), "nothing was logged: {:?}", gate.entries());
        std::thread::yield_now();
    }
}
