//! Which requests a rule is for: hosts, paths, methods, networks, query, headers.

use crate::case::{File, anonymous, get, refuse, refuse_all};
use crate::config::{config, session};

pub(super) fn targets() -> File {
    let rules = r#"
[[rule]]
id = "post-reports"
hosts = ["app.example.com"]
paths = ["/reports/**"]
methods = ["POST", "PUT"]
deny = "anyone"

[[rule]]
id = "read-reports"
hosts = ["app.example.com"]
paths = ["/reports/**"]
methods = ["GET"]
allow = "anyone"

[[rule]]
id = "head-only"
hosts = ["app.example.com"]
paths = ["/head"]
methods = ["HEAD"]
allow = "anyone"

[[rule]]
id = "office"
hosts = ["office.example.com"]
paths = ["/**"]
methods = ["GET"]
networks = ["10.0.0.0/8", "203.0.113.9/32", "2001:db8::/32"]
allow = "anyone"

[[rule]]
id = "office-rest"
hosts = ["office.example.com"]
deny = "anyone"

[[rule]]
id = "everywhere"
paths = ["/everywhere"]
allow = "anyone"
"#;
    let office = |path: &str| get(path).host("office.example.com");
    File::new(
        "targets",
        "A rule's target: every key it has must match, a missing key matches everything.",
        config(&[&session(""), rules]),
    )
    .case("every key of the target matches", get("/reports/7"), anonymous("read-reports"))
    .case("a rule without hosts matches any host", get("/everywhere").host("other.example.net"), anonymous("everywhere"))
    .case("a rule without methods matches any method", get("/everywhere").method("PATCH"), anonymous("everywhere"))
    .case("a rule without networks does not need the client's address", get("/everywhere").client(None), anonymous("everywhere"))
    .case(
        "another method goes to the rule of that method",
        get("/reports/7").method("POST"),
        refuse("rule_denied", "post-reports"),
    )
    .case("the second of the listed methods counts", get("/reports/7").method("PUT"), refuse("rule_denied", "post-reports"))
    .case("a method no rule lists has no rule", get("/reports/7").method("DELETE"), refuse_all("no_rule"))
    .case("GET covers HEAD", get("/reports/7").method("HEAD"), anonymous("read-reports"))
    .case("HEAD does not cover GET", get("/head"), refuse_all("no_rule"))
    .case("HEAD is covered by HEAD", get("/head").method("HEAD"), anonymous("head-only"))
    .case("POST does not cover HEAD, GET does", get("/reports").method("HEAD"), anonymous("read-reports"))
    .case("another host has no rule", get("/reports/7").host("other.example.com"), refuse_all("no_rule"))
    .case("another path has no rule", get("/report"), refuse_all("no_rule"))
    .case("a client inside the network matches", office("/").client(Some("10.1.2.3")), anonymous("office"))
    .case("the last address of the network matches", office("/").client(Some("10.255.255.255")), anonymous("office"))
    .case("the next address does not", office("/").client(Some("11.0.0.0")), refuse("rule_denied", "office-rest"))
    .case("a network of one address matches it", office("/").client(Some("203.0.113.9")), anonymous("office"))
    .case(
        "a network of one address matches no neighbour",
        office("/").client(Some("203.0.113.8")),
        refuse("rule_denied", "office-rest"),
    )
    .case("an IPv6 client inside the network matches", office("/").client(Some("2001:db8::1")), anonymous("office"))
    .case("an IPv6 client outside does not", office("/").client(Some("2001:db9::1")), refuse("rule_denied", "office-rest"))
    .case("an IPv4-mapped IPv6 address is the IPv4 address", office("/").client(Some("::ffff:10.0.0.1")), anonymous("office"))
    .case(
        "an IPv4-mapped IPv6 address outside stays outside",
        office("/").client(Some("::ffff:11.0.0.1")),
        refuse("rule_denied", "office-rest"),
    )
    .case(
        "an unknown address is refused, the rule is not skipped",
        office("/").client(None),
        refuse("client_address_unknown", "office"),
    )
    .case(
        "an unknown address does not matter where another key of the rule differs",
        office("/").method("POST").client(None),
        refuse("rule_denied", "office-rest"),
    )
    .case("an unknown address does not matter at another host", get("/reports/7").client(None), anonymous("read-reports"))
    .case(
        "headers of the client do not make its address known",
        office("/")
            .client(None)
            .header("X-Real-IP", "10.0.0.1")
            .header("X-Forwarded-For", "10.0.0.1")
            .header("Forwarded", "for=10.0.0.1"),
        refuse("client_address_unknown", "office"),
    )
    .case(
        "headers of the client do not change its address",
        office("/").client(Some("192.0.2.1")).header("X-Real-IP", "10.0.0.1").header("X-Forwarded-For", "10.0.0.1"),
        refuse("rule_denied", "office-rest"),
    )
}

