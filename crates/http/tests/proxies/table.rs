//! The cases, the same for every proxy.

use super::case::Expect::{Either, Login, Passes, Refused, Status};
use super::case::Who::{Alice, AliceLongAgo, AliceOfManyGroups, Nobody, Root};
use super::case::{Body, Case};

/// Returns every case, in the order in which the book shows them.
pub(crate) fn cases() -> Vec<Case> {
    [decisions(), logins(), identity(), dialects(), connection(), facts(), paths(), duplicates(), cookies(), methods(), bodies()]
        .concat()
}

fn decisions() -> Vec<Case> {
    vec![
        Case::get("decision: nobody at an open path", Nobody, "/public/a?x=1&y=2", Passes),
        Case::get("decision: nobody at a protected path", Nobody, "/a", Status(401)),
        Case::get("decision: a member", Alice, "/a?x=1&y=%20%2f", Passes),
        Case::get("decision: a member where admins may enter", Alice, "/admin/users", Status(403)),
        Case::get("decision: an admin", Root, "/admin/users", Passes),
        Case::get("decision: a member, at a host below the pattern", Alice, "/a", Passes).host("one.apps.example.com"),
        Case::get("decision: a host in upper case", Alice, "/a", Either).host("APP.example.com"),
        Case::get("decision: a host that no rule names", Alice, "/a", Refused).host("other.example.org"),
        Case::get("decision: a host below a host", Alice, "/a", Refused).host("x.app.example.com"),
        Case::get("decision: no host", Alice, "/a", Refused).host(""),
        Case::get("decision: a forged session", Nobody, "/a", Status(401)).with("Cookie: __Host-gatewright=AAAA\r\n"),
        Case::get("decision: a forged token", Nobody, "/a", Status(401))
            .with("Authorization: Bearer eyJhbGciOiJub25lIn0.e30.\r\n"),
    ]
}

fn logins() -> Vec<Case> {
    let person = "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n";
    let address = "%3A%2F%2Fapp.example.com%2Freports%3Fa%3D1%26b%3D2%2520";
    vec![
        Case::get("login: a browser opens a page", Nobody, "/reports?a=1&b=2%20", Login(address)).with(person),
        Case::get("login: an older browser opens a page", Nobody, "/reports?a=1&b=2%20", Login(address))
            .with("Accept: text/html,application/xhtml+xml\r\n"),
        Case::get("login: a script of a page fetches", Nobody, "/reports", Status(401))
            .with("Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n"),
        Case::get("login: an older script fetches", Nobody, "/reports", Status(401))
            .with("X-Requested-With: XMLHttpRequest\r\nAccept: text/html\r\n"),
        Case::get("login: a browser sends a form", Nobody, "/reports", Status(401)).with(person).method("POST"),
        Case::get("login: a browser asks for the head", Nobody, "/reports?a=1&b=2%20", Login(address))
            .with(person)
            .method("HEAD"),
        Case::get("login: a member may not enter, and is sent nowhere", Alice, "/admin/", Status(403)).with(person),
    ]
}

fn identity() -> Vec<Case> {
    let mut cases = Vec::new();
    for (member, open, headers) in [
        ("identity: X-User, with a session", "identity: X-User, without one", "X-User: evil\r\n"),
        ("identity: x-USER, with a session", "identity: x-USER, without one", "x-USER: evil\r\n"),
        ("identity: X-User twice, with a session", "identity: X-User twice, without one", "X-User: evil\r\nX-User: evil2\r\n"),
        ("identity: X_User, with a session", "identity: X_User, without one", "X_User: evil\r\n"),
        ("identity: X.User, with a session", "identity: X.User, without one", "X.User: evil\r\n"),
        (
            "identity: X_USER and X-Email, with a session",
            "identity: X_USER and X-Email, without one",
            "X_USER: evil\r\nX-Email: evil\r\n",
        ),
        ("identity: a name with a space, with a session", "identity: a name with a space, without one", "X-User : evil\r\n"),
        ("identity: a folded line, with a session", "identity: a folded line, without one", "X-Other: a\r\n X-User: evil\r\n"),
        (
            "identity: X-Groups: admins, with a session",
            "identity: X-Groups: admins, without one",
            "X-Groups: admins\r\nX_Groups: admins\r\n",
        ),
    ] {
        cases.push(Case::get(member, Alice, "/a", Either).with(headers));
        cases.push(Case::get(open, Nobody, "/public/a", Either).with(headers));
    }
    // A proxy that has no room left for what it has to add must not hand the request on without it.
    for (name, padding) in [
        ("identity: many groups beside 11,000 bytes", 11_000),
        ("identity: many groups beside 11,500 bytes", 11_500),
        ("identity: many groups beside 12,000 bytes", 12_000),
        ("identity: many groups beside 12,500 bytes", 12_500),
        ("identity: many groups beside 13,000 bytes", 13_000),
        ("identity: many groups beside 13,500 bytes", 13_500),
    ] {
        cases.push(Case::get(name, AliceOfManyGroups, "/a", Either).with(format!("X-Padding: {}\r\n", "p".repeat(padding))));
    }
    cases
}

