//! The attacks that are bytes on the listener: forged, doubled and misspelt headers, and shapes that servers read differently. Each
//! is sent over a raw socket, to a gate whose log is read and to the binary itself.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::path::Path;

use serde_json::Value;
use support::gate::Gate;
use support::process::Process;
use support::raw::{connect, exchange, read_head};

#[test]
fn every_attack_on_the_listener_is_answered_as_its_vector_says() {
    let mut count = 0;
    for vectors in files() {
        let gate = Gate::start_on(vectors["config"].as_str().unwrap(), &["127.0.0.1:0"]);
        for case in cases(&vectors) {
            count += 1;
            let before = decisions(&gate);
            let status = send(gate.address(), &case);
            let decided =
                &gate.entries().into_iter().filter(|entry| entry.get("outcome").is_some()).collect::<Vec<_>>()[before..];
            let codes: Vec<&str> = decided.iter().map(|entry| entry["code"].as_str().unwrap()).collect();
            let expected: Vec<&str> = case["expect"]["code"].as_str().into_iter().collect();
            assert_eq!(codes, expected, "{}", case["name"]);
            check_status(&case, status);
        }
    }
    println!("{count} attacks on the listener");
    assert!(count >= 200);
}

#[test]
fn the_binary_answers_no_attack_otherwise() {
    for vectors in files() {
        let process = Process::serve(vectors["config"].as_str().unwrap());
        // The sessions of the vectors have ended by the binary's clock.
        for case in cases(&vectors).iter().filter(|case| !case["request"].as_str().unwrap().contains("\r\nCookie: ")) {
            check_status(case, send(process.address, case));
        }
    }
}

fn files() -> [Value; 2] {
    ["raw_verify", "raw_forward"].map(|name| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/attacks").join(format!("{name}.json"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    })
}

fn cases(vectors: &Value) -> Vec<Value> {
    vectors["cases"].as_array().unwrap().clone()
}

fn decisions(gate: &Gate) -> usize {
    gate.entries().iter().filter(|entry| entry.get("outcome").is_some()).count()
}

/// Sends the bytes and returns the status of the first answer, 0 for none.
fn send(address: std::net::SocketAddr, case: &Value) -> u16 {
    let request = case["request"].as_str().unwrap().as_bytes();
    if request.starts_with(b"HEAD") {
        let mut stream = connect(address);
        std::io::Write::write_all(&mut stream, request).unwrap();
        return read_head(&mut stream).status;
    }
    exchange(address, request).status
}

/// Where no status is expected, there is no answer or a refusal.
fn check_status(case: &Value, status: u16) {
    match case["expect"]["status"].as_u64() {
        Some(expected) => assert_eq!(u64::from(status), expected, "{}", case["name"]),
        None => assert!(status == 0 || (400..=505).contains(&status), "{}: {status}", case["name"]),
    }
}
