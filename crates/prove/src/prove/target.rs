//! Where a deployment is: a URL taken apart and not changed.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// A URL of `http` or `https`, with its path as it was written.
///
/// # Example
/// ```
/// use gatewright_prove::prove::{Scheme, Target};
/// let target: Target = "https://[::1]:8443/a/../b?c=1".parse()?;
/// assert_eq!((target.scheme(), target.host(), target.port()), (Scheme::Https, "[::1]", 8443));
/// assert_eq!((target.path(), target.origin()), ("/a/../b?c=1", "https://[::1]:8443".to_owned()));
/// assert!("app.example.com".parse::<Target>().is_err());
/// # Ok::<(), gatewright_prove::prove::TargetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    host: String,
    port: u16,
    path: String,
}

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a third scheme would be another prober")]
pub enum Scheme {
    /// Over TCP.
    Http,
    /// Over TLS.
    Https,
}

/// This is no URL of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetError(String);

impl Target {
    /// How it is spoken to.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The name or the address, an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, also where the URL names none.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The path with the query; at least `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What a browser sends as `Host`: without a port that is the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.port == self.scheme.port() { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// The scheme and the authority.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme.name(), self.authority())
    }

    /// All addresses of the host, of both families.
    ///
    /// # Errors
    /// The name is not known, or the resolver cannot be asked.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        let mut found = Vec::new();
        for address in (bare, self.port).to_socket_addrs()? {
            if !found.contains(&address) {
                found.push(address);
            }
        }
        Ok(found)
    }
}

impl std::str::FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let wrong = |what: &str| TargetError(format!("`{text}` {what}"));
        if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(wrong("has a space or a control character in it"));
        }
        let (scheme, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Scheme::Http, rest),
            Some(("https", rest)) => (Scheme::Https, rest),
            _ => return Err(wrong("is no URL that begins with `http://` or `https://`")),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(wrong("has a user in it; name a credential as a header instead"));
        }
        let colon = authority.rfind(':').filter(|colon| authority.rfind(']').is_none_or(|bracket| bracket < *colon));
        let (host, port) = match colon.and_then(|colon| authority.split_at_checked(colon)) {
            None => (authority, scheme.port()),
            Some((host, port)) => {
                let port = port.strip_prefix(':').filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
                (host, port.and_then(|port| port.parse().ok()).ok_or_else(|| wrong("has a port that is none"))?)
            }
        };
        if host.is_empty() || (host.contains(':') && !(host.starts_with('[') && host.ends_with(']'))) {
            return Err(wrong("has no host"));
        }
        if path.contains('#') {
            return Err(wrong("has a fragment, which no server is sent"));
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { scheme, host: host.to_owned(), port, path })
    }
}

impl Scheme {
    /// The word before `://`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for TargetError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<(String, u16, String)> {
        text.parse::<Target>().ok().map(|target| (target.authority(), target.port, target.path))
    }

    #[test]
    fn authority_leaves_out_a_port_that_goes_without_saying() {
        assert_eq!(parse("http://a.test"), Some(("a.test".into(), 80, "/".into())));
        assert_eq!(parse("https://a.test:443/x"), Some(("a.test".into(), 443, "/x".into())));
        assert_eq!(parse("http://[::1]:443?a"), Some(("[::1]:443".into(), 443, "/?a".into())));
    }

    #[test]
    fn what_is_no_url_of_a_server_is_refused() {
        for text in
            ["", "a.test", "ftp://a.test", "http://", "http://:80", "http://u@a.test", "http://a:b", "http://a:+8", "http://::1/"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        assert!(
            parse("http://a.test/#top").is_none() && parse("http://a.test/ b").is_none() && parse("http://a:70000").is_none()
        );
    }
}
