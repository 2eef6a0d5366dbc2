//! Hosts, methods, schemes, headers and where a credential is looked for.

use super::{no, pass_session};
use crate::LOGIN;
use crate::case::{Expect, File, Identity, Question, allow, anonymous, get, refuse, refuse_all, refuse_somehow};
use crate::config::{MEMBERS, config, login, rule, session};
use crate::key::{Algorithm, ED_1};
use crate::session::{COOKIE, alice, bob};
use crate::token::{Signer, claims, unsigned};

fn bad() -> Expect {
    refuse_all("request_malformed")
}

/// H7, H8: one rule for a host, one for the hosts below another, and `members` nowhere.
pub(super) fn hosts() -> File {
    let one = "[[rule]]\nid = \"app\"\nhosts = [\"app.example.com\"]\npaths = [\"/**\"]\nallow = \"anyone\"";
    let below = "[[rule]]\nid = \"below\"\nhosts = [\"*.admin.example.com\"]\nallow = \"authenticated\"";
    let others = "[[rule]]\nid = \"others\"\nhosts = [\"*.example.com\"]\npaths = [\"/**\"]\nallow = \"anyone\"";
    let mut file = File::new(
        "hosts",
        "A host is one name: folded, without its trailing dot and port, and compared at its dots.",
        config(&[&session(""), one, below, others]),
    );
    let ask = |host: &str| get("/").host(host);
    for host in [
        "app.example.com",
        "APP.example.com",
        "App.Example.Com",
        "app.example.com.",
        "app.example.com:443",
        "app.example.com:8443",
        "APP.EXAMPLE.COM.:443",
    ] {
        file = file.case(format!("{host} is the app"), ask(host), anonymous("app"));
    }
    for host in [
        "secure.admin.example.com",
        "secure.ADMIN.example.com",
        "Secure.Admin.Example.Com",
        "secure.admin.example.com.",
        "a.b.admin.example.com:443",
        "SECURE.admin.EXAMPLE.com.",
    ] {
        file = file.case(
            format!("{host} is below (CVE-2026-48794, CVE-2026-77560)"),
            ask(host),
            refuse("credential_missing", "below"),
        );
    }
    for host in [
        "example.com",
        "evilexample.com",
        "example.com.evil.example",
        "app.example.com.evil.example",
        "xapp-example.com",
        "app.example.co",
        "app-example.com",
        "127.0.0.1",
        "[::1]",
        "localhost",
        "-",
        "app.example.com.-",
    ] {
        file = file.case(format!("{host} is none of ours"), ask(host), refuse_all("no_rule"));
    }
    for host in [
        "",
        " ",
        ".",
        "..",
        ".app.example.com",
        "app..example.com",
        "app.example.com..",
        ":",
        ":443",
        "app.example.com:",
        "app.example.com:x",
        "app.example.com:99999",
        "app.example.com:-1",
        "app.example.com:443:443",
        "app.example.com: 443",
        "user@app.example.com",
        "user:pw@app.example.com",
        "a@b@app.example.com",
        "app.example.com@evil.example",
        "app.example.com,evil.example",
        "app.example.com, app.example.com",
        "app.example.com evil.example",
        "app.example.com/x",
        "app.example.com/../admin",
        "https://app.example.com",
        "//app.example.com",
        "app.example.com?x",
        "app.example.com#x",
        "app.example.com\\x",
        "%61pp.example.com",
        "app%2eexample.com",
        "app.example.com%00",
        "app.example.com\0",
        "app.example.com\t",
        "app.example.com\r\nX: y",
        "app.ex\u{e4}mple.com",
        "app\u{3002}example.com",
        "\u{ff41}pp.example.com",
        "app.example.com\u{200b}",
        "[::1",
        "::1",
        "[::1]x",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[::ffff:10.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "010.0.0.1",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "*.example.com",
        "*",
        "app.example.com;x",
        "app.example.com'",
        "app.example.com\"",
        "<app>.example.com",
        "{app}.example.com",
        "app.example.com|x",
    ] {
        file = file.case(format!("{host:?} is no host"), ask(host), bad());
    }
    file.case("a label of 64 characters is no host", ask(&format!("{}.example.com", "a".repeat(64))), bad()).case(
        "a name of 300 characters is no host",
        ask(&format!("{}example.com", "abcdefghi.".repeat(29))),
        bad(),
    )
}

/// H9, H10, H14.
pub(super) fn methods_and_schemes() -> File {
    let read = "[[rule]]\nid = \"read\"\npaths = [\"/**\"]\nmethods = [\"GET\"]\nallow = \"anyone\"";
    let mut file = File::new(
        "methods_and_schemes",
        "A method is a token with a case, a scheme one of four.",
        config(&[&session(""), read, MEMBERS]),
    );
    for method in ["GET", "HEAD"] {
        file = file.case(format!("{method} is read"), get("/").method(method), anonymous("read"));
    }
    let missing = || refuse("credential_missing", "members");
    for method in [
        "get", "Get", "gET", "head", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PURGE", "PROPFIND",
        "GETX", "XGET", "GET-", "G.E.T", "GET~", "DEBUG", "SEARCH", "QUERY", "M-SEARCH", "BREW",
    ] {
        file = file.case(format!("{method} is none of it"), get("/").method(method), missing());
    }
    for method in [
        "",
        " ",
        "GET ",
        " GET",
        "GET\0",
        "GET\t",
        "GET\r\n",
        "GET / HTTP/1.1",
        "GET,POST",
        "(GET)",
        "\"GET\"",
        "GET/",
        "G\u{c9}T",
        "GET\u{200b}",
        "GET:",
        "GET;x",
        "[GET]",
        "{GET}",
        "@GET",
        "GET=1",
        "GET?",
    ] {
        file = file.case(format!("{method:?} is no method"), get("/").method(method), bad());
    }
    file = file.case("300 bytes are no method", get("/").method("G".repeat(300)), bad());
    for header in ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "X-Original-Method", "X-Forwarded-Method"] {
        file = file.case(
            format!("{header}: GET does not make a POST a GET"),
            get("/").method("POST").header(header, "GET"),
            missing(),
        );
    }
    file = file.case("_method=GET does not either", get("/?_method=GET").method("POST"), missing()).case(
        "OPTIONS as a preflight is asked for its credential",
        get("/").method("OPTIONS").header("Origin", "https://evil.example").header("Access-Control-Request-Method", "GET"),
        missing(),
    );
    for scheme in [
        "ftp",
        "HTTPS",
        "Https",
        "javascript",
        "file",
        "https,http",
        "http, https",
        " https",
        "https ",
        "",
        "https:",
        "https://",
        "h2",
        "wss2",
        "unix",
        "https\0",
    ] {
        file = file.case(format!("{scheme:?} is no scheme"), get("/").scheme(scheme), bad());
    }
    file
}

