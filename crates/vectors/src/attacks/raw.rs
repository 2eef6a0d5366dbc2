//! Bytes on the listener: headers of dialects, forged, doubled, missing and misspelt, and shapes that servers read differently.

use serde_json::{Value, json};

use crate::config::{MEMBERS, config, rule, session};
use crate::session::{COOKIE, alice};
use crate::{NOW, Written};

/// What must come: a decision with its code, or a refusal before there is any (`code` is `null`).
fn decided(status: u16, code: &str) -> Value {
    json!({ "status": status, "code": code })
}

fn refused() -> Value {
    json!({ "status": null, "code": null })
}

fn file(name: &'static str, description: &str, endpoint: &str, cases: &[Value]) -> Written {
    let policy = config(&[
        &session(""),
        "[identity_headers]\nX-User = \"subject\"",
        &rule("public", "/public/**", "allow = \"anyone\""),
        MEMBERS,
    ]);
    let shared =
        [("description", json!(description)), ("config", json!(policy)), ("endpoint", json!(endpoint)), ("now", json!(NOW))];
    Written::new(name, &shared, cases)
}

fn request(line: &str, fields: &[(&str, &str)]) -> String {
    let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{line}\r\n{fields}\r\n")
}

/// One dialect: its endpoint, and the fields by which its proxy asks for a public and for a protected path.
struct Dialect {
    endpoint: &'static str,
    fields: &'static [(&'static str, &'static str)],
    path_field: &'static str,
    others: &'static [&'static str],
}

const VERIFY: Dialect = Dialect {
    endpoint: "/auth/verify",
    fields: &[("Host", "app.example.com"), ("X-Original-Method", "GET"), ("X-Original-URI", "/secret")],
    path_field: "X-Original-URI",
    others: &[
        "X-Original-URL",
        "X-Forwarded-Uri",
        "X-Forwarded-Method",
        "X-Rewrite-URL",
        "X-Envoy-Original-Path",
        "X-Forwarded-Prefix",
        "Forwarded",
    ],
};

const FORWARD: Dialect = Dialect {
    endpoint: "/auth/forward",
    fields: &[
        ("Host", "gate"),
        ("X-Forwarded-Method", "GET"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "app.example.com"),
        ("X-Forwarded-Uri", "/secret"),
    ],
    path_field: "X-Forwarded-Uri",
    others: &[
        "X-Original-URI",
        "X-Original-URL",
        "X-Original-Method",
        "X-Rewrite-URL",
        "X-Envoy-Original-Path",
        "X-Forwarded-Prefix",
        "Forwarded",
    ],
};

pub(super) fn verify() -> Written {
    let mut cases = dialect(&VERIFY);
    cases.extend(shapes());
    file("raw_verify", "Bytes that come to nginx's endpoint, and to the listener as such.", VERIFY.endpoint, &cases)
}

pub(super) fn forward() -> Written {
    file("raw_forward", "Bytes that come to the endpoint of Traefik and Caddy.", FORWARD.endpoint, &dialect(&FORWARD))
}

