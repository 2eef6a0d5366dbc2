//! Every decision and attack of the corpus that nginx can ask, asked by a real nginx with the article's configuration: what it makes of the
//! answer, and what the gate logs.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::Value;
use support::backend::Backend;
use support::corpus::{Case, Failure, Tally, cases, line};
use support::nginx::{self, Nginx, Setup};
use support::raw::{Reply, read_head};

/// The secret of the policies that have one.
const AUTH: &str = "proxy_set_header X-Gatewright-Proxy 0123456789abcdef0123456789abcdef;";
/// nginx would take no more than 8 KiB for a line.
const SERVER: &str = "large_client_header_buffers 8 64k;";

#[test]
fn every_decision_that_nginx_can_ask_is_the_same_through_it() {
    if !nginx::is_installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let gate = format!("unix:{}", folder.path().join("gate.sock").display());
    let backend = Backend::start();
    let nginx = Nginx::start_as(Setup { gate: &gate, backend: backend.address, location: "", auth: AUTH, server: SERVER });
    let mut tally = Tally::default();
    for mut case in cases() {
        // The certificates of the corpus are handed on by another dialect's proxy.
        case.config = case.config.replace("proxy_sets = { forward = ", "proxy_sets = { verify = ");
        tally.count(&case, run(&case, &nginx, &gate, &backend));
    }
    tally.finish(2_000);
}

fn run(case: &Case, nginx: &Nginx, gate: &str, backend: &Backend) -> Result<(), Failure> {
    if let Some((_, reason)) = OTHERWISE.iter().find(|(name, _)| *name == case.name) {
        return Err(Failure::NotExpressible((*reason).to_owned()));
    }
    let live = case.live()?;
    let head = head(case, &live.current().config.http().proxy_sets("verify").iter().map(String::as_str).collect::<Vec<_>>())?;
    if head.len() + 400 > live.current().config.http().max_header_bytes {
        return Err(Failure::NotExpressible("the head is larger than the adapter takes".to_owned()));
    }
    let ask = || {
        let mut stream = nginx.connect();
        stream.write_all(&head).unwrap();
        stream.flush().unwrap();
        read_head(&mut stream)
    };
    let (reply, logged) = case.with_gate(live, gate, |_| ask())?;
    let reached = backend.take();
    let ids: Vec<&str> = reached.iter().flat_map(|request| request.all("x-request-id")).collect();
    if ids.iter().any(|id| logged["outcome"] != "allow" || logged["request_id"] != *id) {
        return Err(Failure::Wrong(format!("{ids:?} reached the backend without an allow in the log: {logged}")));
    }
    if logged.is_null() && (400..500).contains(&reply.status) {
        return Err(Failure::NotExpressible(format!("nginx itself answers {}", reply.status)));
    }
    compare(&case.expect, &reply, &logged, reached.len())
}

/// Writes the request, or says why it never comes to nginx, or not as it is meant.
fn head(case: &Case, proxy_sets: &[&str]) -> Result<Vec<u8>, Failure> {
    let not_expressible = |reason: &str| Err(Failure::NotExpressible(reason.to_owned()));
    let (host, method) = (case.bytes("host"), case.bytes("method"));
    if case.text("scheme") != Some("https") {
        return not_expressible("the article's site is https");
    }
    if host.contains(&b':') {
        return not_expressible(NO_PORT);
    }
    if case.config.contains("networks = ") {
        return not_expressible("the article's configuration vouches for no client's address");
    }
    if proxy_sets != case.proxy_sets() {
        return not_expressible("the policy says what the proxy overwrites, the request something else");
    }
    let path = case.bytes("path");
    if !path.starts_with(b"/") {
        return not_expressible("nginx takes a whole address apart");
    }
    if method.is_empty() || path.iter().chain(&method).any(|byte| *byte <= b' ' || *byte == 0x7f) {
        return not_expressible("a request line cannot carry it");
    }
    let mut head = [&method, b" ".as_slice(), &path, b" HTTP/1.1\r\n"].concat();
    line(&mut head, "Host", &host)?;
    line(&mut head, "Connection", b"close")?;
    for (name, value) in case.fields() {
        if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
            return not_expressible(&format!("`{name}` belongs to the dialect or to the connection"));
        }
        line(&mut head, &name, &value)?;
    }
    head.extend(b"\r\n");
    Ok(head)
}

fn compare(expect: &Value, reply: &Reply, logged: &Value, reached: usize) -> Result<(), Failure> {
    let mut wrong = String::new();
    let mut check = |what: &str, expected: &Value, found: &Value| {
        if expected != found {
            write!(wrong, "{what} is {found}, not {expected}; ").unwrap();
        }
    };
    // An attack may leave open which rule refuses it.
    for name in ["outcome", "code", "rule"].into_iter().filter(|name| expect.get(name).is_some()) {
        check(name, &expect[name], logged.get(name).unwrap_or(&Value::Null));
    }
    // `auth_request` takes whatever is neither 2xx nor 401 nor 403 for an error of its own.
    let status = if expect["status"] == 503 { Value::from(500) } else { expect["status"].clone() };
    check("status", &status, &reply.status.into());
    check("requests at the backend", &Value::from(usize::from(expect["outcome"] == "allow")), &reached.into());
    if let Some(challenge) = expect.get("www_authenticate").filter(|_| expect["status"] == 401) {
        check("www-authenticate", challenge, &reply.header("www-authenticate").map_or(Value::Null, Value::from));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::Wrong(wrong)) }
}

/// What another dialect knows better.
const OTHERWISE: [(&str, &str); 5] = [
    ("dpop_proofs: a proof for another port is refused", NO_PORT),
    ("hosts: a rule's port does not match the default port", NO_PORT),
    ("hosts: without a port the scheme's own counts: https", NO_PORT),
    ("hosts: without a port the scheme's own counts, not another's", NO_PORT),
    ("biscuit_checks: a check for the address holds", "the article's configuration vouches for no client's address"),
];
const NO_PORT: &str = "nginx's `$host` has no port";

/// Names that mean something to this dialect or to the connection it is spoken on.
const RESERVED: [&str; 10] = [
    "x-request-id",
    "x-original-method",
    "x-original-uri",
    "x-gatewright-proxy",
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "expect",
];
