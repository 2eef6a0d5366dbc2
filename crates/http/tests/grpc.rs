//! The listener for Envoy's `Authorization/Check`: whatever arrives there, only an allow of the engine is an allow for Envoy.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::io::{Read as _, Write as _};

use prost::Message as _;
use support::envoy::{CheckRequest, CheckResponse, Envoy, Mode, framed, question};
use support::gate::{Gate, NOW, POLICY, cookie_at};
use support::raw::connect;

/// A gate that answers gRPC, with this `[http]` table.
fn start(http: &str) -> Gate {
    start_with(&format!("{POLICY}\n[http]\n{http}\n"))
}

/// The same with a whole policy, the table `[http]` its last.
fn start_with(policy: &str) -> Gate {
    let http = if policy.contains("[http]") { "" } else { "[http]" };
    Gate::start_on(&format!("{policy}\n{http}\ngrpc = \"127.0.0.1:0\"\n"), &["127.0.0.1:0"])
}

fn envoy(gate: &Gate) -> Envoy {
    Envoy::connect(gate.grpc())
}

/// The field with a session of somebody in these groups.
fn session(gate: &Gate, subject: &str, groups: &[&str]) -> (String, Vec<u8>) {
    field(&gate.cookie(subject, groups))
}

/// A header line as a field.
fn field(line: &str) -> (String, Vec<u8>) {
    let (name, value) = line.trim_end().split_once(": ").unwrap();
    (name.to_owned(), value.as_bytes().to_vec())
}

fn ask(path: &str, fields: &[(String, Vec<u8>)], mode: Mode) -> CheckRequest {
    question(b"GET", b"https", b"app.example.com", path.as_bytes(), fields, Some("192.0.2.7"), mode)
}

fn is_denied(message: &CheckResponse, status: i32) -> bool {
    let code = message.status.as_ref().map_or(0, |status| status.code);
    code != 0 && message.ok.is_none() && message.denied.as_ref().unwrap().status.as_ref().unwrap().code == status
}

#[test]
fn both_header_modes_are_answered_alike() {
    let gate = start("");
    let mut envoy = envoy(&gate);
    for mode in [Mode::Joined, Mode::Raw] {
        let alice = session(&gate, "alice", &["staff"]);
        let told = envoy.check(&ask("/reports?x=1", &[alice], mode), &[]);
        assert_eq!((told.http_status, told.grpc_status.as_str()), (200, "0"), "{mode:?}");
        let message = told.message.unwrap();
        let ok = message.ok.unwrap();
        assert_eq!(message.status.unwrap().code, 0);
        let fields: Vec<(String, String)> =
            ok.headers.iter().map(|option| option.header.clone().unwrap()).map(|header| (header.key, header.value)).collect();
        let expected = [("x-email", "alice@example.com"), ("x-user", "alice")];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())), "{mode:?}");
        assert!(ok.headers.iter().all(|option| option.append_action == 2 && option.keep_empty_value), "{mode:?}");
        assert_eq!(ok.headers_to_remove, ["x.email", "x_email", "x.user", "x_user"]);
        assert!(is_denied(&envoy.check(&ask("/reports", &[], mode), &[]).message.unwrap(), 401), "{mode:?}");
        let alice = session(&gate, "alice", &["staff"]);
        assert!(is_denied(&envoy.check(&ask("/admin", &[alice], mode), &[]).message.unwrap(), 403), "{mode:?}");
    }
}