/// H1, H3: headers that other software believes.
pub(super) fn believed_headers() -> File {
    let admin = rule("admin", "/admin/**", "allow = [{ users = [\"root\"] }]");
    let mut file = File::new(
        "believed_headers",
        "Headers by which a client says who it is, where it comes from, or what it asks for: none is read here.",
        config(&[&session(""), "[identity_headers]\nX-User = \"subject\"\nX-Groups = \"groups\"", &admin, MEMBERS]),
    );
    let names = [
        "X-User",
        "X_User",
        "x-user",
        "X.User",
        "X-Groups",
        "X-Auth-Request-User",
        "X-Auth_Request_User",
        "X_Auth_Request_User",
        "X-Forwarded-User",
        "X_Forwarded_User",
        "X-Forwarded-Email",
        "X-Forwarded-Groups",
        "X-Forwarded-Preferred-Username",
        "Remote-User",
        "Remote_User",
        "Remote.User",
        "REMOTE_USER",
        "Remote-Groups",
        "X-Remote-User",
        "X-WEBAUTH-USER",
        "X-Authenticated-User",
        "X.Authenticated.User",
        "X-Authentik-Username",
        "X-Pomerium-Claim-Email",
        "X-Vouch-User",
        "X-Token-Subject",
        "X-Consumer-Username",
        "X-Credential-Identifier",
        "X-Amzn-Oidc-Identity",
        "Cf-Access-Authenticated-User-Email",
        "X-Goog-Authenticated-User-Email",
        "X-MS-CLIENT-PRINCIPAL-NAME",
        "X-SSL-Client-Verify",
        "X-SSL-Client-S-DN",
        "Ssl-Client-Subject-Dn",
        "Proxy-Authorization",
        "X-Authorization",
        "X-Api-Key",
        "X-Auth-Token",
        "X-Gatewright-Proxy",
    ];
    for name in names {
        file = file
            .case(format!("{name}: root, at /"), get("/").header(name, "root"), refuse("credential_missing", "members"))
            .case(
                format!("{name}: root, at /admin/, beside a session"),
                get("/admin/").header(name, "root").session(&alice().seal()),
                refuse("identity_not_allowed", "admin"),
            );
    }
    let places = [
        "X-Original-URL",
        "X-Original-URI",
        "X-Rewrite-URL",
        "X-Rewrite-URI",
        "X-Forwarded-Uri",
        "X_Forwarded_Uri",
        "X-Forwarded-Prefix",
        "X-Forwarded-Path",
        "X-Envoy-Original-Path",
        "X-Envoy-Internal",
        "X-Accel-Redirect",
        "X-Sendfile",
        "X-Waws-Unencoded-Url",
        "Forwarded",
        "X-Forwarded-Host",
        "X-Host",
        "X-Forwarded-Server",
        "X-Forwarded-Proto",
        "X-Forwarded-Scheme",
        "X-Url-Scheme",
        "Front-End-Https",
        "X-Forwarded-Port",
        "X-Real-IP",
        "X-Forwarded-For",
        "X-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Custom-IP-Authorization",
        "X-Originating-IP",
        "Client-IP",
    ];
    for name in places {
        file = file.case(
            format!("{name}: /public/ changes no path"),
            get("/admin/").header(name, "/public/"),
            refuse("credential_missing", "admin"),
        );
    }
    for agent in ["GoogleHC/1.0", "kube-probe/1.30", "ELB-HealthChecker/2.0", "Amazon-Route53-Health-Check-Service", "curl/8"] {
        file = file.case(
            format!("User-Agent {agent} is nobody in particular (CVE-2026-34457)"),
            get("/").header("User-Agent", agent),
            refuse("credential_missing", "members"),
        );
    }
    file
}

