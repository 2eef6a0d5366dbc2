//! Who may ask: the proxy, and nobody else.

use std::net::{IpAddr, SocketAddr};

use gatewright::HttpSettings;

use crate::fields::Fields;

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Over TCP, from this address (IPv4-mapped IPv6 is IPv4 here).
    Tcp(IpAddr),
    /// Over a unix socket: whoever the file's mode lets in.
    Unix,
}

impl Peer {
    pub(crate) fn tcp(address: SocketAddr) -> Self {
        Self::Tcp(address.ip().to_canonical())
    }

    /// Returns whether this peer's address is one that may ask; the secret, if there is one, comes with each question.
    pub(crate) fn is_trusted(self, settings: &HttpSettings) -> bool {
        match (self, &settings.trusted_peers) {
            (Self::Unix, _) => true,
            (Self::Tcp(address), None) => address.is_loopback(),
            (Self::Tcp(address), Some(networks)) => networks.iter().any(|network| network.contains(address)),
        }
    }

    /// Returns whether this peer may ask, else the sentence for the log.
    pub(crate) fn check(self, settings: &HttpSettings, fields: Fields<'_>) -> Result<(), String> {
        let Self::Tcp(address) = self else { return Ok(()) };
        if !self.is_trusted(settings) {
            return Err(format!("{address} is not in `trusted_peers`; if it is the proxy, add it to `[http] trusted_peers`"));
        }
        if settings.proxy_secret.is_none() || settings.carries_proxy_secret(&fields) {
            return Ok(());
        }
        match fields.required(PROXY_SECRET) {
            Ok(_) => Err(format!("the `X-Gatewright-Proxy` header from {address} does not carry `proxy_secret`")),
            Err(fault) => {
                Err(format!("the `X-Gatewright-Proxy` header from {address} {}, and `proxy_secret` is set", fault.words()))
            }
        }
    }
}

const PROXY_SECRET: &str = "x-gatewright-proxy";

/// Reads the `[http]` table of a policy file.
#[cfg(test)]
pub(crate) fn settings(http: &str) -> HttpSettings {
    let text = format!(
        "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n[http]\n{http}\n[[rule]]\nid = \"all\"\nallow = \"authenticated\"\n"
    );
    gatewright::Config::from_toml(&text).unwrap().http().clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::map;

    fn may_ask(peer: &str, http: &str, headers: &[(&'static str, &'static str)]) -> bool {
        let peer = if peer == "unix" { Peer::Unix } else { Peer::tcp(format!("{peer}:1").parse().unwrap()) };
        peer.check(&settings(http), Fields(&map(headers))).is_ok()
    }

    #[test]
    fn loopback_and_unix_may_ask_by_default() {
        for (peer, expected) in
            [("127.0.0.1", true), ("127.9.9.9", true), ("[::1]", true), ("[::ffff:127.0.0.1]", true), ("unix", true)]
        {
            assert_eq!(may_ask(peer, "", &[]), expected, "{peer}");
        }
        for peer in ["10.0.0.1", "[2001:db8::1]", "[::ffff:10.0.0.1]"] {
            assert!(!may_ask(peer, "", &[]), "{peer}");
        }
    }

    #[test]
    fn trusted_peers_replaces_the_default() {
        let http = r#"trusted_peers = ["10.0.0.0/8"]"#;
        assert!(may_ask("10.2.3.4", http, &[]) && may_ask("[::ffff:10.2.3.4]", http, &[]) && may_ask("unix", http, &[]));
        assert!(!may_ask("127.0.0.1", http, &[]));
    }

    #[test]
    fn proxy_secret_is_asked_of_tcp_peers_beside_the_address() {
        let http = r#"proxy_secret = "0123456789abcdef0123456789abcdef""#;
        let right = ("x-gatewright-proxy", "0123456789abcdef0123456789abcdef");
        assert!(may_ask("127.0.0.1", http, &[right]) && may_ask("unix", http, &[]));
        for wrong in [
            &[][..],
            &[("x-gatewright-proxy", "0123456789abcdef0123456789abcdeF")],
            &[right, right],
            &[("x-gatewright-proxy", "")],
        ] {
            assert!(!may_ask("127.0.0.1", http, wrong), "{wrong:?}");
        }
        assert!(!may_ask("10.0.0.1", http, &[right]), "the secret does not replace the address");
    }
}