fn dialects() -> Vec<Case> {
    let forged = [
        ("dialects: X-Original-URI", "X-Original-URI: /public/a\r\n"),
        ("dialects: X-Original-URL", "X-Original-URL: http://app.example.com/public/a\r\n"),
        ("dialects: X-Original-Method", "X-Original-Method: OPTIONS\r\n"),
        ("dialects: X-Forwarded-Uri", "X-Forwarded-Uri: /public/a\r\n"),
        ("dialects: X-Forwarded-Method", "X-Forwarded-Method: OPTIONS\r\n"),
        ("dialects: X-Forwarded-Host", "X-Forwarded-Host: one.apps.example.com\r\n"),
        ("dialects: X_Forwarded_Uri", "X_Forwarded_Uri: /public/a\r\nX_Original_URI: /public/a\r\n"),
        ("dialects: X-Forwarded-Prefix and -Port", "X-Forwarded-Prefix: /public\r\nX-Forwarded-Port: 1\r\n"),
        ("dialects: Forwarded", "Forwarded: for=10.0.0.1;host=one.apps.example.com;proto=http\r\n"),
        ("dialects: X-Rewrite-Url", "X-Rewrite-Url: /public/a\r\n"),
        ("dialects: X-Envoy-Original-Path", "X-Envoy-Original-Path: /public/a\r\n"),
        ("dialects: X-HTTP-Method-Override", "X-HTTP-Method-Override: GET\r\n"),
        ("dialects: X-Gatewright-Proxy", "X-Gatewright-Proxy: a-guess-at-the-secret-32-letters\r\n"),
        (
            "dialects: all at once",
            "X-Original-URI: /public/a\r\nX-Original-URL: http://app.example.com/public/a\r\nX-Original-Method: GET\r\nX-Forwarded-Uri: /public/a\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Host: one.apps.example.com\r\nX-Forwarded-Proto: https\r\nX-Original-Host: one.apps.example.com\r\nX-Auth-Request-Redirect: /public/a\r\n",
        ),
    ];
    forged.into_iter().map(|(name, headers)| Case::get(name, Nobody, "/admin/users", Status(401)).with(headers)).collect()
}

fn connection() -> Vec<Case> {
    [
        ("connection: X-User", "Connection: close, X-User\r\n"),
        ("connection: X-User, X-Email, X-Groups", "Connection: X-User, X-Email, X-Groups, close\r\n"),
        ("connection: Upgrade, X-User", "Connection: Upgrade, X-User, close\r\nUpgrade: h2c\r\n"),
        (
            "connection: Upgrade: h2c",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
        ),
        ("connection: Upgrade: h2c without Connection", "Upgrade: h2c\r\n"),
        ("connection: Upgrade: foo", "Connection: Upgrade\r\nUpgrade: foo\r\n"),
        ("connection: Upgrade: websocket, h2c", "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n"),
        ("connection: two lines", "Connection: close\r\nConnection: X-User\r\n"),
        ("connection: Cookie and Authorization", "Connection: close, Authorization, Cookie\r\n"),
        (
            "connection: X-Forwarded-Uri and -Method",
            "Connection: close, X-Forwarded-Uri, X-Forwarded-Method, X-Forwarded-Host\r\n",
        ),
        ("connection: X-Original-URI and X-Gatewright-Proxy", "Connection: close, X-Original-URI, X-Gatewright-Proxy\r\n"),
    ]
    .into_iter()
    .map(|(name, headers)| Case::get(name, Alice, "/a", Either).with(headers))
    .collect()
}