fn dialect(dialect: &Dialect) -> Vec<Value> {
    let line = format!("GET {} HTTP/1.1", dialect.endpoint);
    let mut cases = Vec::new();
    let mut case =
        |name: String, request: String, expect: Value| cases.push(json!({ "name": name, "request": request, "expect": expect }));
    let good = dialect.fields.to_vec();
    let cookie = format!("{COOKIE}={}", alice().seal());
    let with = |more: &[(&str, &str)]| request(&line, &[&good, more].concat());
    let replaced = |name: &str, value: &str| {
        let fields: Vec<(&str, &str)> =
            good.iter().map(|(known, old)| (*known, if *known == name { value } else { old })).collect();
        request(&line, &fields)
    };
    let missing = || decided(401, "credential_missing");
    let bad = || decided(403, "request_malformed");
    case("the protected path without a credential".to_owned(), with(&[]), missing());
    case("the same with a session".to_owned(), with(&[("Cookie", &cookie)]), decided(200, "allowed"));
    case("the public path".to_owned(), replaced(dialect.path_field, "/public/x"), decided(200, "allowed"));
    // H1: fields of other dialects, and those that frameworks believe.
    for other in dialect.others {
        case(format!("{other} of another dialect says the path is public"), with(&[(other, "/public/x")]), missing());
    }
    // H3: aliases.
    let aliases = [
        dialect.path_field.replace('-', "_"),
        dialect.path_field.replacen('-', "_", 1),
        dialect.path_field.replace('-', "."),
        format!("{} ", dialect.path_field).replace(' ', "-"),
        format!("X-{}", dialect.path_field),
    ];
    for alias in &aliases {
        case(format!("the alias {alias} says the path is public"), with(&[(alias, "/public/x")]), missing());
        let fields: Vec<(&str, &str)> = good
            .iter()
            .map(|(known, old)| if *known == dialect.path_field { (alias.as_str(), "/public/x") } else { (*known, *old) })
            .collect();
        case(format!("only the alias {alias} is there"), request(&line, &fields), bad());
    }
    for written in [dialect.path_field.to_ascii_lowercase(), dialect.path_field.to_ascii_uppercase()] {
        let fields: Vec<(&str, &str)> = good
            .iter()
            .map(|(known, old)| if *known == dialect.path_field { (written.as_str(), "/secret") } else { (*known, *old) })
            .collect();
        case(format!("{written} is the same field"), request(&line, &fields), missing());
        case(format!("{written} beside it says the path is public"), with(&[(&written, "/public/x")]), bad());
    }
    // H2, H4: each field of the dialect missing, empty, repeated, in a list.
    for (position, (name, value)) in good.iter().enumerate() {
        // Host is HTTP's own; this dialect does not read it, and a request without it is none.
        let read = dialect.endpoint == VERIFY.endpoint || *name != "Host";
        let mut fields = good.clone();
        fields.remove(position);
        if read {
            case(
                format!("{name} is missing, with a session"),
                request(&line, &[&fields[..], &[("Cookie", &cookie)]].concat()),
                bad(),
            );
            case(format!("{name} is empty"), replaced(name, ""), bad());
            case(format!("{name} comes twice with one value"), with(&[(name, value)]), bad());
            case(format!("{name} comes as a list"), replaced(name, &format!("{value}, {value}")), bad());
            case(format!("{name} comes twice, the second is empty"), with(&[(name, "")]), bad());
            case(format!("Connection names {name}"), with(&[("Connection", &format!("close, {name}"))]), missing());
        }
    }
    case(format!("{} comes twice, the other is public", dialect.path_field), with(&[(dialect.path_field, "/public/x")]), bad());
    // The fields that only some proxies set are the client's own.
    for (name, value) in [
        ("X-Real-IP", "127.0.0.1"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("Client-Cert", ":AAAA:"),
        ("X-Forwarded-Client-Cert", "Hash=00"),
        ("X-SSL-Client-Verify", "SUCCESS"),
        ("X-User", "root"),
        ("X_User", "root"),
        ("User-Agent", "GoogleHC/1.0"),
    ] {
        case(format!("{name}: {value} of the client"), with(&[(name, value)]), missing());
    }
    for value in [
        "/public/../secret",
        "/public/..%2fsecret",
        "/public/%2e%2e/secret",
        "//secret",
        "/public;/../secret",
        "/public/..;/secret",
    ] {
        case(format!("the path {value}"), replaced(dialect.path_field, value), decided(403, "path_ambiguous"));
    }
    for value in [
        "public/x",
        "*",
        "http://app.example.com/public/x",
        "/public/x#y",
        "/public\\x",
        "/public/%00",
        "/public/%zz",
        "app.example.com:443",
        "/public/\u{e9}",
    ] {
        case(format!("the path {value}"), replaced(dialect.path_field, value), bad());
    }
    // H15: the endpoint is known by its path, and nothing below or beside it is one.
    for path in [
        "/",
        "/auth",
        "/auth/",
        "/auth/verifyx",
        "/auth/forwardx",
        "/auth//verify",
        "//auth/verify",
        "/AUTH/VERIFY",
        "/auth/%76erify",
        "/auth/x/../verify",
        "/auth/verify%2f",
        "/healthz",
        "/readyz",
        "/metrics",
        "/.well-known/jwks.json",
        "/ping",
        "/public/x",
        "/auth/envoyx",
    ] {
        let line = format!("GET {path} HTTP/1.1");
        case(
            format!("{path} is no endpoint"),
            request(&line, &[&good[..], &[("Cookie", cookie.as_str())]].concat()),
            json!({ "status": 404, "code": null }),
        );
    }
    cases
}

/// H16: what intermediaries and servers have read in two ways. None may be answered 2xx where the question is for the protected path.
fn shapes() -> Vec<Value> {
    let head = "GET /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: /secret\r\n";
    let public = "X-Original-URI: /public/x\r\n";
    let smuggled =
        "GET /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: /public/x\r\n\r\n";
    let missing = || decided(401, "credential_missing");
    let bad = || decided(403, "request_malformed");
    let mut cases: Vec<(String, String, Value)> = vec![
        ("two lengths that differ".to_owned(), format!("{head}Content-Length: 0\r\nContent-Length: 4\r\n\r\nabcd"), refused()),
        ("a list of lengths that differ".to_owned(), format!("{head}Content-Length: 0, 4\r\n\r\nabcd"), refused()),
        ("a length with a sign".to_owned(), format!("{head}Content-Length: +4\r\n\r\nabcd"), refused()),
        ("a negative length".to_owned(), format!("{head}Content-Length: -4\r\n\r\nabcd"), refused()),
        ("a hexadecimal length".to_owned(), format!("{head}Content-Length: 0x4\r\n\r\nabcd"), refused()),
        ("a length beyond 64 bits".to_owned(), format!("{head}Content-Length: 18446744073709551616\r\n\r\n"), refused()),
        ("an empty length".to_owned(), format!("{head}Content-Length: \r\n\r\n"), refused()),
        ("a coding nobody knows".to_owned(), format!("{head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), refused()),
        (
            "chunked, then a coding nobody knows".to_owned(),
            format!("{head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
            refused(),
        ),
        (
            "a length and chunks, with a second request behind".to_owned(),
            format!("{head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
            missing(),
        ),
        (
            "chunks, with a second request behind".to_owned(),
            format!("{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
            missing(),
        ),
        (
            "a length, with a second request behind".to_owned(),
            format!("{head}Content-Length: 5\r\n\r\nabcde{smuggled}"),
            missing(),
        ),
        (
            "a chunk size that is too large".to_owned(),
            format!("{head}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"),
            missing(),
        ),
        ("a space before the colon".to_owned(), format!("{head}X-Original-URI : /public/x\r\n\r\n"), refused()),
        ("a tab before the colon".to_owned(), format!("{head}X-Original-URI\t: /public/x\r\n\r\n"), refused()),
        ("a folded line".to_owned(), format!("{head}X-A: b\r\n {public}\r\n"), refused()),
        ("a folded first line".to_owned(), format!("GET /auth/verify HTTP/1.1\r\n {}\r\n", &head[28..]), refused()),
        ("a field without a name".to_owned(), format!("{head}: b\r\n\r\n"), refused()),
        ("a field without a colon".to_owned(), format!("{head}X-A\r\n\r\n"), refused()),
        ("a NUL in a value".to_owned(), format!("{head}X-A: b\0c\r\n\r\n"), refused()),
        ("a NUL in a name".to_owned(), format!("{head}X-\0A: b\r\n\r\n"), refused()),
        ("a bare carriage return in a value".to_owned(), format!("{head}X-A: b\r{public}\r\n"), refused()),
        ("a bare line feed in a value".to_owned(), format!("{head}X-A: b\n{public}\r\n"), bad()),
        ("bare line feeds everywhere".to_owned(), format!("{head}\r\n").replace("\r\n", "\n"), missing()),
        (
            "an absolute target".to_owned(),
            format!("{head}\r\n").replace("GET /auth/verify", "GET http://app.example.com/auth/verify"),
            missing(),
        ),
        (
            "an absolute target of another host".to_owned(),
            format!("{head}\r\n").replace("GET /auth/verify", "GET http://evil.example/auth/verify"),
            missing(),
        ),
        (
            "a target with a fragment".to_owned(),
            format!("{head}\r\n").replace("GET /auth/verify", "GET /auth/verify#/public"),
            missing(),
        ),
        ("HTTP/1.0".to_owned(), format!("{head}\r\n").replace("HTTP/1.1", "HTTP/1.0"), missing()),
        ("HTTP/0.9".to_owned(), "GET /auth/verify\r\n".to_owned(), refused()),
        ("HTTP/2.0 in a request line".to_owned(), format!("{head}\r\n").replace("HTTP/1.1", "HTTP/2.0"), refused()),
        ("HTTP/1.2".to_owned(), format!("{head}\r\n").replace("HTTP/1.1", "HTTP/1.2"), refused()),
        ("http/1.1 in small letters".to_owned(), format!("{head}\r\n").replace("HTTP/1.1", "http/1.1"), refused()),
        ("the preface of HTTP/2".to_owned(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), refused()),
        ("two spaces in the request line".to_owned(), format!("{head}\r\n").replace("GET /auth", "GET  /auth"), refused()),
        ("a space in the target".to_owned(), format!("{head}\r\n").replace("/auth/verify", "/auth/ver ify"), refused()),
        ("a tab in the request line".to_owned(), format!("{head}\r\n").replace("GET /auth", "GET\t/auth"), refused()),
        ("nothing but words".to_owned(), "hello\r\n\r\n".to_owned(), refused()),
        ("nothing at all".to_owned(), "\r\n\r\n\r\n\r\n".to_owned(), refused()),
        ("a TLS hello".to_owned(), "\u{16}\u{3}\u{1}\u{2}\0\u{1}\r\n\r\n".to_owned(), refused()),
        (
            "an upgrade to HTTP/2".to_owned(),
            format!("{head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"),
            missing(),
        ),
        (
            "an upgrade to a websocket".to_owned(),
            format!(
                "{head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ),
            missing(),
        ),
        ("an expectation".to_owned(), format!("{head}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"), missing()),
        ("a head of 100 KB".to_owned(), format!("{head}X-A: {}\r\n\r\n", "a".repeat(100_000)), refused()),
        ("five thousand fields".to_owned(), format!("{head}{}\r\n", "X-A: b\r\n".repeat(5_000)), refused()),
        (
            "a target of 100 KB".to_owned(),
            format!("{head}\r\n").replace("/auth/verify", &format!("/auth/verify/{}", "a".repeat(100_000))),
            refused(),
        ),
        ("no Host at all".to_owned(), format!("{head}\r\n").replace("Host: app.example.com\r\n", ""), bad()),
        ("two Hosts".to_owned(), format!("{head}Host: public.example.com\r\n\r\n"), bad()),
        ("a user in the Host".to_owned(), format!("{head}\r\n").replace("Host: ", "Host: x@"), bad()),
    ];
    for method in ["POST", "HEAD", "OPTIONS", "TRACE", "PURGE", "get", "CONNECTX"] {
        cases.push((format!("the endpoint asked by {method}"), format!("{head}\r\n").replacen("GET", method, 1), missing()));
    }
    cases.into_iter().map(|(name, request, expect)| json!({ "name": name, "request": request, "expect": expect })).collect()
}
