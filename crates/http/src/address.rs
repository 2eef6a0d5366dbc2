//! Addresses to listen on: `ADDR:PORT`, or `unix:PATH?mode=0660`.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// An address that is listened on, with the port that was really taken.
///
/// `Display` prints it as the policy file writes it: `127.0.0.1:4180` or `unix:/run/gatewright.sock`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// TCP, possibly with TLS.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

impl Address {
    /// Returns the socket address, if this is TCP.
    #[must_use]
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(formatter),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

/// Where to listen, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    Tcp(SocketAddr),
    Unix { path: PathBuf, mode: u32 },
}

/// The socket of the file system is as private as its mode: only its owner and group, unless the file says otherwise.
const DEFAULT_MODE: u32 = 0o660;

impl Listen {
    /// Reads the text form; the error says what to write instead.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix("unix:") else {
            return text.parse().map(Self::Tcp).map_err(|_| {
                format!("`{text}` is no address to listen on; write `127.0.0.1:4180`, `[::1]:4180` or `unix:/path/to.sock`")
            });
        };
        let (path, mode) = match rest.split_once('?') {
            None => (rest, DEFAULT_MODE),
            Some((path, query)) => (path, parse_mode(query).ok_or_else(|| wrong_mode(text))?),
        };
        if path.is_empty() {
            return Err(format!("`{text}` names no path; write `unix:/run/gatewright.sock`"));
        }
        Ok(Self::Unix { path: PathBuf::from(path), mode })
    }

    /// Returns whether callers from other machines can reach it.
    pub(crate) fn is_exposed(&self) -> bool {
        match self {
            Self::Tcp(address) => !address.ip().to_canonical().is_loopback(),
            Self::Unix { .. } => false,
        }
    }
}

fn parse_mode(query: &str) -> Option<u32> {
    let digits = query.strip_prefix("mode=")?;
    let octal = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    u32::from_str_radix(digits, 8).ok().filter(|mode| octal && *mode <= 0o777)
}

fn wrong_mode(text: &str) -> String {
    format!("`{text}`: after `?` only a mode may stand, in octal: `?mode=0660`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_address_are_read() {
        assert_eq!(Listen::parse("127.0.0.1:4180"), Ok(Listen::Tcp("127.0.0.1:4180".parse().unwrap())));
        assert_eq!(Listen::parse("unix:/run/g.sock"), Ok(Listen::Unix { path: "/run/g.sock".into(), mode: 0o660 }));
        assert_eq!(Listen::parse("unix:/run/g.sock?mode=0600"), Ok(Listen::Unix { path: "/run/g.sock".into(), mode: 0o600 }));
    }

    #[test]
    fn anything_else_is_refused_with_what_to_write() {
        for wrong in [
            "",
            "4180",
            ":4180",
            "localhost:4180",
            "unix:",
            "unix:?mode=0660",
            "unix:/x?mode=",
            "unix:/x?mode=9",
            "unix:/x?mode=7777",
            "unix:/x?mode=+600",
        ] {
            assert!(Listen::parse(wrong).unwrap_err().contains("write") || wrong.contains('?'), "{wrong}");
        }
    }

    #[test]
    fn only_loopback_and_unix_are_not_exposed() {
        for (text, exposed) in [
            ("127.0.0.1:1", false),
            ("[::1]:1", false),
            ("[::ffff:127.0.0.1]:1", false),
            ("unix:/x", false),
            ("0.0.0.0:1", true),
            ("10.0.0.1:1", true),
        ] {
            assert_eq!(Listen::parse(text).unwrap().is_exposed(), exposed, "{text}");
        }
    }
}
