//! Every decision and attack of the corpus, asked over HTTP through `/auth/forward` and over gRPC: the adapter adds nothing and
//! loses nothing.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::fmt::Write as _;

use gatewright::{HttpSettings, TrustedHops};
use serde_json::Value;
use support::corpus::{Case, Failure, Tally, cases, line};
use support::envoy::{self, CheckRequest, Envoy, Mode};
use support::raw::{Reply, exchange};

#[test]
fn every_decision_of_the_corpus_is_the_same_over_http() {
    let mut tally = Tally::default();
    for case in cases() {
        tally.count(&case, run(&case));
    }
    tally.finish(2_500);
}

#[test]
fn every_decision_of_the_corpus_is_the_same_over_grpc() {
    let mut tally = Tally::default();
    for case in cases() {
        tally.count(&case, run_over_grpc(&case));
    }
    tally.finish(2_500);
}

fn run_over_grpc(case: &Case) -> Result<(), Failure> {
    let live = case.live()?;
    let question = grpc_question(case, live.current().config.http())?;
    let secret =
        live.current().config.http().proxy_secret.as_ref().map(|secret| String::from_utf8_lossy(secret.expose()).into_owned());
    let metadata: Vec<(&str, &str)> = secret.iter().map(|secret| ("x-gatewright-proxy", secret.as_str())).collect();
    let (reply, logged) = case.with_gate(live, "127.0.0.1:0", |server| {
        let told = Envoy::connect(server.grpc_address().unwrap().tcp().unwrap()).check(&question, &metadata);
        told.message.unwrap().as_reply()
    })?;
    compare(&case.expect, &case.request, &reply, &logged)
}

/// Writes the question, or says why Envoy would not ask it.
fn grpc_question(case: &Case, settings: &HttpSettings) -> Result<CheckRequest, Failure> {
    let not = |why: &str| Failure::NotExpressible(why.to_owned());
    if case.request.get("portless_host") == Some(&Value::Bool(true)) {
        return Err(not("this dialect's host carries the port"));
    }
    if settings.trusted_peers.is_some() {
        return Err(not("the policy trusts another caller than this test"));
    }
    if settings.proxy_sets("envoy") != case.proxy_sets() {
        return Err(not("the policy says what the proxy overwrites, the request something else"));
    }
    let fields = case.fields();
    let is_field = |(name, value): &(String, Vec<u8>)| line(&mut Vec::new(), name, value).is_ok();
    if !fields.iter().all(is_field) {
        return Err(not("no field can carry it (RFC 9110 §5.5)"));
    }
    if fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-forwarded-proto")) {
        return Err(not("the header belongs to the dialect"));
    }
    if case.bytes("method").is_empty() || case.bytes("path").is_empty() || case.bytes("host").is_empty() {
        return Err(not("Envoy has each of them"));
    }
    if line(&mut Vec::new(), "x-forwarded-proto", &case.bytes("scheme")).is_err() {
        return Err(not("no scheme that Envoy writes"));
    }
    let (method, scheme, host, path) = (case.bytes("method"), case.bytes("scheme"), case.bytes("host"), case.bytes("path"));
    Ok(envoy::question(&method, &scheme, &host, &path, &fields, case.text("client"), Mode::Raw))
}

fn run(case: &Case) -> Result<(), Failure> {
    let live = case.live()?;
    let head = head(case, live.current().config.http())?;
    let (reply, logged) = case.with_gate(live, "127.0.0.1:0", |server| exchange(server.addresses()[0].tcp().unwrap(), &head))?;
    compare(&case.expect, &case.request, &reply, &logged)
}