fn facts() -> Vec<Case> {
    let office = |name, headers: &'static str| Case::get(name, Nobody, "/office/a", Status(401)).with(headers);
    vec![
        office("facts: the address, by X-Forwarded-For", "X-Forwarded-For: 10.1.1.1\r\n"),
        office("facts: the address, by X-Forwarded-For twice", "X-Forwarded-For: 10.1.1.1\r\nX-Forwarded-For: 10.1.1.1\r\n"),
        office("facts: the address, by X_Forwarded_For", "X_Forwarded_For: 10.1.1.1\r\n"),
        office("facts: the address, by X-Real-IP", "X-Real-IP: 10.1.1.1\r\n"),
        office("facts: the address, by Forwarded", "Forwarded: for=10.1.1.1\r\n"),
        office(
            "facts: the address, by names of other products",
            "X-Client-IP: 10.1.1.1\r\nTrue-Client-IP: 10.1.1.1\r\nCF-Connecting-IP: 10.1.1.1\r\nX-Envoy-External-Address: 10.1.1.1\r\n",
        ),
        Case::get("facts: the scheme", Nobody, "/a", Login("%3A%2F%2Fapp.example.com%2Fa"))
            .with("X-Forwarded-Proto: wss\r\nX-Forwarded-Ssl: on\r\nAccept: text/html\r\n"),
        Case::get("facts: the scheme, twice", Nobody, "/a", Login("%3A%2F%2Fapp.example.com%2Fa"))
            .with("X-Forwarded-Proto: http\r\nX-Forwarded-Proto: https\r\nAccept: text/html\r\n"),
        Case::get("facts: a certificate", Nobody, "/a", Status(401))
            .with("Client-Cert: :AAAA:\r\nX-Forwarded-Client-Cert: Hash=00\r\nX-SSL-Client-Verify: SUCCESS\r\n"),
    ]
}

fn paths() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        ("path: /a//b", "/a//b"),
        ("path: /a/../b", "/a/../b"),
        ("path: /a/%2e%2e/b", "/a/%2e%2e/b"),
        ("path: /a/./b", "/a/./b"),
        ("path: /a%2fb", "/a%2fb"),
        ("path: /a%252fb", "/a%252fb"),
        ("path: /a\\b", "/a\\b"),
        ("path: /a;x/b", "/a;x/b"),
        ("path: /a/..;/b", "/a/..;/b"),
        ("path: /%61", "/%61"),
        ("path: /a#f", "/a#f"),
        ("path: /a%23f", "/a%23f"),
        ("path: /a%3fb", "/a%3fb"),
        ("path: /a%00b", "/a%00b"),
        ("path: /a%zz", "/a%zz"),
        ("path: /..", "/.."),
        ("path: /a/../../b", "/a/../../b"),
        ("path: /a.", "/a."),
        ("path: a raw é", "/\u{e9}"),
        ("path: %C3%A9", "/%C3%A9"),
        ("path: an overlong slash", "/a%c0%afb"),
        ("path: no slash", "a"),
        ("path: *", "*"),
        ("path: a query alone", "/?"),
        ("path: a query with a path", "/a?/../../admin"),
    ]
    .into_iter()
    .map(|(name, target)| Case::get(name, Alice, target, Either))
    .collect();
    // What a backend that reads more than one way may take for /admin must never reach it.
    for (name, target) in [
        ("path: /public/../admin", "/public/../admin"),
        ("path: /public/%2e%2e/admin", "/public/%2e%2e/admin"),
        ("path: /public/..%2fadmin", "/public/..%2fadmin"),
        ("path: /public/..%252fadmin", "/public/..%252fadmin"),
        ("path: /public/..;/admin", "/public/..;/admin"),
        ("path: /public/..\\admin", "/public/..\\admin"),
        ("path: /public/..%5cadmin", "/public/..%5cadmin"),
        ("path: //admin", "//admin"),
        ("path: /./admin", "/./admin"),
        ("path: /%61dmin", "/%61dmin"),
        ("path: /%2561dmin", "/%2561dmin"),
        ("path: /admin%2f", "/admin%2f"),
        ("path: /;x/admin", "/;x/admin"),
        ("path: /admin;x", "/admin;x"),
        ("path: /admin#/public", "/admin#/public"),
        ("path: /public#/../admin", "/public#/../admin"),
        ("path: /admin?/public", "/admin?/public"),
        ("path: /admin/./users", "/admin/./users"),
        ("path: /admin/../admin", "/admin/../admin"),
    ] {
        cases.push(Case::get(name, Alice, target, Refused));
    }
    cases.extend([
        // A proxy may resolve the dots first: then the gate decides on /public, which is also what the backend gets.
        Case::get("path: /admin%23/../public", Alice, "/admin%23/../public", Either),
        Case::get("path: of 9,000 bytes", Alice, "", Refused).target(format!("/{}", "a".repeat(9_000))),
        Case::get("path: an absolute address", Alice, "http://app.example.com/a", Either),
        Case::get("path: an absolute address, another host", Alice, "http://app.example.com/admin", Refused)
            .host("one.apps.example.com"),
        Case::get("path: an absolute address at a host that no rule names", Alice, "http://other.example.org/a", Refused),
        Case::get("path: an absolute address, Host is one that no rule names", Alice, "http://app.example.com/a", Either)
            .host("other.example.org"),
    ]);
    cases
}

