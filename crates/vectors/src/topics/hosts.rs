//! Hosts and methods.

use crate::case::{File, anonymous, get, refuse, refuse_all};
use crate::config::{config, session};

pub(super) fn hosts() -> File {
    let rules = r#"
[[rule]]
id = "app"
hosts = ["app.example.com"]
paths = ["/**"]
allow = "anyone"

[[rule]]
id = "secure"
hosts = ["*.admin.example.com"]
deny = "anyone"

[[rule]]
id = "wild"
hosts = ["*.example.com"]
paths = ["/**"]
allow = "anyone"

[[rule]]
id = "port-8443"
hosts = ["ported.example.net:8443"]
paths = ["/**"]
allow = "anyone"

[[rule]]
id = "port-443"
hosts = ["standard.example.net:443"]
deny = "anyone"

[[rule]]
id = "port-80"
hosts = ["plain.example.net:80"]
deny = "anyone"

[[rule]]
id = "any-port"
hosts = ["standard.example.net", "plain.example.net", "Capital.Example.NET"]
paths = ["/**"]
allow = "anyone"
"#;
    let at = |host: &str| get("/").host(host);
    File::new(
        "hosts",
        "Exact hosts, wildcards at a label's boundary, ports; letters in any case, one trailing dot removed.",
        config(&[&session(""), rules]),
    )
    .case("a host matches itself", at("app.example.com"), anonymous("app"))
    .case("capitals are no difference", at("APP.Example.COM"), anonymous("app"))
    .case("one trailing dot is no difference", at("app.example.com."), anonymous("app"))
    .case("a port is no difference where the rule has none", at("app.example.com:8443"), anonymous("app"))
    .case("the default port is no difference", at("app.example.com:443"), anonymous("app"))
    .case("a trailing dot before the port is no difference", at("app.example.com.:443"), anonymous("app"))
    .case("capitals in the file are no difference", at("capital.example.net"), anonymous("any-port"))
    .case("a wildcard matches one label", at("wiki.example.com"), anonymous("wild"))
    .case("a wildcard matches several labels", at("a.b.c.example.com"), anonymous("wild"))
    .case("a wildcard does not match its own name", at("example.com"), refuse_all("no_rule"))
    .case("a wildcard does not match a name that ends like it", at("evilexample.com"), refuse_all("no_rule"))
    .case("a wildcard does not match a name that begins like it", at("app.example.com.evil.example"), refuse_all("no_rule"))
    .case("an exact host does not match what is below it", at("x.app.example.com"), anonymous("wild"))
    .case("an earlier wildcard is not passed by capitals", at("secure.ADMIN.example.com"), refuse("rule_denied", "secure"))
    .case("an earlier wildcard is not passed by a trailing dot", at("secure.admin.example.com."), refuse("rule_denied", "secure"))
    .case("an earlier wildcard is not passed by a port", at("secure.admin.example.com:8443"), refuse("rule_denied", "secure"))
    .case("an underscore is part of a name", at("a_b.example.com"), anonymous("wild"))
    .case("a name in punycode is a name", at("xn--caf-dma.example.com"), anonymous("wild"))
    .case("a rule's port matches itself", at("ported.example.net:8443"), anonymous("port-8443"))
    .case("a rule's port matches no other", at("ported.example.net:9443"), refuse_all("no_rule"))
    .case("a rule's port does not match the default port", at("ported.example.net"), refuse_all("no_rule"))
    .case("without a port the scheme's own counts: https", at("standard.example.net"), refuse("rule_denied", "port-443"))
    .case(
        "without a port the scheme's own counts: http",
        at("plain.example.net").scheme("http"),
        refuse("rule_denied", "port-80"),
    )
    .case("without a port the scheme's own counts, not another's", at("plain.example.net"), anonymous("any-port"))
    .case("an explicit port counts as written", at("standard.example.net:8443"), anonymous("any-port"))
    .case(
        "where hosts never carry a port a rule with one cannot be judged",
        at("standard.example.net").portless(),
        refuse("request_malformed", "port-443"),
    )
    .case("where hosts never carry a port other rules are no matter", at("app.example.com").portless(), anonymous("app"))
    .case("an IPv4 address is a host", at("127.0.0.1:8080"), refuse_all("no_rule"))
    .case("an IPv6 address is a host", at("[::1]:8080"), refuse_all("no_rule"))
}

