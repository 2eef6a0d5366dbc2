//! Addresses of clients and proxies: networks, and the client behind `X-Forwarded-For`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses: a CIDR block (RFC 4632), a single address, `loopback` or `private`.
///
/// `loopback` is 127.0.0.0/8 and `::1`; `private` is RFC 1918 and RFC 4193 (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16,
/// `fc00::/7`), without loopback. IPv4-mapped IPv6 addresses count as IPv4.
///
/// # Example
/// ```
/// use gatewright::Network;
/// let network = Network::parse("10.1.0.0/16")?;
/// assert!(network.contains([10, 1, 2, 3].into()));
/// assert!(!network.contains([10, 2, 0, 1].into()));
/// let error = Network::parse("10.1.2.3/16").unwrap_err().to_string();
/// assert_eq!(error, "`10.1.2.3/16` has bits set after the first 16; write `10.1.0.0/16`, or `10.1.2.3` for the one address");
/// # Ok::<(), gatewright::NetworkError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(Range);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Range {
    V4 { base: Ipv4Addr, prefix: u8 },
    V6 { base: Ipv6Addr, prefix: u8 },
    Loopback,
    Private,
}

/// Why a text is not a network: the operator's mistake, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkError(String);

impl Network {
    /// Reads a network of the policy file.
    ///
    /// # Errors
    /// Says what is wrong (not an address, a prefix that is too long, host bits set) and what to write instead.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        match text {
            "loopback" => return Ok(Self(Range::Loopback)),
            "private" => return Ok(Self(Range::Private)),
            _ => {}
        }
        let (address_text, prefix_text) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let Ok(address) = address_text.parse::<IpAddr>() else {
            let message = format!("`{text}` is not a network; write `10.0.0.0/8`, an address, `loopback` or `private`");
            return Err(NetworkError(message));
        };
        if canonical_ip(address) != address {
            return Err(NetworkError(format!("`{text}` is IPv4 written as IPv6; write it as IPv4, such as `10.0.0.0/8`")));
        }
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix_text.map_or(Some(width), |prefix| parse_prefix(prefix).filter(|prefix| *prefix <= width));
        let Some(prefix) = prefix else {
            return Err(NetworkError(format!("`{text}`: the prefix after `/` is a number from 0 to {width}")));
        };
        let base = masked(address, prefix);
        if base != address {
            let message = "has bits set after the first";
            let hint = format!("write `{base}/{prefix}`, or `{address}` for the one address");
            return Err(NetworkError(format!("`{text}` {message} {prefix}; {hint}")));
        }
        Ok(Self(match base {
            IpAddr::V4(base) => Range::V4 { base, prefix },
            IpAddr::V6(base) => Range::V6 { base, prefix },
        }))
    }

    /// Returns whether the address lies in the network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = canonical_ip(address);
        match self.0 {
            Range::V4 { base, prefix } => address.is_ipv4() && masked(address, prefix) == base,
            Range::V6 { base, prefix } => address.is_ipv6() && masked(address, prefix) == base,
            Range::Loopback => address.is_loopback(),
            Range::Private => match address {
                IpAddr::V4(address) => address.is_private(),
                IpAddr::V6(address) => address.is_unique_local(),
            },
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Range::V4 { base, prefix } => write!(formatter, "{base}/{prefix}"),
            Range::V6 { base, prefix } => write!(formatter, "{base}/{prefix}"),
            Range::Loopback => formatter.write_str("loopback"),
            Range::Private => formatter.write_str("private"),
        }
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for NetworkError {}

/// Which entries at the right end of `X-Forwarded-For` were written about proxies of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the two ways `trusted_hops` can be written")]
pub enum TrustedHops {
    /// So many of them, whatever their address.
    Count(usize),
    /// Those whose address lies in one of these networks.
    Networks(Vec<Network>),
}

/// Returns the network whose addresses belong to one client: the address itself for IPv4, its /64 for IPv6 (RFC 4291 §2.5.1). An IPv4
/// address that is written as IPv6 is IPv4.
///
/// # Example
/// ```
/// use gatewright::client_network;
/// let address: std::net::IpAddr = "2001:db8:0:1:a:b:c:d".parse()?;
/// assert_eq!(client_network(address).to_string(), "2001:db8:0:1::");
/// assert_eq!(client_network([192, 0, 2, 1].into()).to_string(), "192.0.2.1");
/// assert_eq!(client_network("::ffff:192.0.2.1".parse()?).to_string(), "192.0.2.1");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[must_use]
pub fn client_network(address: IpAddr) -> IpAddr {
    let address = canonical_ip(address);
    if address.is_ipv4() { address } else { masked(address, 64) }
}

/// Finds the client in the `X-Forwarded-For` fields: the rightmost address that is not one of the trusted hops.
///
/// The fields count as one list, in order. An entry is an IPv4 or IPv6 address and nothing else: no port, no brackets, no zone,
/// no `unknown`, no leading zeros. `None` (nobody knows the client) as soon as an entry met from the right is anything else,
/// when every entry is a trusted hop, and after 100 entries.
///
/// # Example
/// ```
/// use gatewright::{Network, TrustedHops, client_from_forwarded_for};
/// let hops = TrustedHops::Networks(vec![Network::parse("10.0.0.0/8")?]);
/// let fields: [&[u8]; 2] = [b"6.6.6.6, 203.0.113.9", b"10.0.0.7"];
/// assert_eq!(client_from_forwarded_for(fields.into_iter(), &hops), Some([203, 0, 113, 9].into()));
/// # Ok::<(), gatewright::NetworkError>(())
/// ```
pub fn client_from_forwarded_for<'h>(fields: impl DoubleEndedIterator<Item = &'h [u8]>, trusted: &TrustedHops) -> Option<IpAddr> {
    let entries = fields.rev().flat_map(|field| field.rsplit(|byte| *byte == b','));
    for (index, entry) in entries.take(MAX_HOPS).enumerate() {
        let address = canonical_ip(str::from_utf8(entry).ok()?.trim_matches([' ', '\t']).parse().ok()?);
        let is_hop = match trusted {
            TrustedHops::Count(count) => index < *count,
            TrustedHops::Networks(networks) => networks.iter().any(|network| network.contains(address)),
        };
        if !is_hop {
            return Some(address);
        }
    }
    None
}

