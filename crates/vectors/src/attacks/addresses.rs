//! `X-Forwarded-For`: who the client is, when anybody can write into it.

use serde_json::{Value, json};

use crate::Written;

/// Each case: the fields, the trusted hops, and the client's address or `null`.
pub(super) fn forwarded_for() -> Written {
    let ours = || json!(["10.0.0.0/8", "fd00::/8"]);
    let mut cases: Vec<Value> = Vec::new();
    let mut case = |fields: Value, hops: Value, client: Option<&str>| {
        cases.push(json!({ "fields": fields, "trusted_hops": hops, "client": client }));
    };
    // Behind hops of ours, the rightmost address that is none of them; whatever stands left of it is somebody's story.
    for (list, client) in [
        ("6.6.6.6", "6.6.6.6"),
        ("9.9.9.9, 6.6.6.6", "6.6.6.6"),
        ("9.9.9.9,6.6.6.6,10.0.0.1", "6.6.6.6"),
        ("9.9.9.9, 6.6.6.6, 10.0.0.1, 10.255.255.255", "6.6.6.6"),
        ("127.0.0.1, 6.6.6.6", "6.6.6.6"),
        ("10.0.0.9, 6.6.6.6", "6.6.6.6"),
        ("unknown, 6.6.6.6", "6.6.6.6"),
        ("' OR 1=1, 6.6.6.6", "6.6.6.6"),
        ("<script>, 6.6.6.6, 10.0.0.1", "6.6.6.6"),
        (", 6.6.6.6", "6.6.6.6"),
        ("::ffff:6.6.6.6", "6.6.6.6"),
        ("::ffff:606:606", "6.6.6.6"),
        ("6.6.6.6, ::ffff:10.0.0.1", "6.6.6.6"),
        ("2001:db8::1, fd00::1", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("11.0.0.1, 10.0.0.1", "11.0.0.1"),
        ("6.6.6.6\t,\t10.0.0.1", "6.6.6.6"),
    ] {
        case(json!([list]), ours(), Some(client));
    }
    // What is no address makes the client unknown, however good the rest is.
    for entry in [
        "a",
        "-",
        "*",
        "10.1",
        "10.0.1",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "-1.2.3.4",
        "+1.2.3.4",
        "1.2.3.4 5",
        "010.0.0.1",
        "10.0.0.01",
        "0x0a000001",
        "0x0a.0.0.1",
        "167772161",
        "1.2.3.4:80",
        "[::1]",
        "[::1]:80",
        "::1%eth0",
        "fe80::1%eth0",
        "fe80::1%25eth0",
        ":::1",
        "1::2::3",
        "12345::",
        "::ffff:1.2.3",
        "g::1",
        "1.2.3.4/32",
        "unknown",
        "_hidden",
        "localhost",
        "example.com",
        "6.6.6.6;x",
        "for=6.6.6.6",
        "\"6.6.6.6\"",
        "６.6.6.6",
        "1.2.3.4\u{a0}",
        "%31.2.3.4",
        "",
    ] {
        case(json!([format!("6.6.6.6, {entry}")]), ours(), None);
        case(json!([entry]), ours(), None);
        case(json!([format!("6.6.6.6, {entry}, 10.0.0.1")]), ours(), None);
    }
    // Fields are one list, in order.
    case(json!(["9.9.9.9", "6.6.6.6"]), ours(), Some("6.6.6.6"));
    case(json!(["9.9.9.9, 6.6.6.6", "10.0.0.1"]), ours(), Some("6.6.6.6"));
    case(json!(["6.6.6.6", "a"]), ours(), None);
    case(json!(["6.6.6.6", "a", "10.0.0.1"]), ours(), None);
    case(json!(["6.6.6.6", ""]), ours(), None);
    case(json!([]), ours(), None);
    case(json!(["10.0.0.1, 10.0.0.2"]), ours(), None);
    case(json!([format!("6.6.6.6{}", ", 10.0.0.1".repeat(99))]), ours(), Some("6.6.6.6"));
    case(json!([format!("6.6.6.6{}", ", 10.0.0.1".repeat(100))]), ours(), None);
    case(json!([format!("6.6.6.6{}", ", 10.0.0.1".repeat(5_000))]), ours(), None);
    // A number of hops is a number of entries, whoever wrote them.
    for (list, hops, client) in [
        ("9.9.9.9, 6.6.6.6", 0, Some("6.6.6.6")),
        ("9.9.9.9, 6.6.6.6", 1, Some("9.9.9.9")),
        ("9.9.9.9, 6.6.6.6", 2, None),
        ("9.9.9.9, a", 1, None),
        ("a, 6.6.6.6", 0, Some("6.6.6.6")),
        ("9.9.9.9, 10.0.0.1", 0, Some("10.0.0.1")),
        ("", 0, None),
    ] {
        case(json!([list]), json!(hops), client);
    }
    // Without any hop the last entry is the client.
    case(json!(["9.9.9.9, 10.0.0.1"]), json!([]), Some("10.0.0.1"));
    Written::new(
        "forwarded_for",
        &[("description", json!("Who the client is by X-Forwarded-For, and when nobody knows."))],
        &cases,
    )
}