pub(super) fn malformed_hosts() -> File {
    let rules = "[[rule]]\nid = \"anything\"\npaths = [\"/**\"]\nallow = \"anyone\"";
    let file = File::new("hosts_malformed", "Hosts that are refused before any rule.", config(&[&session(""), rules]));
    [
        ("no host", ""),
        ("a colon", ":"),
        ("a port alone", ":443"),
        ("a colon without a port", "app.example.com:"),
        ("a port beyond 65535", "app.example.com:99999"),
        ("a port with a sign", "app.example.com:+443"),
        ("a port of letters", "app.example.com:https"),
        ("two ports", "app.example.com:443:443"),
        ("a user", "user@app.example.com"),
        ("two at signs", "a@b@app.example.com"),
        ("two hosts", "app.example.com,evil.example"),
        ("a percent sign", "%61pp.example.com"),
        ("a slash", "app.example.com/x"),
        ("a backslash", "app.example.com\\x"),
        ("a question mark", "app.example.com?x"),
        ("a number sign", "app.example.com#x"),
        ("a space", "app.example.com x"),
        ("a tab", "app.example\t.com"),
        ("a NUL", "app\0.example.com"),
        ("a scheme", "https://app.example.com"),
        ("a letter outside ASCII", "äpp.example.com"),
        ("an IPv6 address with a zone", "[fe80::1%25eth0]"),
        ("an IPv6 address without its end", "[::1"),
    ]
    .into_iter()
    .fold(file, |file, (name, host)| file.case(name, get("/").host(host), refuse_all("request_malformed")))
}

pub(super) fn methods() -> File {
    let rules = r#"
[[rule]]
id = "read"
paths = ["/read/**"]
methods = ["GET"]
allow = "anyone"

[[rule]]
id = "properties"
paths = ["/dav/**"]
methods = ["PROPFIND"]
allow = "anyone"

[[rule]]
id = "any"
paths = ["/any"]
allow = "anyone"

[[rule]]
id = "members"
paths = ["/members"]
allow = "authenticated"
"#;
    let read = |method: &str| get("/read/x").method(method);
    let bad = || refuse_all("request_malformed");
    let file = File::new(
        "methods",
        "Methods are case-sensitive tokens; GET covers HEAD; nothing overrides the method.",
        config(&[&session(""), rules]),
    )
    .case("GET is GET", read("GET"), anonymous("read"))
    .case("HEAD is covered by GET", read("HEAD"), anonymous("read"))
    .case("get is another method", read("get"), refuse_all("no_rule"))
    .case("Get is another method", read("Get"), refuse_all("no_rule"))
    .case("GETX is another method", read("GETX"), refuse_all("no_rule"))
    .case("OPTIONS is not covered by GET", read("OPTIONS"), refuse_all("no_rule"))
    .case("an extension method matches where it is listed", get("/dav/x").method("PROPFIND"), anonymous("properties"))
    .case("HEAD is not covered by another method", get("/dav/x").method("HEAD"), refuse_all("no_rule"))
    .case(
        "X-HTTP-Method-Override does not make a POST a GET",
        read("POST").header("X-HTTP-Method-Override", "GET"),
        refuse_all("no_rule"),
    )
    .case(
        "X-Method-Override does not make a DELETE a GET",
        read("DELETE").header("X-Method-Override", "GET"),
        refuse_all("no_rule"),
    )
    .case("X-HTTP-Method does not make a PUT a GET", read("PUT").header("X-HTTP-Method", "GET"), refuse_all("no_rule"))
    .case("_method does not make a POST a GET", get("/read/x?_method=GET").method("POST"), refuse_all("no_rule"))
    .case(
        "a preflight request is an OPTIONS request like any other",
        get("/members").method("OPTIONS").header("Origin", "https://evil.example").header("Access-Control-Request-Method", "GET"),
        refuse("credential_missing", "members"),
    )
    .case(
        "an upgrade to a websocket is a GET request like any other",
        get("/members").header("Connection", "Upgrade").header("Upgrade", "websocket"),
        refuse("credential_missing", "members"),
    )
    .case(
        "a health check's name opens nothing",
        get("/members").header("User-Agent", "GoogleHC/1.0"),
        refuse("credential_missing", "members"),
    );
    let file = ["TRACE", "CONNECT", "PURGE", "M-SEARCH"].into_iter().fold(file, |file, method| {
        file.case(format!("{method} matches a rule without methods"), get("/any").method(method), anonymous("any"))
    });
    ["", "GET ", " GET", "GET\0", "GET\r\n", "GET,POST", "GET/1", "GÉT", "G(ET"].into_iter().fold(file, |file, method| {
        file.case(format!("malformed: `{}`", method.escape_debug()), get("/any").method(method), bad())
    })
}