fn duplicates() -> Vec<Case> {
    vec![
        Case::get("duplicates: two Authorization", Nobody, "/a", Refused)
            .with("Authorization: Bearer a.b.c\r\nAuthorization: Basic YTpi\r\n"),
        Case::get("duplicates: two Cookie, one of them another's", Alice, "/a", Either).with("Cookie: other=1\r\n"),
        Case::get("duplicates: the session twice", Alice, "/a", Refused).with("Cookie: __Host-gatewright=AAAA\r\n"),
        Case::get("duplicates: the session twice at an open path", Nobody, "/public/a", Either)
            .with("Cookie: __Host-gatewright=AAAA; b=2; __Host-gatewright=BBBB; __Host-gatewright=CCCC\r\n"),
        Case::get("duplicates: two Host", Alice, "/admin", Refused)
            .with("Host: app.example.com\r\nHost: one.apps.example.com\r\n"),
        Case::get("duplicates: two Content-Length", Alice, "/a", Refused)
            .method("POST")
            .with("Content-Length: 0\r\nContent-Length: 5\r\n"),
        Case::get("duplicates: Content-Length beside chunks", Alice, "/a", Either)
            .method("POST")
            .with("Content-Length: 5\r\n")
            .body(Body::Chunked(5)),
    ]
}

fn cookies() -> Vec<Case> {
    vec![
        Case::get(SESSION_IS_KEPT_BACK, Alice, "/a", Passes),
        Case::get("cookies: a renewed session beside the application's own", AliceLongAgo, "/a", Passes),
        Case::get("cookies: a renewed session at an open path", AliceLongAgo, "/public/a", Passes),
        Case::get("cookies: the session behind a tab", Alice, "/a", Either).cookies("a=1;\t", ""),
        Case::get("cookies: the session behind tabs and blanks", Alice, "/a", Either).cookies("a=1; \t ", "; other=1"),
        Case::get("cookies: the application keeps its own", Alice, "/a", Passes).cookies("", "; other=1; a=\"b\""),
        Case::get("cookies: the application keeps its own before ours", Alice, "/a", Passes).cookies("other=1; ", ""),
        Case::get("cookies: a name that ends like ours", Alice, "/a", Passes).cookies("x__Host-gatewrigh=1; other=1; ", ""),
        Case::get("cookies: without a space between", Alice, "/a", Passes).cookies("", ";other=1"),
    ]
}

