//! Every decision of the corpus, asked over HTTP through `/auth/forward`: the adapter adds nothing and loses nothing.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gatewright::{HttpSettings, KeySet, Revocations, TrustedHops, UnixTime};
use gatewright_http::{Clock, Log, ServeOptions, Server};
use gatewright_issuer::{Live, Options};
use serde_json::Value;
use support::gate::Lines;
use support::raw::{Reply, exchange};

#[test]
fn every_decision_of_the_corpus_is_the_same_over_http() {
    let (mut asked, mut not_expressible, mut wrong) = (0, BTreeMap::<String, Vec<String>>::new(), Vec::new());
    for path in files() {
        let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        for case in file["cases"].as_array().unwrap() {
            let name = format!("{stem}: {}", case["name"].as_str().unwrap());
            match run(&file, case) {
                Ok(()) => asked += 1,
                Err(Failure::NotExpressible(reason)) => not_expressible.entry(reason).or_default().push(name),
                Err(Failure::Wrong(what)) => wrong.push(format!("{name}: {what}")),
            }
        }
    }
    let left_out: usize = not_expressible.values().map(Vec::len).sum();
    println!("{asked} decisions the same over HTTP, {left_out} not expressible in the dialect");
    for (reason, names) in &not_expressible {
        println!("  {reason}: {}\n    {}", names.len(), names.join("\n    "));
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), wrong.len() + asked, wrong.join("\n"));
    assert!(asked >= 3 * left_out.max(1), "too much of the corpus cannot be asked: {asked} asked, {left_out} left out");
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/decisions");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort_unstable();
    files
}

enum Failure {
    /// The dialect has no words for this request; why.
    NotExpressible(String),
    Wrong(String),
}

fn run(file: &Value, case: &Value) -> Result<(), Failure> {
    let of = |name: &str| case.get(name).or_else(|| file.get(name));
    let options = Options { watch: false, fetch: false, ..Options::default() };
    let live = Live::from_text(file["config"].as_str().unwrap(), Path::new("."), options)
        .map_err(|error| Failure::Wrong(error.to_string()))?;
    let head = head(&case["request"], live.current().config.http())?;
    for (issuer, keys) in of("keys").and_then(Value::as_object).into_iter().flatten() {
        let keys = KeySet::from_json(&keys.to_string()).map_err(|error| Failure::Wrong(error.to_string()))?;
        live.update_keys(issuer, keys).map_err(|error| Failure::Wrong(format!("{issuer}: {error:?}")))?;
    }
    if let Some(revocations) = of("revocations") {
        live.update_revocations(Revocations::from_json(&revocations.to_string()).unwrap());
    }
    let now = UnixTime::from_secs(of("now").and_then(Value::as_u64).unwrap());
    let lines = Lines::default();
    let log = Log::json(lines.clone());
    let options = ServeOptions { listen: vec!["127.0.0.1:0".to_owned()], admin: None, log: log.clone() };
    let server =
        Server::start_with_clock(live, options, Clock::new(move || now)).map_err(|error| Failure::Wrong(error.to_string()))?;
    let reply = exchange(server.addresses()[0].tcp().unwrap(), &head);
    log.flush();
    let logged = lines.entries().into_iter().find(|entry| entry.get("outcome").is_some()).unwrap_or_default();
    compare(&case["expect"], &case["request"], &reply, &logged)
}

/// Writes the question, or says why this dialect cannot ask it.
fn head(request: &Value, settings: &HttpSettings) -> Result<Vec<u8>, Failure> {
    if request.get("portless_host") == Some(&Value::Bool(true)) {
        return Err(Failure::NotExpressible("this dialect's host carries the port".to_owned()));
    }
    let text = |name: &str| bytes(request, name);
    let mut head = b"GET /auth/forward HTTP/1.1\r\n".to_vec();
    let mut line = |name: &str, value: &[u8]| {
        let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
        let control = value.iter().any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f);
        if control || blank(value.first()) || blank(value.last()) {
            return Err(Failure::NotExpressible("a field value cannot carry it (RFC 9110 §5.5)".to_owned()));
        }
        head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        Ok(())
    };
    line("X-Forwarded-Method", &text("method"))?;
    line("X-Forwarded-Proto", &text("scheme"))?;
    line("X-Forwarded-Host", &text("host"))?;
    line("X-Forwarded-Uri", &text("path"))?;
    if let Some(client) = request.get("client").and_then(Value::as_str) {
        if settings.trusted_hops != TrustedHops::Networks(Vec::new()) {
            return Err(Failure::NotExpressible("the client's address stands behind trusted hops".to_owned()));
        }
        line("X-Forwarded-For", client.as_bytes())?;
    }
    let pairs = |member: &str| request.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    let plain = pairs("headers").into_iter().map(|pair| (pair[0].clone(), pair[1].as_str().unwrap().as_bytes().to_vec()));
    let encoded = pairs("headers_base64").into_iter().map(|pair| (pair[0].clone(), decode(&pair[1])));
    for (name, value) in plain.chain(encoded) {
        let name = name.as_str().unwrap();
        if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(Failure::NotExpressible(format!("`{name}` belongs to the dialect or to the connection")));
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)) {
            return Err(Failure::NotExpressible("the header's name is no token".to_owned()));
        }
        line(name, &value)?;
    }
    if settings.trusted_peers.is_some() {
        return Err(Failure::NotExpressible("the policy trusts another caller than this test".to_owned()));
    }
    let proxy_sets: Vec<&str> =
        request.get("proxy_sets").and_then(Value::as_array).into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
    if settings.proxy_sets("forward") != proxy_sets {
        return Err(Failure::NotExpressible("the policy says what the proxy overwrites, the request something else".to_owned()));
    }
    if let Some(secret) = &settings.proxy_secret {
        line("X-Gatewright-Proxy", secret.expose())?;
    }
    if head.len() > settings.max_header_bytes || head.windows(2).filter(|two| two == b"\r\n").count() > MAX_LINES {
        return Err(Failure::NotExpressible("the head is larger than the adapter takes".to_owned()));
    }
    head.extend(b"\r\n");
    Ok(head)
}

/// A member of the request, as text or in base64.
fn bytes(request: &Value, name: &str) -> Vec<u8> {
    match request.get(format!("{name}_base64")) {
        Some(encoded) => decode(encoded),
        None => request[name].as_str().unwrap().as_bytes().to_vec(),
    }
}

fn decode(encoded: &Value) -> Vec<u8> {
    base64_simd::STANDARD.decode_to_vec(encoded.as_str().unwrap()).unwrap()
}

fn compare(expect: &Value, request: &Value, reply: &Reply, logged: &Value) -> Result<(), Failure> {
    let mut wrong = String::new();
    let mut check = |what: &str, expected: &Value, found: Value| {
        if *expected != found {
            write!(wrong, "{what} is {found}, not {expected}; ").unwrap();
        }
    };
    for name in ["outcome", "code", "rule"] {
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