/// Writes an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) as the IPv4 address it is.
pub(crate) fn canonical_ip(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn parse_prefix(text: &str) -> Option<u8> {
    let well_formed = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| well_formed)
}

pub(crate) fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(prefix)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    }
}

/// No chain of real proxies is longer; more entries are an attacker's.
const MAX_HOPS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn networks_contain_their_addresses() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
            ("::/0", "2001:db8::1", "8.8.8.8"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"),
            ("10.0.0.0/8", "::ffff:10.1.1.1", "::10.1.1.1"),
            ("loopback", "127.9.9.9", "10.0.0.1"),
            ("loopback", "::1", "::2"),
            ("loopback", "::ffff:127.0.0.1", "fd00::1"),
            ("private", "172.31.0.1", "172.32.0.1"),
            ("private", "fd12::1", "127.0.0.1"),
        ] {
            assert!(contains(network, inside) && !contains(network, outside), "{network}");
        }
    }

    #[test]
    fn networks_print_as_they_are_written() {
        for text in ["10.0.0.0/8", "10.0.0.1/32", "fc00::/7", "loopback", "private"] {
            assert_eq!(Network::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn wrong_networks_say_what_to_write() {
        for (text, hint) in [
            ("", "is not a network"),
            ("localhost", "write `10.0.0.0/8`"),
            ("10.0.0.0/33", "0 to 32"),
            ("10.0.0.0/", "0 to 32"),
            ("10.0.0.0/08", "0 to 32"),
            ("10.0.0.0/+8", "0 to 32"),
            ("::/129", "0 to 128"),
            ("fc00::1/7", "write `fc00::/7`, or `fc00::1` for the one address"),
            ("010.0.0.0/8", "is not a network"),
            ("::ffff:10.0.0.0/104", "write it as IPv4"),
            ("10.0.0.0/8 ", "0 to 32"),
        ] {
            let error = Network::parse(text).unwrap_err().to_string();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }

    fn client(fields: &[&str], trusted: &TrustedHops) -> Option<String> {
        client_from_forwarded_for(fields.iter().map(|field| field.as_bytes()), trusted).map(|address| address.to_string())
    }

    fn networks(list: &[&str]) -> TrustedHops {
        TrustedHops::Networks(list.iter().map(|text| Network::parse(text).unwrap()).collect())
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_is_no_hop() {
        let hops = networks(&["10.0.0.0/8"]);
        assert_eq!(client(&["9.9.9.9, 6.6.6.6"], &hops).as_deref(), Some("6.6.6.6"));
        assert_eq!(client(&["9.9.9.9,6.6.6.6 ,\t10.0.0.1", "10.0.0.2"], &hops).as_deref(), Some("6.6.6.6"));
        assert_eq!(client(&["rubbish, 6.6.6.6, ::ffff:10.0.0.1"], &hops).as_deref(), Some("6.6.6.6"));
        assert_eq!(client(&["10.0.0.1, 10.0.0.2"], &hops), None);
        assert_eq!(client(&["9.9.9.9"], &networks(&[])).as_deref(), Some("9.9.9.9"));
    }

    #[test]
    fn hops_can_be_counted() {
        let list = &["9.9.9.9, 6.6.6.6", "10.0.0.1"];
        assert_eq!(client(list, &TrustedHops::Count(0)).as_deref(), Some("10.0.0.1"));
        assert_eq!(client(list, &TrustedHops::Count(1)).as_deref(), Some("6.6.6.6"));
        assert_eq!(client(list, &TrustedHops::Count(3)), None);
        assert_eq!(client(&["9.9.9.9, ?"], &TrustedHops::Count(1)), None);
    }

    #[test]
    fn an_entry_that_is_no_address_makes_the_client_unknown() {
        let hops = networks(&["10.0.0.0/8"]);
        let wrong =
            ["a", "", "10.1", "0x0a000001", "010.0.0.1", "fe80::1%eth0", "[::1]:80", "[::1]", "1.2.3.4:80", "unknown", "_x"];
        for entry in wrong {
            assert_eq!(client(&[&format!("6.6.6.6, {entry}")], &hops), None, "{entry}");
            assert_eq!(client(&["6.6.6.6", entry, "10.0.0.1"], &hops), None, "{entry}");
        }
        assert_eq!(client(&[], &hops), None);
        assert_eq!(client_from_forwarded_for([b"\xff".as_slice()].into_iter(), &hops), None);
    }

    #[test]
    fn at_most_a_hundred_entries_are_looked_at() {
        let list = |hops: usize| format!("6.6.6.6{}", ",10.0.0.1".repeat(hops));
        let hops = networks(&["10.0.0.0/8"]);
        assert_eq!(client(&[&list(99)], &hops).as_deref(), Some("6.6.6.6"));
        assert_eq!(client(&[&list(100)], &hops), None);
        assert_eq!(client(&[&list(5_000)], &hops), None);
    }
}
