//! How long a right password takes while somebody else guesses, against how long it takes when nobody does: over HTTP, wall time.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use benches::median;
use gatewright_http::{Log, ServeOptions, Server};
use gatewright_issuer::{Live, Options};

/// Each user's first right password is hashed, so each is asked once.
const USERS_PER_ROUND: usize = 6;
const ROUNDS: usize = 16;
const CONNECTIONS: usize = 4;
/// bcrypt's usual cost.
const COST: u32 = 10;

#[expect(clippy::print_stdout, reason = "a benchmark's output")]
fn main() {
    let hash = bcrypt::hash("secret", COST).unwrap();
    let users = (0..2 * ROUNDS * USERS_PER_ROUND).fold(String::new(), |mut users, user| {
        writeln!(users, "user-{user}:{hash}").unwrap();
        users
    });
    let policy = format!(
        "version = 1\n[[basic]]\nhtpasswd = '''\n{users}'''\n[http]\nproxy_sets = {{ verify = [\"X-Real-IP\"] }}\n\
         [[rule]]\nid = \"members\"\nhosts = [\"app.example.com\"]\nallow = \"authenticated\"\n"
    );
    let live = Live::from_text(&policy, Path::new("."), Options { watch: false, fetch: false, ..Options::default() }).unwrap();
    let options =
        ServeOptions { listen: vec!["127.0.0.1:0".to_owned()], log: Log::json(std::io::sink()), ..ServeOptions::default() };
    let server = Server::start(live, options).unwrap();
    let address = server.addresses()[0].tcp().unwrap();

    let guesses = Arc::new(AtomicUsize::new(0));
    let (mut ratios, mut idle_times, mut busy_times) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let right = |phase: usize| {
            let first = (2 * round + phase) * USERS_PER_ROUND;
            median((first..first + USERS_PER_ROUND).map(|user| right_password(address, user)).collect())
        };
        let idle = right(0);
        let over = Arc::new(AtomicBool::new(false));
        let attackers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (over, guesses) = (Arc::clone(&over), Arc::clone(&guesses));
                std::thread::spawn(move || attack(address, &over, &guesses))
            })
            .collect();
        let busy = right(1);
        over.store(true, Ordering::Relaxed);
        attackers.into_iter().for_each(|attacker| attacker.join().unwrap());
        println!("  round {round}: {idle:.1} ms, {busy:.1} ms, {} wrong passwords so far", guesses.load(Ordering::Relaxed));
        ratios.push(busy / idle);
        idle_times.push(idle);
        busy_times.push(busy);
    }
    println!(
        "a right password: {:.1} ms when nobody guesses, {:.1} ms while one client does ({} wrong passwords): ratio {:.2}, at worst {:.2}",
        median(idle_times),
        median(busy_times),
        guesses.load(Ordering::Relaxed),
        median(ratios.clone()),
        ratios.iter().copied().fold(0.0, f64::max)
    );
}

/// Milliseconds until a client's right password has passed for the first time.
fn right_password(address: SocketAddr, user: usize) -> f64 {
    let mut stream = TcpStream::connect(address).unwrap();
    let start = Instant::now();
    assert_eq!(ask(&mut stream, "192.0.2.1", &format!("user-{user}"), "secret"), 200);
    start.elapsed().as_secs_f64() * 1e3
}

/// Guesses as fast as the answers come.
fn attack(address: SocketAddr, over: &AtomicBool, guesses: &AtomicUsize) {
    let mut stream = TcpStream::connect(address).unwrap();
    while !over.load(Ordering::Relaxed) {
        let guess = guesses.fetch_add(1, Ordering::Relaxed);
        let status = ask(&mut stream, "192.0.2.66", &format!("user-{}", guess % 100), &format!("guess-{guess}"));
        assert!(status == 401 || status == 503, "{status}");
    }
}

fn ask(stream: &mut TcpStream, client: &str, name: &str, password: &str) -> u16 {
    let credential = base64_simd::STANDARD.encode_to_string(format!("{name}:{password}"));
    let question = format!(
        "GET /auth/verify HTTP/1.1\r\nX-Original-URI: /\r\nX-Original-Method: GET\r\nHost: app.example.com\r\nX-Real-IP: {client}\r\n\
         Authorization: Basic {credential}\r\n\r\n"
    );
    stream.write_all(question.as_bytes()).unwrap();
    let (mut head, mut buffer) = (Vec::new(), [0; 1024]);
    while !head.ends_with(b"\r\n\r\n") {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the connection ended");
        head.extend_from_slice(&buffer[..count]);
    }
    str::from_utf8(&head).unwrap().split(' ').nth(1).unwrap().parse().unwrap()
}
