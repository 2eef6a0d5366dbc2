//! `X-Forwarded-For`: whose address a request comes from.

use std::net::IpAddr;

use gatewright::{Network, Request, TrustedHops, client_from_forwarded_for};

use crate::asked::{ask, authorizer};
use crate::draw::Draw;

/// The client is the entry that a plain second reader finds, nothing that a client writes to the left of it changes that, and a
/// rule for a network holds for that address alone.
pub fn forwarded_for(data: &[u8]) {
    let mut draw = Draw::new(data);
    let count = draw.below(5);
    let hops = if draw.one_in(2) { Hops::Count(count) } else { Hops::Networks };
    let mut list = String::new();
    for _ in 0..draw.below(8) {
        list.push_str(&draw.pieces(&PIECES, 3));
    }
    let mut fields: Vec<&[u8]> = list.split('\n').map(str::as_bytes).collect();
    let rest = draw.rest();
    let rest = &rest[..rest.len().min(2048)];
    if !rest.is_empty() {
        fields.push(rest);
    }
    let trusted = hops.trusted();
    let found = client_from_forwarded_for(fields.iter().copied(), &trusted);
    assert_eq!(found, plainly(&fields, &hops), "{fields:?}");
    if found.is_some() {
        for forged in ["10.0.0.1", "garbage, ", "::1,"] {
            let first = [forged.as_bytes(), b",", fields[0]].concat();
            let longer = [&[forged.as_bytes(), &first], &fields[1..]].concat();
            assert_eq!(client_from_forwarded_for(longer.into_iter(), &trusted), found, "{fields:?}");
        }
    }
    let request = Request::new("GET", "https", "app.example.com", "/", &());
    let asked = ask(&authorizer(POLICY), &found.map_or(request, |client| request.client(client)));
    let expected = match found {
        None => "client_address_unknown",
        Some(IpAddr::V4(client)) if client.octets()[0] == 10 => "allowed",
        Some(_) => "no_rule",
    };
    assert_eq!(asked.code(), expected);
}

enum Hops {
    Count(usize),
    Networks,
}

impl Hops {
    fn trusted(&self) -> TrustedHops {
        match self {
            Self::Count(count) => TrustedHops::Count(*count),
            Self::Networks => {
                TrustedHops::Networks(vec![Network::parse("10.0.0.0/8").unwrap(), Network::parse("loopback").unwrap()])
            }
        }
    }

    fn trust(&self, position: usize, address: IpAddr) -> bool {
        match (self, address) {
            (Self::Count(count), _) => position < *count,
            (Self::Networks, IpAddr::V4(address)) => matches!(address.octets()[0], 10 | 127),
            (Self::Networks, IpAddr::V6(address)) => address.segments() == [0, 0, 0, 0, 0, 0, 0, 1],
        }
    }
}

/// Joins the fields to one list and walks it from the right.
fn plainly(fields: &[&[u8]], hops: &Hops) -> Option<IpAddr> {
    let list = fields.join(b",".as_slice());
    let entries: Vec<&[u8]> = list.split(|byte| *byte == b',').collect();
    for (position, entry) in entries.iter().rev().take(100).enumerate() {
        let text = std::str::from_utf8(entry).ok()?.trim_matches([' ', '\t']);
        let address = text.parse::<IpAddr>().ok()?;
        let address = match address {
            IpAddr::V6(address) => address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4),
            IpAddr::V4(_) => address,
        };
        if !hops.trust(position, address) {
            return Some(address);
        }
    }
    None
}

const PIECES: [&str; 16] = [
    "10.0.0.7",
    "203.0.113.9",
    "::ffff:10.0.0.1",
    "::1",
    "2001:db8::1",
    "127.0.0.1",
    ",",
    ", ",
    "\n",
    "\t",
    "unknown",
    "[::1]:80",
    "1.2.3.4:5",
    "010.0.0.1",
    "fe80::1%eth0",
    "10.1",
];

const POLICY: &str =
    "version = 1\n[[rule]]\nid = \"inside\"\nnetworks = [\"10.0.0.0/8\"]\npaths = [\"/**\"]\nallow = \"anyone\"\n";

/// Inputs to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let fields = ["6.6.6.6, 203.0.113.9", "10.0.0.7", "a, ::ffff:203.0.113.9 , 10.1.1.1,127.0.0.1", "unknown", "9.9.9.9,"];
    fields.map(|field| [b"\x02\x02\x00", field.as_bytes()].concat()).to_vec()
}
