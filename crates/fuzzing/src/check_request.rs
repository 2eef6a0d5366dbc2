//! A call of Envoy's: the bytes of a `CheckRequest`.

use gatewright::{Decision, Request};

use crate::asked::ask;
use crate::draw::{Draw, at_most};
use crate::proxy::{AUTHORIZER, GATE, HOSTS, METHODS, SCHEMES, SESSIONS, TARGETS, VALUES};
use crate::reference::protobuf::{Message, field};
use vectors::session::COOKIE;

/// Whatever the bytes: an answer that Envoy takes for an allow is one of the engine, on the request that the message describes
/// when it is read a second time, by hand; and what is not answered by an allow is a denial with a status of its own.
///
/// One input in two is a message that is well formed apart from what a client can choose; there the answers must be equal.
pub fn check_request(data: &[u8]) {
    match data.split_first() {
        Some((first, rest)) if first & 1 == 0 => {
            let message = drawn(&mut Draw::new(at_most(rest, 512)));
            assert!(check(&message), "the engine and the listener differ: {}", message.escape_ascii());
        }
        Some((_, rest)) => drop(check(at_most(rest, 1024))),
        None => {}
    }
}

/// Returns whether listener and engine say the same; panics if the listener says more than the engine.
fn check(message: &[u8]) -> bool {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let answer = GATE.check(&[&[0], &length[..], message].concat()).expect("an answer that Envoy takes in a way of its own");
    assert!(matches!(answer.status, 0 | 302 | 401 | 403 | 503), "{answer:?}");
    let user = answer.headers.iter().filter(|(name, _)| name == "x-user").map(|(_, value)| value.as_slice()).collect::<Vec<_>>();
    assert_eq!(user.len(), usize::from(answer.status == 0), "{answer:?}");
    let Some(expected) = expected(message) else {
        assert_ne!(answer.status, 0, "{}", message.escape_ascii());
        return answer.status == 403;
    };
    if answer.status == 0 {
        assert_eq!((0, user[0]), (expected.0, expected.1.as_bytes()), "{}", message.escape_ascii());
    }
    answer.status == expected.0 || (answer.status == 302 && expected.0 == 401)
}

/// Reads the message by hand and asks the engine: the status (0 for an allow) and the subject. `None` if it describes no request.
fn expected(message: &[u8]) -> Option<(u16, String)> {
    let attributes = Message::read(message)?.nested(1);
    let attributes = Message::read(&attributes)?;
    let (source, request) = (attributes.nested(1), attributes.nested(4));
    let http = Message::read(&request)?.nested(2);
    let http = Message::read(&http)?;
    let map = http.nested(13);
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for entry in Message::read(&map)?.all(1) {
        let entry = Message::read(entry)?;
        let raw = entry.bytes(3);
        fields.push((entry.bytes(1).to_vec(), if raw.is_empty() { entry.bytes(2) } else { raw }.to_vec()));
    }
    let from_map = !fields.is_empty();
    for entry in http.all(3) {
        let entry = Message::read(entry)?;
        let (name, value) = (entry.bytes(1).to_vec(), entry.bytes(2).to_vec());
        fields.retain(|(other, _)| *other != name);
        fields.push((name, value));
        if from_map {
            return None;
        }
    }
    let (method, path, host) = (http.bytes(2), http.bytes(4), http.bytes(5));
    if method.is_empty() || path.is_empty() || host.is_empty() {
        return None;
    }
    if fields.iter().any(|(name, value)| name == b":authority" && value != host) {
        return None;
    }
    let forwarded: Vec<&[u8]> = fields
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(b"x-forwarded-proto"))
        .map(|(_, value)| value.as_slice())
        .collect();
    let [scheme] = forwarded.as_slice() else { return None };
    if scheme.is_empty() {
        return None;
    }
    let headers: Vec<(&str, &[u8])> = fields
        .iter()
        .filter_map(|(name, value)| Some((str::from_utf8(name).ok()?, value.as_slice())))
        .filter(|(name, _)| !name.starts_with(':'))
        .collect();
    let mut asked = Request::new(method, *scheme, host, path, &headers);
    let address = Message::read(&Message::read(&Message::read(&source)?.nested(1))?.nested(1))?.bytes(2).to_vec();
    if let Some(client) = str::from_utf8(&address).ok().and_then(|address| address.parse().ok()) {
        asked = asked.client(client);
    }
    let asked = ask(&AUTHORIZER, &asked);
    let status = if matches!(asked.decision, Decision::Allow(_)) { 0 } else { asked.decision.status() };
    Some((status, asked.subject().unwrap_or_default().to_owned()))
}

/// A message as Envoy would write it.
fn drawn(draw: &mut Draw<'_>) -> Vec<u8> {
    let one = |draw: &mut Draw<'_>, choices: &[&str]| {
        if draw.one_in(8) { draw.pieces(&VALUES, 3).into_bytes() } else { draw.one_of(choices).as_bytes().to_vec() }
    };
    let (method, scheme) = (one(draw, &METHODS), one(draw, &SCHEMES));
    let (host, path) = (one(draw, &HOSTS), one(draw, &TARGETS));
    let mut headers: Vec<(String, Vec<u8>)> = vec![(":authority".to_owned(), host.clone())];
    if draw.one_in(2) {
        headers.push(("cookie".to_owned(), format!("{COOKIE}={}", draw.one_of(SESSIONS.as_slice())).into_bytes()));
    }
    if !draw.one_in(8) {
        headers.push(("x-forwarded-proto".to_owned(), scheme.clone()));
    }
    if draw.one_in(4) {
        headers.push(("x-forwarded-for".to_owned(), b"10.0.0.1".to_vec()));
    }
    if draw.one_in(4) {
        headers.push(("accept".to_owned(), b"text/html".to_vec()));
    }
    let raw = draw.one_in(2);
    let headers: Vec<u8> = headers
        .iter()
        .map(|(name, value)| [field(1, name.as_bytes()), field(if raw { 3 } else { 2 }, value)].concat())
        .flat_map(|entry| if raw { field(1, &entry) } else { field(3, &entry) })
        .collect();
    let headers = if raw { field(13, &headers) } else { headers };
    let http = [field(2, &method), headers, field(4, &path), field(5, &host), field(6, &scheme)].concat();
    let address = *draw.one_of(&["10.1.2.3", "192.0.2.1", "::ffff:10.1.2.3", "@pipe", ""]);
    let source = field(1, &field(1, &field(2, address.as_bytes())));
    let request = field(4, &field(2, &http));
    field(1, &[field(1, &source), request].concat())
}

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let scheme = field(3, &[field(1, b"x-forwarded-proto"), field(2, b"https")].concat());
    let http = [field(2, b"GET"), scheme, field(4, b"/public/x"), field(5, b"app.example.com")].concat();
    let message = field(1, &field(4, &field(2, &http)));
    vec![vec![0; 24], [vec![1], message].concat(), vec![1], vec![1, 0x0a, 0xff]]
}
