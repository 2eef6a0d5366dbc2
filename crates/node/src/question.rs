//! A request as one text, and the request that the engine takes.
//!
//! The text's first byte is the separator; it parts method, scheme, host, target, client, flags, the names that the proxy sets,
//! nothing, and then a name and a value for each header field. The caller says how many parts there are: if a value holds the separator,
//! the count is wrong and the caller asks again with another one. One character of JavaScript is one byte; that there is none
//! beyond U+00FF is checked over there (`lib/question.js`).

use std::net::IpAddr;

use gatewright::{Headers, Request, UnixTime};
use gatewright_issuer::{Asked, Facts};

use crate::error::{Result, invalid};

/// A request that was taken apart.
pub(crate) struct Question<'q> {
    method: &'q [u8],
    scheme: &'q [u8],
    host: &'q [u8],
    target: &'q [u8],
    client: Option<IpAddr>,
    facts: Facts,
    is_portless: bool,
    /// Whether it has every header of the request, not only those that count.
    pub(crate) is_complete: bool,
    proxy_sets: Vec<String>,
    fields: Fields<'q>,
}

/// Header fields in the order in which they came: all the parts, of which the first have another meaning.
struct Fields<'q> {
    parts: Vec<&'q [u8]>,
    is_broken: bool,
}

impl<'q> Question<'q> {
    /// Takes a text apart; `None` if a value holds the separator.
    ///
    /// # Errors
    /// The client is no address.
    pub(crate) fn parse(text: &'q [u8], count: u32) -> Result<Option<Self>> {
        let Some((separator, text)) = text.split_first() else { return Ok(None) };
        let mut parts = Vec::with_capacity(TYPICAL_PARTS);
        let mut from = 0;
        for to in memchr::memchr_iter(*separator, text).chain([text.len()]) {
            parts.extend(text.get(from..to));
            from = to.saturating_add(1);
        }
        if u32::try_from(parts.len()) != Ok(count) {
            return Ok(None);
        }
        let [method, scheme, host, target, client, flags, proxy_sets, _, ..] = *parts else { return Ok(None) };
        let is_set = |flag: u8| flags.contains(&flag);
        Ok(Some(Self {
            method,
            scheme,
            host,
            target,
            client: if client.is_empty() { None } else { Some(address(client)?) },
            facts: if is_set(FORWARDED) { Facts::Forwarded } else { Facts::Given },
            is_portless: is_set(PORTLESS),
            is_complete: is_set(COMPLETE),
            proxy_sets: if proxy_sets.is_empty() { Vec::new() } else { names(proxy_sets) },
            fields: Fields { parts, is_broken: is_set(BROKEN) },
        }))
    }

    /// Returns the request as the engine takes it.
    pub(crate) fn asked(&self) -> Asked<'_> {
        let mut request =
            Request::new(self.method, self.scheme, self.host, self.target, &self.fields).proxy_sets(&self.proxy_sets);
        if let Some(client) = self.client {
            request = request.client(client);
        }
        if self.is_portless {
            request = request.portless_host();
        }
        Asked { request, facts: self.facts }
    }

    /// Returns whether a person's browser opens a page with it.
    pub(crate) fn is_navigation(&self) -> bool {
        gatewright::is_navigation(self.method, &self.fields)
    }
}

impl Headers for Fields<'_> {
    fn each<'h>(&'h self, name: &str, each: &mut dyn FnMut(&'h [u8])) {
        assert!(!self.is_broken, "a fault that a test asked for");
        for pair in self.parts.chunks_exact(2).skip(BEFORE_FIELDS) {
            if let [own_name, value] = pair
                && own_name.eq_ignore_ascii_case(name.as_bytes())
            {
                each(value);
            }
        }
    }
}

/// Returns the time the caller named, in seconds since 1970; the machine's if that is negative.
pub(crate) fn time(now: i64) -> UnixTime {
    u64::try_from(now).map_or_else(|_| gatewright_issuer::now(), UnixTime::from_secs)
}

fn address(client: &[u8]) -> Result<IpAddr> {
    let address = str::from_utf8(client).ok().and_then(|client| client.parse().ok());
    address.ok_or_else(|| invalid("client is no IPv4 or IPv6 address"))
}

fn names(list: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(list).split(',').map(str::to_ascii_lowercase).collect()
}

/// The client and scheme are the proxy's to say.
const FORWARDED: u8 = b'f';
/// The host never carries a port.
const PORTLESS: u8 = b'p';
/// Every header is there.
const COMPLETE: u8 = b'e';
/// Reading a header panics: how a test reaches what a fault of ours would do.
const BROKEN: u8 = b'!';
/// How many pairs of parts come before the header fields: an empty part makes them even.
const BEFORE_FIELDS: usize = 4;
/// More than most requests have; others grow it.
const TYPICAL_PARTS: usize = 16;