fn methods() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, method) in [
        ("method: OPTIONS", "OPTIONS"),
        ("method: TRACE", "TRACE"),
        ("method: PURGE", "PURGE"),
        ("method: get", "get"),
        ("method: CONNECT", "CONNECT"),
    ] {
        cases.push(Case::get(name, Nobody, "/a", Refused).method(method));
    }
    cases.extend([
        Case::get("method: a preflight of CORS", Nobody, "/a", Status(401))
            .method("OPTIONS")
            .with("Origin: https://x.example\r\nAccess-Control-Request-Method: PUT\r\n"),
        Case::get("method: PUT of a member", Alice, "/a", Passes).method("PUT").body(Body::Length(3)),
        Case::get("method: HEAD of a member", Alice, "/a", Passes).method("HEAD"),
        Case::get("websocket: of nobody", Nobody, "/ws", Status(401)).with(WEBSOCKET),
        Case::get("websocket: of a member", Alice, "/ws", Passes).with(WEBSOCKET),
    ]);
    cases
}

fn bodies() -> Vec<Case> {
    vec![
        Case::get("body: 1 MiB of a member", Alice, "/a", Passes).method("POST").body(Body::Length(1 << 20)),
        Case::get("body: 1 MiB in chunks of a member", Alice, "/a", Passes).method("POST").body(Body::Chunked(1 << 20)),
        Case::get("body: of nobody", Nobody, "/a", Status(401)).method("POST").body(Body::Length(1 << 16)),
        Case::get("body: in chunks, of nobody", Nobody, "/a", Status(401)).method("POST").body(Body::Chunked(1 << 16)),
        Case::get("body: in chunks, with X-User in its trailer", Alice, "/a", Either)
            .method("POST")
            .body(Body::Trailers("X-User: evil\r\nX-Groups: admins\r\n")),
        Case::get("body: announced with Expect", Alice, "/a", Passes)
            .method("POST")
            .with("Expect: 100-continue\r\n")
            .body(Body::Length(1 << 10)),
    ]
}

/// What a proxy cannot be made to do: proxy, case, and why. Shown in the book; a test fails as soon as it is no longer true.
pub(crate) const CANNOT: &[(&str, &str, &str)] = &[
    (
        "haproxy",
        "body: in chunks, with X-User in its trailer",
        "before version 3.2 it hands trailers on, and a backend that reads them as headers believes them; from there on the configuration drops them",
    ),
    (
        "traefik",
        ANOTHER_PROGRAM,
        "it takes every answer of 200 for a yes, also of another program that has taken the gate's address, and lets the request pass for nobody",
    ),
    (
        "traefik",
        SESSION_IS_KEPT_BACK,
        "it has no means to edit a header, so the application gets the session cookie with the others; name `hosts` in sessions, so that one that leaks there is worth nothing elsewhere",
    ),
    (
        "ingress-nginx",
        SESSION_IS_KEPT_BACK,
        "annotations cannot edit a header, so the application gets the session cookie with the others; name `hosts` in sessions",
    ),
    (
        "ingress-nginx",
        "path: an absolute address, another host",
        "the controller routes by the host of the request line and tells the gate the `Host` header, which a client can make differ: a rule for one host can be had for another, so do not let rules differ between hosts of one gate",
    ),
    ("ingress-nginx", "connection: Upgrade, X-User", TUNNEL),
    ("ingress-nginx", "connection: Upgrade: h2c", TUNNEL),
    ("ingress-nginx", "connection: Upgrade: h2c without Connection", TUNNEL),
    ("ingress-nginx", "connection: Upgrade: foo", TUNNEL),
];

const TUNNEL: &str = "the controller hands every upgrade on, and if the application takes it, nobody is asked any more in the tunnel; let no application behind it speak HTTP/2 without TLS (`h2c`)";

/// The outage in which something else answers where the gate should.
pub(crate) const ANOTHER_PROGRAM: &str = "gate: another program answers 200 there";

/// The case that looks at the session cookie alone; where it cannot hold, the other cases do not look at it.
pub(crate) const SESSION_IS_KEPT_BACK: &str = "cookies: the session does not reach the application";

/// Whether this proxy is one that cannot do what the case asks for.
pub(crate) fn cannot(front: &str, case: &str) -> Option<&'static str> {
    CANNOT.iter().find(|(of, name, _)| *of == front && *name == case).map(|(.., reason)| *reason)
}

const WEBSOCKET: &str =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