pub(super) fn query_and_headers() -> File {
    let rules = r#"
[[rule]]
id = "delete"
hosts = ["query.example.com"]
query = { action = ["delete", "purge"] }
deny = "anyone"

[[rule]]
id = "both"
hosts = ["query.example.com"]
paths = ["/both"]
query = { a = ["1"], b = ["2"] }
deny = "anyone"

[[rule]]
id = "words"
hosts = ["query.example.com"]
paths = ["/words"]
query = { q = ["two words"] }
deny = "anyone"

[[rule]]
id = "query-rest"
hosts = ["query.example.com"]
paths = ["/**"]
allow = "anyone"

[[rule]]
id = "kind"
hosts = ["headers.example.com"]
paths = ["/**"]
headers = { X-Kind = ["api", "batch"] }
allow = "anyone"

[[rule]]
id = "headers-rest"
hosts = ["headers.example.com"]
deny = "anyone"

[[rule]]
id = "anything"
paths = ["/anything"]
allow = "anyone"
"#;
    let query = |path: &str| get(path).host("query.example.com");
    let headers = || get("/").host("headers.example.com");
    let (rest, delete) = (|| anonymous("query-rest"), || refuse("rule_denied", "delete"));
    let unclear = || refuse("request_malformed", "delete");
    File::new(
        "target_query_headers",
        "Rules for a query or a header: form-decoded once, case-sensitive, never guessed when unclear.",
        config(&[&session(""), rules]),
    )
    .case("a listed value matches", query("/x?action=delete"), delete())
    .case("the second listed value matches", query("/x?action=purge"), delete())
    .case("the name may stand anywhere in the query", query("/x?a=1&action=delete&b=2"), delete())
    .case("another value does not match", query("/x?action=list"), rest())
    .case("no query does not match", query("/x"), rest())
    .case("an empty query does not match", query("/x?"), rest())
    .case("names are case-sensitive", query("/x?Action=delete"), rest())
    .case("values are case-sensitive", query("/x?action=DELETE"), rest())
    .case("names and values are decoded", query("/x?%61ction=d%65lete"), delete())
    .case("they are decoded once", query("/x?action=%2564elete"), rest())
    .case("a plus sign is a space", query("/words?q=two+words"), refuse("rule_denied", "words"))
    .case("an encoded space is a space", query("/words?q=two%20words"), refuse("rule_denied", "words"))
    .case("an encoded plus sign is a plus sign", query("/words?q=two%2bwords"), rest())
    .case("the name inside another value does not match", query("/x?a=action%3Ddelete&b=action=delete"), rest())
    .case("every name must match", query("/both?a=1&b=2"), refuse("rule_denied", "both"))
    .case("one of two names is not enough", query("/both?a=1"), rest())
    .case("a repeated name is refused", query("/x?action=list&action=delete"), unclear())
    .case("a repeated name is refused even with equal harmless values", query("/x?action=list&action=list"), unclear())
    .case("a repeated name is refused under another spelling", query("/x?action=list&%61ction=delete"), unclear())
    .case("a value with an invalid triplet is refused", query("/x?action=%zz"), unclear())
    .case("a value that is not UTF-8 is refused", query("/x?action=%ff"), unclear())
    .case("other names may be repeated and undecodable", query("/x?b=%zz&b=%ff"), rest())
    .case(
        "a repeated name does not matter where another key of the rule differs",
        get("/anything?action=1&action=delete"),
        anonymous("anything"),
    )
    .case("the query of a request is opaque where no rule asks", get("/anything?a=../..&b=%00&c=\\&d=%zz"), anonymous("anything"))
    .case("a long query has no limit of a path", get(format!("/anything?a={}", "x".repeat(9000))), anonymous("anything"))
    .case("a query is never part of the path", get("/nothing?/anything"), refuse_all("no_rule"))
    .case("a header's listed value matches", headers().header("X-Kind", "api"), anonymous("kind"))
    .case("the second listed value of a header matches", headers().header("X-Kind", "batch"), anonymous("kind"))
    .case("header names are case-insensitive", headers().header("x-kind", "api"), anonymous("kind"))
    .case("header values are case-sensitive", headers().header("X-Kind", "API"), refuse("rule_denied", "headers-rest"))
    .case("an absent header does not match", headers(), refuse("rule_denied", "headers-rest"))
    .case(
        "a list in one field is as unclear as two fields",
        headers().header("X-Kind", "api, other"),
        refuse("request_malformed", "kind"),
    )
    .case("a list without a space is no clearer", headers().header("X-Kind", "other,batch"), refuse("request_malformed", "kind"))
    .case("a list of other values does not match", headers().header("X-Kind", "a, b"), refuse("rule_denied", "headers-rest"))
    .case(
        "a value that only holds a listed one does not match",
        headers().header("X-Kind", "api2"),
        refuse("rule_denied", "headers-rest"),
    )
    .case(
        "a header named with an underscore is another header",
        headers().header("X_Kind", "api"),
        refuse("rule_denied", "headers-rest"),
    )
    .case(
        "a repeated header is refused",
        headers().header("X-Kind", "api").header("X-Kind", "other"),
        refuse("request_malformed", "kind"),
    )
    .case(
        "a repeated header does not matter at another host",
        get("/anything").header("X-Kind", "a").header("X-Kind", "b"),
        anonymous("anything"),
    )
}
