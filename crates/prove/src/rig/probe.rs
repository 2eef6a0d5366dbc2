//! Who asks, and with what in the request.

use std::collections::BTreeSet;

use super::fake::{FORBIDDEN, GOOD, GOOD_OTHER};
use crate::prove::wire::{Request, Version};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Nobody in particular.
    Stranger,
    /// Somebody known, who may not.
    Forbidden,
    /// Somebody who may.
    Person,
    /// Somebody else who may.
    Other,
}

/// What the configuration looks at in requests.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    pub(crate) cookies: BTreeSet<String>,
    pub(crate) arguments: BTreeSet<String>,
    pub(crate) headers: BTreeSet<String>,
    /// Methods that it names.
    pub(crate) methods: BTreeSet<String>,
    /// Values that it compares what it looks at with, as a request has them.
    pub(crate) values: BTreeSet<Given>,
}

/// Something of a request that a configuration could let past the gate for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Given {
    /// A header with its value.
    Header(String, String),
    /// A cookie, as `name=value`.
    Cookie(String),
    /// A parameter, as `name=value`.
    Argument(String),
}

impl Given {
    /// A request with it.
    pub(crate) fn request(&self, path: &str, host: &str, proof: Option<&str>) -> Request {
        match self {
            Self::Header(name, value) => request("GET", path, host, proof).without(name).with(name, value),
            Self::Cookie(pair) => {
                let pairs: Vec<&str> = proof.into_iter().chain([pair.as_str()]).collect();
                request("GET", path, host, Some(&pairs.join("; ")))
            }
            Self::Argument(pair) => request("GET", &format!("{path}?{pair}"), host, proof),
        }
    }
}

impl Looks {
    /// The cookies that prove who asks, under every name that the configuration could look at.
    pub(crate) fn proof(&self, who: Who) -> Option<String> {
        cookies(self.cookies.iter().map(String::as_str).chain(USUAL), who)
    }

    /// The same as one person has them: under the names that the configuration looks at, or one of the usual.
    pub(crate) fn credential(&self, who: Who) -> Option<String> {
        match self.cookies.is_empty() {
            true => cookies(USUAL.into_iter().take(1), who),
            false => cookies(self.cookies.iter().map(String::as_str), who),
        }
    }
}

fn cookies<'n>(names: impl Iterator<Item = &'n str>, who: Who) -> Option<String> {
    let value = match who {
        Who::Stranger => return None,
        Who::Forbidden => FORBIDDEN,
        Who::Person => GOOD,
        Who::Other => GOOD_OTHER,
    };
    Some(names.map(|name| format!("{name}={value}")).collect::<Vec<_>>().join("; "))
}

/// Lines that somebody could try to talk a configuration round with.
pub(crate) fn lines(looks: &Looks) -> Vec<Vec<(String, String)>> {
    let one = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let mut found: Vec<_> = LINES.iter().map(|(name, value)| one(name, value)).collect();
    for cookie in looks.cookies.iter().map(String::as_str).chain(["session", "token", "_oauth2_proxy"]) {
        found.push(one("Cookie", &format!("{cookie}=x")));
    }
    for header in &looks.headers {
        found.extend(["x", "1", "true"].map(|value| one(header, value)));
    }
    found.push(vec![("Upgrade".to_owned(), "websocket".to_owned()), ("Connection".to_owned(), "Upgrade".to_owned())]);
    found
}

/// A request for a path, as somebody.
pub(crate) fn request(method: &str, path: &str, host: &str, proof: Option<&str>) -> Request {
    let request = Request::new(method, path, host);
    proof.map_or_else(|| request.clone(), |proof| request.clone().with("Cookie", proof))
}

/// The same in HTTP/1.0, without a `Host`.
pub(crate) fn old(path: &str) -> Request {
    Request { version: Version::Http10, ..Request::new("GET", path, "x").without("Host") }
}

/// Names of cookies for a session.
const USUAL: [&str; 2] = ["s", "session"];

pub(crate) const METHODS: [&str; 8] = ["HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PROPFIND", "PATCH", "MOVE"];

const LINES: [(&str, &str); 28] = [
    ("Authorization", "Bearer x"),
    ("Authorization", "Basic ZXZpbDp4"),
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Forwarded-For", "10.1.1.1"),
    ("X-Forwarded-For", "192.168.1.1"),
    ("X-Real-IP", "127.0.0.1"),
    ("X-Real-IP", "10.1.1.1"),
    ("X-Real-IP", "192.168.1.1"),
    ("X-Original-URI", "/public/x"),
    ("X-Original-URL", "http://public.test/public/x"),
    ("X-Forwarded-Uri", "/public/x"),
    ("X-Rewrite-URL", "/public/x"),
    ("X-Original-Method", "GET"),
    ("X-HTTP-Method-Override", "GET"),
    ("X-Original-Host", "public.test"),
    ("X-Forwarded-Host", "public.test"),
    ("Connection", "close, X-User"),
    ("User-Agent", "GoogleHC/1.0"),
    ("User-Agent", "kube-probe/1.2"),
    ("User-Agent", "ELB-HealthChecker/2.0"),
    ("Accept", "text/html"),
    ("X-Requested-With", "XMLHttpRequest"),
    ("Range", "bytes=0-3"),
    ("If-None-Match", "*"),
    ("Content-Type", "application/grpc"),
    ("Referer", "http://app.test/"),
    ("Origin", "http://evil.test"),
    ("Expect", "100-continue"),
];