#[test]
fn people_are_sent_to_the_login_and_programs_are_not() {
    let gate = start("");
    let person = ("accept".to_owned(), b"text/html".to_vec());
    let message = envoy(&gate).check(&ask("/a?x=1&y=2", &[person], Mode::Raw), &[]).message.unwrap();
    assert!(is_denied(&message, 302));
    let location = "https://auth.example.com/login?rd=https%3A%2F%2Fapp.example.com%2Fa%3Fx%3D1%26y%3D2";
    assert_eq!(message.as_reply().header("location"), Some(location));
    let message = envoy(&gate).check(&ask("/a", &[], Mode::Raw), &[]).message.unwrap();
    assert_eq!(message.as_reply().header("www-authenticate"), Some(r#"Bearer realm="gatewright""#));
}

#[test]
fn renewed_session_is_added_to_the_answer_for_the_client() {
    let gate = start_with(&POLICY.replace("[session]", "[session]\nidle = \"1h\""));
    let session = field(&cookie_at(&gate.live, "alice", &[], NOW - 1_800));
    let ok = envoy(&gate).check(&ask("/a", &[session], Mode::Raw), &[]).message.unwrap().ok.unwrap();
    let [added] = ok.response_headers_to_add.as_slice() else { panic!("{ok:?}") };
    assert_eq!(added.append_action, 0, "the application's own cookies stay");
    assert!(added.header.as_ref().unwrap().value.starts_with("session="));
}

#[test]
fn what_is_no_question_is_denied_and_never_an_error_of_grpc() {
    let gate = start("");
    let mut envoy = envoy(&gate);
    let good = ask("/public/a", &[], Mode::Raw).encode_to_vec();
    let mut compressed = framed(&good);
    compressed[0] = 1;
    let mut long = framed(&good);
    long[4] += 1;
    for (what, body) in [
        ("nothing", Vec::new()),
        ("an empty message", framed(b"")),
        ("no protobuf", framed(b"\xff\xff\xff\xff")),
        ("a compressed message", compressed),
        ("a length that is not the message's", long),
        ("two messages", [framed(&good), framed(&good)].concat()),
        ("a message of half a megabyte", framed(&vec![0x7a; 1 << 19])),
        ("half a prefix", vec![0, 0]),
    ] {
        let told = envoy.call("/envoy.service.auth.v3.Authorization/Check", &body, &[]);
        assert_eq!((told.http_status, told.grpc_status.as_str()), (200, "0"), "{what}");
        assert!(is_denied(&told.message.unwrap(), 403), "{what}");
        assert_eq!(gate.last_decision()["code"], "request_malformed", "{what}");
    }
}

#[test]
fn no_other_method_exists() {
    let gate = start("");
    let mut envoy = envoy(&gate);
    let body = framed(&ask("/public/a", &[], Mode::Raw).encode_to_vec());
    for path in [
        "/",
        "/auth/verify",
        "/envoy.service.auth.v2.Authorization/Check",
        "/envoy.service.auth.v3.Authorization/check",
        "/grpc.health.v1.Health/Check",
    ] {
        let told = envoy.call(path, &body, &[]);
        assert_eq!((told.http_status, told.grpc_status.as_str(), told.message), (200, "12", None), "{path}");
    }
    let told = envoy.call("/envoy.service.auth.v3.Authorization/Check", &body, &[("content-type", "application/json")]);
    assert_eq!((told.http_status, told.message), (415, None));
}

#[test]
fn secret_comes_with_the_call_and_not_with_the_clients_request() {
    let secret = "0123456789abcdef0123456789abcdef";
    let gate = start(&format!("proxy_secret = \"{secret}\""));
    let mut envoy = envoy(&gate);
    let field = ("x-gatewright-proxy".to_owned(), secret.as_bytes().to_vec());
    let request = ask("/public/a", &[field], Mode::Raw);
    assert!(is_denied(&envoy.check(&request, &[]).message.unwrap(), 403));
    assert_eq!(gate.last_decision()["code"], "peer_untrusted");
    assert!(envoy.check(&request, &[("x-gatewright-proxy", secret)]).message.unwrap().ok.is_some());
}

#[test]
fn stranger_is_not_listened_to() {
    let gate = start("trusted_peers = [\"10.0.0.0/8\"]");
    let mut stream = connect(gate.grpc());
    let _ = stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(answer, b"");
    let noted = gate.entries().into_iter().find(|entry| entry["event"] == "peer_untrusted").unwrap();
    assert!(noted["detail"].as_str().unwrap().contains("`[http] trusted_peers`"), "{noted}");
}

/// Envoy hands on what its clients take back, all on one connection.
#[test]
fn clients_that_give_up_do_not_end_the_calls_of_others() {
    let gate = start("");
    let mut envoy = envoy(&gate);
    let request = ask("/public/a", &[], Mode::Raw);
    envoy.give_up(&request, 200);
    assert!(envoy.check(&request, &[]).message.unwrap().ok.is_some());
}

#[test]
fn long_metadata_is_no_error_of_grpc() {
    let gate = start("");
    let trace = "a".repeat(60_000);
    let told = envoy(&gate).check(&ask("/public/a", &[], Mode::Raw), &[("tracestate", &trace)]);
    assert!(told.message.unwrap().ok.is_some());
}

#[test]
fn address_is_the_other_end_of_envoys_connection() {
    let policy = POLICY.replace("[[rule]]\nid = \"public\"", "[[rule]]\nid = \"office\"\nnetworks = [\"192.0.2.0/24\"]\npaths = [\"/office\"]\nallow = \"anyone\"\n[[rule]]\nid = \"public\"");
    let gate = start_with(&policy);
    let forged = ("x-forwarded-for".to_owned(), b"192.0.2.7".to_vec());
    let from = |client: Option<&str>| {
        question(b"GET", b"https", b"app.example.com", b"/office", std::slice::from_ref(&forged), client, Mode::Raw)
    };
    let mut envoy = envoy(&gate);
    assert!(envoy.check(&from(Some("192.0.2.9")), &[]).message.unwrap().ok.is_some());
    assert!(is_denied(&envoy.check(&from(Some("203.0.113.9")), &[]).message.unwrap(), 401));
    assert!(is_denied(&envoy.check(&from(None), &[]).message.unwrap(), 403));
    assert_eq!(gate.last_decision()["code"], "client_address_unknown");
}

#[test]
fn password_is_hashed_elsewhere_and_decided_the_same() {
    let gate = start_with(
        "version = 1\n[[basic]]\nhtpasswd = \"alice:$2b$04$xPcmM9vdqLbpoORXbhCHYOfyXMXawPau/s46rD3AI7zajaqSk28GS\"\n\
         [[rule]]\nid = \"members\"\nallow = \"authenticated\"",
    );
    let mut envoy = envoy(&gate);
    for (password, allowed) in [("YWxpY2U6c2VjcmV0", true), ("YWxpY2U6d3Jvbmc=", false)] {
        let basic = ("authorization".to_owned(), format!("Basic {password}").into_bytes());
        let message = envoy.check(&ask("/a", &[basic], Mode::Raw), &[]).message.unwrap();
        assert_eq!(message.ok.is_some(), allowed);
        assert!(allowed || is_denied(&message, 401));
    }
}

#[test]
fn http_1_is_not_spoken_there() {
    let gate = start("");
    let mut stream = connect(gate.grpc());
    stream
        .write_all(
            b"GET /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: /public/a\r\n\r\n",
        )
        .unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
}

#[test]
fn connection_is_ended_in_good_order_when_the_service_ends() {
    let gate = start("");
    let mut envoy = envoy(&gate);
    assert!(envoy.check(&ask("/public/a", &[], Mode::Raw), &[]).message.unwrap().ok.is_some());
    let stopping = std::thread::spawn(move || gate.server.stop());
    envoy.wait_for_the_end();
    stopping.join().unwrap();
}