/// Writes the question, or says why this dialect cannot ask it.
fn head(case: &Case, settings: &HttpSettings) -> Result<Vec<u8>, Failure> {
    if case.request.get("portless_host") == Some(&Value::Bool(true)) {
        return Err(Failure::NotExpressible("this dialect's host carries the port".to_owned()));
    }
    let mut head = b"GET /auth/forward HTTP/1.1\r\n".to_vec();
    line(&mut head, "X-Forwarded-Method", &case.bytes("method"))?;
    line(&mut head, "X-Forwarded-Proto", &case.bytes("scheme"))?;
    line(&mut head, "X-Forwarded-Host", &case.bytes("host"))?;
    line(&mut head, "X-Forwarded-Uri", &case.bytes("path"))?;
    if let Some(client) = case.text("client") {
        if settings.trusted_hops != TrustedHops::Networks(Vec::new()) {
            return Err(Failure::NotExpressible("the client's address stands behind trusted hops".to_owned()));
        }
        line(&mut head, "X-Forwarded-For", client.as_bytes())?;
    }
    for (name, value) in case.fields() {
        if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(Failure::NotExpressible(format!("`{name}` belongs to the dialect or to the connection")));
        }
        line(&mut head, &name, &value)?;
    }
    if settings.trusted_peers.is_some() {
        return Err(Failure::NotExpressible("the policy trusts another caller than this test".to_owned()));
    }
    if settings.proxy_sets("forward") != case.proxy_sets() {
        return Err(Failure::NotExpressible("the policy says what the proxy overwrites, the request something else".to_owned()));
    }
    if let Some(secret) = &settings.proxy_secret {
        line(&mut head, "X-Gatewright-Proxy", secret.expose())?;
    }
    if head.len() > settings.max_header_bytes || head.windows(2).filter(|two| two == b"\r\n").count() > MAX_LINES {
        return Err(Failure::NotExpressible("the head is larger than the adapter takes".to_owned()));
    }
    head.extend(b"\r\n");
    Ok(head)
}

fn compare(expect: &Value, request: &Value, reply: &Reply, logged: &Value) -> Result<(), Failure> {
    let mut wrong = String::new();
    let mut check = |what: &str, expected: &Value, found: Value| {
        if *expected != found {
            write!(wrong, "{what} is {found}, not {expected}; ").unwrap();
        }
    };
    // An attack may leave open which rule refuses it.
    for name in ["outcome", "code", "rule"].into_iter().filter(|name| expect.get(name).is_some()) {
        check(name, &expect[name], logged.get(name).cloned().unwrap_or_default());
    }
    let login = expect.get("login_url").filter(|url| url.is_string());
    let status = if expect["status"] == 401 && login.is_some() && navigates(request) {
        Value::from(302)
    } else {
        expect["status"].clone()
    };
    check("status", &status, reply.status.into());
    let field = |name: &str| -> Value { reply.header(name).map_or(Value::Null, Value::from) };
    if let Some(scheme) = expect.get("www_authenticate") {
        let scheme = if status == 302 { &Value::Null } else { scheme };
        check("www-authenticate", scheme, field("www-authenticate"));
    }
    if let Some(url) = expect.get("login_url") {
        check("location", url, field("location"));
    }
    for pair in expect.get("headers").and_then(Value::as_array).into_iter().flatten() {
        let name = pair[0].as_str().unwrap();
        check(name, &Value::from(vec![pair[1].clone()]), reply.all(&name.to_ascii_lowercase()).into());
    }
    if let Some(renewed) = expect.get("renewed") {
        check("set-cookie", renewed, reply.header("set-cookie").is_some().into());
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::Wrong(wrong)) }
}

/// Whether a browser opens a page with this request: told by fetch metadata first, then by `Accept`.
fn navigates(request: &Value) -> bool {
    let headers: Vec<(String, &str)> = request
        .get("headers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|pair| (pair[0].as_str().unwrap().to_ascii_lowercase(), pair[1].as_str().unwrap()))
        .collect();
    let of = |name: &str| headers.iter().find(|(found, _)| found == name).map(|(_, value)| *value);
    let page = of("sec-fetch-mode").map_or_else(
        || of("accept").is_some_and(|accept| accept.contains("text/html")) && of("x-requested-with").is_none(),
        |mode| mode == "navigate",
    );
    page && (request["method"] == "GET" || request["method"] == "HEAD")
}

/// Names that mean something to this dialect or to the connection it is spoken on.
const RESERVED: [&str; 12] = [
    "x-forwarded-method",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-uri",
    "x-forwarded-for",
    "x-gatewright-proxy",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "expect",
    "te",
];
/// hyper takes a hundred fields.
const MAX_LINES: usize = 100;
