//! The text after `rd=`: where a login may send people back to.

use std::sync::LazyLock;

use gatewright::{Authorizer, Decision, Request};
use url::Url;

use crate::asked::{ask, authorizer};
use crate::draw::{Draw, at_most};

/// What is accepted leads to a listed origin, as a browser reads it (the WHATWG parser, relative to the login page), is the text
/// as received, decoded at most once, and is never the login page; and an address that a challenge hands out is accepted again.
///
/// A first byte below 0x80 lets the rest be the text, one above puts it together.
pub fn return_address(data: &[u8]) {
    let Some((kind, rest)) = at_most(data, MAX_ADDRESS).split_first() else { return };
    let raw = match kind {
        0..0x80 => String::from_utf8_lossy(rest).into_owned(),
        _ => Draw::new(rest).pieces(&PIECES, 12),
    };
    if let Some(address) = AUTHORIZER.return_address(&raw) {
        check(&raw, &address);
    }
    challenge(&raw);
}

fn check(raw: &str, address: &str) {
    assert!(address.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'\\'), "{raw:?}");
    assert!(address.len() <= 2 * 1024);
    assert!(address == raw || (raw.contains('%') && !raw.contains(['&', '+'])), "{raw:?} became {address:?}");
    let login = Url::parse("https://auth.example.com/login").unwrap();
    let url = login.join(address).unwrap_or_else(|error| panic!("{address:?}: {error}"));
    assert!(url.username().is_empty() && url.password().is_none(), "{address:?}");
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default());
    let listed = match (url.scheme(), host, port) {
        ("https", "app.example.com" | "auth.example.com", Some(443)) => true,
        ("https", "api.example.com", Some(8443)) => true,
        ("http", "localhost", Some(3000)) => true,
        ("https", below, Some(443)) => below.strip_suffix(".apps.example.com").is_some_and(|label| !label.is_empty()),
        _ => false,
    };
    assert!(listed, "{address:?} leads to {url}");
    assert!(host != "auth.example.com" || url.path() != "/login", "{address:?} is the login page");
}

/// Asks for that address without a credential: the challenge's `rd`, decoded as a login page does it, is accepted and leads there.
fn challenge(raw: &str) {
    let Some((scheme, rest)) = raw.split_once("://") else { return };
    let split = rest.find('/').unwrap_or(rest.len());
    let (host, target) = rest.split_at(split);
    let asked = ask(&AUTHORIZER, &Request::new("GET", scheme, host, target, &()));
    let Decision::Challenge(challenge) = &asked.decision else { return };
    let Some(location) = challenge.login_url() else { return };
    let url = Url::parse(location).unwrap_or_else(|error| panic!("{location:?}: {error}"));
    assert_eq!((url.host_str(), url.path()), (Some("auth.example.com"), "/login"), "{location:?}");
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let [(theme, _), rest @ ..] = pairs.as_slice() else { panic!("{location:?}") };
    assert_eq!(theme, "theme");
    match rest {
        [] => {}
        [(name, value)] => {
            assert_eq!(name, "rd", "{location:?}");
            assert_eq!(AUTHORIZER.return_address(value).as_deref(), Some(value.as_str()), "{location:?}");
            check(value, value);
        }
        [_, _, ..] => panic!("{location:?}"),
    }
}

static AUTHORIZER: LazyLock<Authorizer> = LazyLock::new(|| {
    authorizer(
        r#"
        version = 1
        [session]
        keys = ["0123456789abcdef0123456789abcdef"]
        [login]
        url = "https://auth.example.com/login?theme=dark"
        return_hosts = ["app.example.com", "*.apps.example.com", "api.example.com:8443", "http://localhost:3000", "auth.example.com"]
        [[rule]]
        id = "members"
        allow = "authenticated"
        "#,
    )
});

const PIECES: [&str; 34] = [
    "https://",
    "http://",
    "https%3A%2F%2F",
    "https%3a//",
    "app.example.com",
    "auth.example.com",
    "x.apps.example.com",
    "api.example.com",
    "localhost",
    ":8443",
    ":3000",
    ":443",
    "/",
    "//",
    "\\",
    "@",
    "?",
    "#",
    "%",
    "%2f",
    "%40",
    "%2e",
    "..",
    ".",
    "/login",
    "/LOGIN",
    "/logi%6e",
    ";",
    "&",
    "+",
    "evil.example",
    "%00",
    "%0a",
    "\t",
];

/// Above what a fully encoded address of 2 KiB takes.
const MAX_ADDRESS: usize = 6 * 1024 + 64;

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let addresses = [
        "https://app.example.com/a?b=c&d=https://evil.example/#x",
        "https%3A%2F%2Fapp.example.com%2Fa%3Fb%3D%2526%2bc",
        "https://APP.example.com:443/",
        "https://x.y.apps.example.com/%7Ea/../b//c;d",
        "http://localhost:3000/",
        "https://app.example.com@evil.example/",
        "https://app.example.com\\@evil.example/",
        "https:/\\evil.example",
        "//evil.example/",
        "https://auth.example.com/login;x",
        "https://auth.example.com/x/../login",
        "https://app.example.com.evil.example",
    ];
    let mut seeds: Vec<Vec<u8>> = addresses.iter().map(|address| [b"\x00", address.as_bytes()].concat()).collect();
    seeds.push(vec![0x80, 3, 0, 4, 12]);
    seeds
}