/// C1 to C7.
pub(super) fn credentials(signer: &Signer) -> File {
    let open = rule("open", "/open", "allow = \"anyone\"");
    let (a, b) = (alice().seal(), bob().seal());
    let token = signer.token(ED_1, &claims());
    let forged = unsigned(&serde_json::json!({ "alg": "EdDSA", "kid": "ed-1" }), &claims(), &[0; 64]);
    let cookie = |value: String| get("/").header("Cookie", value);
    let mut file = File::new(
        "credentials",
        "Where a credential stands: one place, one reading, and a wrong one is not forgiven for a right one.",
        config(&[&session(""), &login(""), &open, MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()]);
    for (name, value) in [
        ("alone", format!("{COOKIE}={a}")),
        ("first", format!("{COOKIE}={a}; x=1")),
        ("last", format!("x=1; {COOKIE}={a}")),
        ("without a space", format!("x=1;{COOKIE}={a}")),
        ("with a tab", format!("x=1;\t{COOKIE}={a}")),
        ("behind a word that is no cookie", format!("a; b; {COOKIE}={a}")),
        ("behind an empty pair", format!(";;{COOKIE}={a}")),
        ("behind a cookie without a name", format!("=x; {COOKIE}={a}")),
        ("behind a cookie with quotation marks", format!("q=\"a; b\"; {COOKIE}={a}")),
        ("twice with the same value", format!("{COOKIE}={a}; {COOKIE}={a}")),
        ("beside one of another case", format!("__host-gatewright={b}; {COOKIE}={a}")),
        ("beside one of a longer name", format!("{COOKIE}2={b}; {COOKIE}={a}")),
        ("beside one whose value names it", format!("x={COOKIE}; {COOKIE}={a}")),
        ("beside a nameless one that carries the pair", format!("={COOKIE}={b}; {COOKIE}={a}")),
        ("among a hundred others", format!("{}{COOKIE}={a}", (0..100).map(|at| format!("c{at}=1; ")).collect::<String>())),
    ] {
        file = file.case(format!("a session cookie {name}"), cookie(value), pass_session());
    }
    let missing = || no("credential_missing");
    for (name, value) in [
        ("in another case", format!("__host-gatewright={a}")),
        ("in capitals", format!("__HOST-GATEWRIGHT={a}")),
        ("without its prefix", format!("gatewright={a}")),
        ("with a no-break space in front", format!("\u{a0}{COOKIE}={a}")),
        ("with an en quad in front (prefix smuggling)", format!("\u{2000}{COOKIE}={a}")),
        ("behind a comma", format!("x=1, {COOKIE}={a}")),
        ("as the value of another", format!("x={COOKIE}={a}")),
        ("in quotation marks", format!("x=\"; {COOKIE}={a}").replace("; ", ", ")),
        ("without an equals sign", format!("{COOKIE} {a}")),
        ("with a space in its name", format!("{COOKIE} ={a}")),
        ("percent-encoded", format!("__Host%2dgatewright={a}")),
        ("as a nameless one", format!("={COOKIE}={a}")),
    ] {
        file = file.case(format!("a session cookie {name} is another cookie"), cookie(value), missing());
    }
    let ambiguous = || no("credential_ambiguous");
    for (name, question) in [
        ("two sessions", cookie(format!("{COOKIE}={a}; {COOKIE}={b}"))),
        ("two sessions, the other first", cookie(format!("{COOKIE}={b}; {COOKIE}={a}"))),
        ("a session and an empty one", cookie(format!("{COOKIE}={a}; {COOKIE}="))),
        ("a session and a nonsense", cookie(format!("{COOKIE}=x; {COOKIE}={a}"))),
        ("two sessions in two fields", get("/").session(&a).session(&b)),
        ("a session and a quoted one", cookie(format!("{COOKIE}={a}; {COOKIE}=\"{a}\""))),
        ("two Authorization fields", get("/").bearer(&token).bearer(&token)),
        ("two Authorization fields, one empty", get("/").header("Authorization", "").bearer(&token)),
        ("Basic and Bearer", get("/").header("Authorization", "Basic YTpi").bearer(&token)),
    ] {
        file = file.case(format!("{name} are ambiguous (cookie tossing)"), question, ambiguous());
    }
    for (name, value) in [
        ("a list of two", format!("Bearer {token}, Bearer {token}")),
        ("Basic and Bearer in one field", format!("Bearer {token}, Basic YTpi")),
        ("a parameter behind it", format!("Bearer {token}; x=y")),
        ("two spaces", format!("Bearer  {token}")),
        ("a tab", format!("Bearer\t{token}")),
        ("the scheme alone", "Bearer".to_owned()),
        ("the scheme and a space", "Bearer ".to_owned()),
        ("two words", "Bearer a b".to_owned()),
        ("a session in its place", format!("Bearer {a}")),
    ] {
        file = file.case(
            format!("Authorization with {name} is malformed"),
            get("/").header("Authorization", value),
            no("token_malformed"),
        );
    }
    for (name, value) in [
        ("another scheme", format!("Token {token}")),
        ("no scheme", token.clone()),
        ("a longer scheme", format!("Bearerx {token}")),
        ("Negotiate", "Negotiate YIIB".to_owned()),
        ("an empty value", String::new()),
        ("Basic where nobody has a password", "Basic YWxpY2U6c2VjcmV0".to_owned()),
    ] {
        file = file.case(format!("Authorization with {name} is not for us"), get("/").header("Authorization", value), missing());
    }
    for place in ["/?access_token=", "/?token=", "/?jwt=", "/?id_token=", "/?authorization=Bearer%20"] {
        file = file.case(format!("a token in the query ({place}) is not read"), get(format!("{place}{token}")), missing());
    }
    let by_token = || allow("members", Identity::token("alice", LOGIN));
    let invalid = || no("signature_invalid");
    file.case("a good token and somebody else's session: the token decides", get("/").bearer(&token).session(&b), by_token())
        .case("a forged token is not forgiven for a session", get("/").bearer(&forged).session(&a), invalid())
        .case("a forged token is nobody where anybody may (CVE-2021-21378)", get("/open").bearer(&forged), anonymous("open"))
        .case("a forged session is nobody where anybody may", get("/open").session("v1.a.b.c"), anonymous("open"))
        .case("a malformed session is not let pass (CVE-2026-25748)", get("/").session("%"), no("session_malformed"))
        .case("a forged token where nobody may", get("/nowhere").host("x").bearer(&forged), no("signature_invalid"))
        .case(
            "a path with two meanings is refused before any credential",
            get("/a/../b").bearer(&token),
            refuse_somehow("path_ambiguous"),
        )
        .case(
            "Ed25519 by its other name (RFC 9864) passes",
            get("/").bearer(&signer.signed(ED_1, Algorithm::EdDsa, r#"{"alg":"Ed25519","kid":"ed-1"}"#, &claims().text())),
            by_token(),
        )
}

/// H5, H6: values that a header could be broken with.
pub(super) fn identity_headers(signer: &Signer) -> File {
    let headers = "[identity_headers]\nX-User = \"subject\"\nX-Email = \"email\"\nX-Name = \"name\"\nX-Groups = \"groups\"";
    let mut file = File::new(
        "identity_headers",
        "What is handed on is printable ASCII, every configured header is there, and nothing of the client's survives.",
        config(&[&login(""), headers, MEMBERS]),
    )
    .keys(LOGIN, &[ED_1.jwk()]);
    let none = [("X-Email", ""), ("X-Groups", ""), ("X-Name", ""), ("X-User", "alice")];
    let alice = || allow("members", Identity::token("alice", LOGIN)).headers(&none);
    file = file.case(
        "what nobody says is empty, not missing (CVE-2026-30851)",
        get("/").bearer(&signer.token(ED_1, &claims())),
        alice(),
    );
    for (name, value) in [
        ("X-Email", "evil@example.com"),
        ("X_Email", "evil@example.com"),
        ("x-groups", "admins"),
        ("X-User", "root"),
        ("Connection", "X-User"),
    ] {
        file = file.case(
            format!("{name}: {value} of the client's"),
            get("/").bearer(&signer.token(ED_1, &claims())).header(name, value),
            alice(),
        );
    }
    let named = |name: &str, shown: &str| {
        let expect = allow("members", Identity::token("alice", LOGIN).name(name));
        expect.headers(&[("X-Email", ""), ("X-Groups", ""), ("X-Name", shown), ("X-User", "alice")])
    };
    for (value, shown) in [
        ("Zoë", "Zo%C3%AB"),
        ("名前", "%E5%90%8D%E5%89%8D"),
        ("100%", "100%25"),
        ("a%2cb", "a%252cb"),
        ("=?utf-8?q?x?=", "=?utf-8?q?x?="),
        ("\"quoted\"", "\"quoted\""),
        ("a;b=c", "a;b=c"),
        ("a,b", "a,b"),
        ("\u{202e}evil", "%E2%80%AEevil"),
        ("a\u{200b}b", "a%E2%80%8Bb"),
        ("a\nb", "a%0Ab"),
        ("a\r\nX-User: root", "a%0D%0AX-User: root"),
        ("a\0b", "a%00b"),
        ("a\u{7f}b", "a%7Fb"),
        ("a\u{85}b", "a%C2%85b"),
        (" a", "%20a"),
        ("a ", "a%20"),
        ("\ta", "%09a"),
    ] {
        let question: Question = get("/").bearer(&signer.token(ED_1, &claims().with("name", value)));
        file = file.case(format!("a name {value:?}"), question, named(value, shown));
    }
    let lists = [("a comma inside a group", serde_json::json!(["a,b", "c"]), "a%2Cb,c", &["a,b", "c"][..])];
    for (name, groups, shown, read) in lists {
        let question = get("/").bearer(&signer.token(ED_1, &claims().with("groups", groups)));
        let expect = allow("members", Identity::token("alice", LOGIN).groups(read));
        file = file.case(
            name,
            question,
            expect.headers(&[("X-Email", ""), ("X-Groups", shown), ("X-Name", ""), ("X-User", "alice")]),
        );
    }
    file
}
