//! Each endpoint reads its own headers, strictly, and nothing else.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use support::gate::Gate;
use support::raw::{connect, exchange, read_head};

const VERIFY: [(&str, &str); 3] = [("X-Original-Method", "GET"), ("X-Original-URI", "/public/a"), ("Host", "app.example.com")];
const FORWARD: [(&str, &str); 4] = [
    ("X-Forwarded-Method", "GET"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "app.example.com"),
    ("X-Forwarded-Uri", "/public/a"),
];

const INGRESS: [(&str, &str); 2] = [("X-Original-Method", "GET"), ("X-Original-URL", "https://app.example.com/public/a")];
/// The request itself stands in the request line.
const ENVOY: [(&str, &str); 2] = [("Host", "app.example.com"), ("X-Forwarded-Proto", "https")];

/// Every endpoint, with a question about a public path.
const ENDPOINTS: [(&str, &[(&str, &str)]); 6] = [
    ("/auth/verify", &VERIFY),
    ("/auth/ingress-nginx", &INGRESS),
    ("/auth/forward", &FORWARD),
    ("/auth/haproxy", &FORWARD),
    ("/auth/apache", &FORWARD),
    ("/auth/envoy/public/a", &ENVOY),
];

fn ask(gate: &Gate, path: &str, headers: &[(&str, &str)]) -> u16 {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    exchange(gate.address(), format!("GET {path} HTTP/1.1\r\n{lines}\r\n").as_bytes()).status
}

#[test]
fn required_header_that_is_missing_repeated_or_empty_is_refused() {
    let gate = Gate::start("");
    for (path, good) in ENDPOINTS {
        assert_eq!(ask(&gate, path, good), 200, "{path}");
        for position in 0..good.len() {
            let (mut missing, mut repeated, mut empty) = (good.to_vec(), good.to_vec(), good.to_vec());
            missing.remove(position);
            repeated.push(good[position]);
            empty[position].1 = "";
            for headers in [missing, repeated, empty] {
                assert_eq!(ask(&gate, path, &headers), 403, "{path} {headers:?}");
                let entry = gate.last_decision();
                assert_eq!(entry["code"], "request_malformed");
                assert!(entry["detail"].as_str().unwrap().contains(good[position].0), "{entry}");
            }
        }
    }
}

#[test]
fn log_names_the_line_to_add() {
    let gate = Gate::start("");
    for (position, line) in [
        (0, "proxy_set_header X-Original-Method $request_method;"),
        (1, "proxy_set_header X-Original-URI $request_uri;"),
        (2, "proxy_set_header Host $host;"),
    ] {
        let mut headers = VERIFY.to_vec();
        headers.remove(position);
        ask(&gate, "/auth/verify", &headers);
        assert!(gate.last_decision()["detail"].as_str().unwrap().contains(line), "{line}");
    }
}

#[test]
fn own_address_as_host_is_named_as_the_cause() {
    let gate = Gate::start("");
    let own = gate.address().to_string();
    assert_eq!(ask(&gate, "/auth/verify", &[VERIFY[0], VERIFY[1], ("Host", &own)]), 403);
    let detail = gate.last_decision()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&own) && detail.contains("proxy_set_header Host $host;"), "{detail}");
}

#[test]
fn headers_of_other_dialects_change_nothing() {
    let gate = Gate::start("");
    let all = [&VERIFY[..], &FORWARD[..]].concat();
    let with = |wrong: [(&'static str, &'static str); 4]| {
        all.iter()
            .map(|(name, value)| (*name, wrong.iter().find(|(of, _)| of == name).map_or(*value, |(_, value)| *value)))
            .collect::<Vec<_>>()
    };
    // Each dialect is asked for a protected path while the other speaks of a public one, and the other way round.
    let protected_verify = with([("X-Original-URI", "/secret"), ("X-Forwarded-Uri", "/public/a"), ("", ""), ("", "")]);
    assert_eq!((ask(&gate, "/auth/verify", &protected_verify), ask(&gate, "/auth/forward", &protected_verify)), (401, 200));
    let protected_forward = with([("X-Forwarded-Uri", "/secret"), ("X-Original-URI", "/public/a"), ("", ""), ("", "")]);
    assert_eq!((ask(&gate, "/auth/verify", &protected_forward), ask(&gate, "/auth/forward", &protected_forward)), (200, 401));
    // ingress-nginx takes everything from one address, Envoy from the request line.
    let ingress = [&INGRESS[..1], &[("X-Original-URL", "https://app.example.com/secret")], &all[1..]].concat();
    assert_eq!(ask(&gate, "/auth/ingress-nginx", &ingress), 401);
    assert_eq!(ask(&gate, "/auth/envoy/secret?x=/public/a", &all), 401);
    assert_eq!(ask(&gate, "/auth/envoy/public/a?x=/secret", &protected_forward), 200);
    // Neither is a substitute for the other.
    assert_eq!((ask(&gate, "/auth/verify", &FORWARD), ask(&gate, "/auth/forward", &VERIFY)), (403, 403));
}

