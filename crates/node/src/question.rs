//! A request as one text, and the request that the engine takes.
//!
//! The text's first character is the separator; it parts method, scheme, host, target, client, flags, the names that the proxy
//! sets, and then a name and a value for each header field. The caller says how many parts there are: if a value holds the
//! separator, the count is wrong and the caller asks again with another one.

use std::borrow::Cow;
use std::net::IpAddr;

use gatewright::{Headers, Request, UnixTime};
use gatewright_issuer::{Asked, Facts};

use crate::error::{Result, invalid};
use crate::text::latin1;

/// A request that was taken apart.
pub(crate) struct Question<'q> {
    method: Cow<'q, [u8]>,
    scheme: Cow<'q, [u8]>,
    host: Cow<'q, [u8]>,
    target: Cow<'q, [u8]>,
    client: Option<IpAddr>,
    facts: Facts,
    is_portless: bool,
    /// Whether it has every header of the request, not only those that count.
    pub(crate) is_complete: bool,
    proxy_sets: Vec<String>,
    fields: Fields<'q>,
}

/// Header fields in the order in which they came.
struct Fields<'q> {
    pairs: Vec<(Cow<'q, [u8]>, Cow<'q, [u8]>)>,
    is_broken: bool,
}

impl<'q> Question<'q> {
    /// Takes a text apart; `None` if a value holds the separator.
    ///
    /// # Errors
    /// A part that cannot be: a character beyond U+00FF, or a client that is no address.
    pub(crate) fn parse(text: &'q str, count: u32) -> Result<Option<Self>> {
        let mut characters = text.chars();
        let Some(separator) = characters.next() else { return Ok(None) };
        let mut parts = Vec::with_capacity(TYPICAL_PARTS);
        parts.extend(characters.as_str().split(separator));
        if u32::try_from(parts.len()) != Ok(count) {
            return Ok(None);
        }
        let [method, scheme, host, target, client, flags, proxy_sets, fields @ ..] = parts.as_slice() else {
            return Ok(None);
        };
        let is_ascii = text.is_ascii();
        let wire = |part: &'q str, what: &str| match is_ascii {
            true => Ok(Cow::Borrowed(part.as_bytes())),
            false => latin1(part).ok_or_else(|| {
                invalid(format!("{what} has a character beyond U+00FF, which no HTTP header or target can carry"))
            }),
        };
        let mut pairs = Vec::with_capacity(TYPICAL_PARTS);
        for pair in fields.chunks(2) {
            let [name, value] = pair else { return Ok(None) };
            pairs.push((wire(name, "a header's name")?, wire(value, "a header's value")?));
        }
        Ok(Some(Self {
            method: wire(method, "method")?,
            scheme: wire(scheme, "scheme")?,
            host: wire(host, "host")?,
            target: wire(target, "path")?,
            client: match client.is_empty() {
                true => None,
                false => Some(client.parse().map_err(|_| invalid("client is no IPv4 or IPv6 address"))?),
            },
            facts: if flags.contains(FORWARDED) { Facts::Forwarded } else { Facts::Given },
            is_portless: flags.contains(PORTLESS),
            is_complete: flags.contains(COMPLETE),
            proxy_sets: match proxy_sets.is_empty() {
                true => Vec::new(),
                false => proxy_sets.split(',').map(str::to_ascii_lowercase).collect(),
            },
            fields: Fields { pairs, is_broken: flags.contains(BROKEN) },
        }))
    }

    /// Returns the request as the engine takes it.
    pub(crate) fn asked(&self) -> Asked<'_> {
        let mut request =
            Request::new(&*self.method, &*self.scheme, &*self.host, &*self.target, &self.fields).proxy_sets(&self.proxy_sets);
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
        gatewright::is_navigation(&self.method, &self.fields)
    }
}

impl Headers for Fields<'_> {
    fn each<'h>(&'h self, name: &str, each: &mut dyn FnMut(&'h [u8])) {
        assert!(!self.is_broken, "a fault that a test asked for");
        self.pairs.each(name, each);
    }
}

/// Returns the time the caller named, in seconds since 1970; the machine's if that is negative.
pub(crate) fn time(now: i64) -> UnixTime {
    u64::try_from(now).map_or_else(|_| gatewright_issuer::now(), UnixTime::from_secs)
}

/// The client and scheme are the proxy's to say.
const FORWARDED: char = 'f';
/// The host never carries a port.
const PORTLESS: char = 'p';
/// Every header is there.
const COMPLETE: char = 'e';
/// Reading a header panics: how a test reaches what a fault of ours would do.
const BROKEN: char = '!';
/// More than most requests have; others grow it.
const TYPICAL_PARTS: usize = 16;