#[test]
fn only_forward_and_envoy_redirect_people_to_the_login() {
    let gate = Gate::start("");
    let people = ("Accept", "text/html");
    for (path, good) in ENDPOINTS {
        let path = path.replace("/public/a", "/secret");
        let mut headers: Vec<_> = good.iter().map(|(name, value)| (*name, value.replace("/public/a", "/secret"))).collect();
        headers.push((people.0, people.1.to_owned()));
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let reply = exchange(gate.address(), format!("GET {path} HTTP/1.1\r\n{lines}\r\n").as_bytes());
        let redirects = path.starts_with("/auth/forward") || path.starts_with("/auth/envoy");
        assert_eq!(reply.status, if redirects { 302 } else { 401 }, "{path}");
        let login = "https://auth.example.com/login?rd=https%3A%2F%2Fapp.example.com%2Fsecret";
        assert_eq!(reply.header("location"), Some(login), "{path}");
    }
}

#[test]
fn envoy_is_asked_about_its_own_method_and_raw_path() {
    let gate = Gate::start("");
    let ask = |line: &str| {
        let head = format!("{line} HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-Proto: https\r\n\r\n");
        exchange(gate.address(), head.as_bytes()).status
    };
    for (line, status, code) in [
        ("PURGE /auth/envoy/public/a", 200, "allowed"),
        ("GET /auth/envoy//public/a", 403, "path_ambiguous"),
        ("GET /auth/envoy/public/../secret", 403, "path_ambiguous"),
        ("GET /auth/envoy/public/..%2fsecret", 403, "path_ambiguous"),
        ("GET /auth/envoy", 403, "request_malformed"),
        ("GET /auth/envoy?/public/a", 403, "request_malformed"),
    ] {
        assert_eq!(ask(line), status, "{line}");
        assert_eq!(gate.last_decision()["code"], code, "{line}");
    }
    let entry = {
        ask("DELETE /auth/envoy/public/a?token=secret");
        gate.last_decision()
    };
    assert_eq!((&entry["method"], &entry["path"]), (&"DELETE".into(), &"/public/a".into()));
}

#[test]
fn aliases_with_underscores_are_other_headers() {
    let gate = Gate::start("");
    let headers = [VERIFY[0], ("X_Original_URI", "/public/a"), ("X-Original_URI", "/public/a"), VERIFY[2]];
    assert_eq!(ask(&gate, "/auth/verify", &headers), 403);
    let headers = [VERIFY[0], ("X-Original-URI", "/secret"), ("X_Original_URI", "/public/a"), VERIFY[2]];
    assert_eq!(ask(&gate, "/auth/verify", &headers), 401);
}

#[test]
fn suffix_and_query_of_the_endpoint_are_ignored() {
    let gate = Gate::start("");
    for path in ["/auth/verify/", "/auth/verify/public/b?rule=x", "/auth/verify?x=1&y=/public"] {
        assert_eq!(ask(&gate, path, &VERIFY), 200, "{path}");
        assert_eq!(ask(&gate, path, &[VERIFY[0], ("X-Original-URI", "/secret"), VERIFY[2]]), 401, "{path}");
    }
}

#[test]
fn every_other_path_is_not_found() {
    let gate = Gate::start("");
    for path in [
        "/",
        "/auth",
        "/auth/",
        "/auth/verifyx",
        "/auth//verify",
        "/healthz",
        "/readyz",
        "/metrics",
        "/public/a",
        "/auth/%76erify",
        "/auth/../auth/verify",
    ] {
        assert_eq!(ask(&gate, path, &[&VERIFY[..], &FORWARD[..]].concat()), 404, "{path}");
    }
}

#[test]
fn every_method_asks() {
    let gate = Gate::start("");
    for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PURGE", "get"] {
        let head = format!(
            "{method} /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: /public/a\r\n\r\n"
        );
        assert_eq!(exchange(gate.address(), head.as_bytes()).status, 200, "{method}");
    }
    let mut stream = connect(gate.address());
    std::io::Write::write_all(
        &mut stream,
        b"HEAD /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: /public/a\r\n\r\n",
    )
    .unwrap();
    assert_eq!(read_head(&mut stream).status, 200);
}

#[test]
fn impossible_originals_are_malformed() {
    let gate = Gate::start("");
    for (position, values) in [
        (0, &["GET POST", "GE T", "GET,POST", "(GET)"][..]),
        (1, &["http://app.example.com/public/a", "*", "public/a", "app.example.com:443"]),
        (2, &["app.example.com,evil", "user@app.example.com", "app.example.com/x", "%61pp.example.com"]),
    ] {
        for value in values {
            let mut headers = VERIFY.to_vec();
            headers[position].1 = value;
            assert_eq!(ask(&gate, "/auth/verify", &headers), 403, "{value}");
            assert_eq!(gate.last_decision()["code"], "request_malformed", "{value}");
        }
    }
}
