//! The addresses keys may be fetched from: https, or plain http where nobody can listen in.

use std::net::IpAddr;

use ureq::http::Uri;

/// A URL that may be fetched. Made only by [`Address::parse`], which knows the rules.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    uri: Uri,
    loopback: bool,
}

/// Where plain http is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainHttp {
    /// Nowhere: the address was named by something that itself came over https.
    Nowhere,
    /// To this machine alone.
    Loopback,
    /// Anywhere: `danger_http`.
    Anywhere,
}

impl Address {
    /// Reads an absolute URL without user, password and fragment.
    pub(crate) fn parse(text: &str, plain: PlainHttp) -> Result<Self, String> {
        let shown = printable(text);
        if text.len() > MAX_URL {
            return Err(format!("the address `{shown}` is longer than {MAX_URL} bytes"));
        }
        let uri: Uri = text.parse().map_err(|_| format!("`{shown}` is not a URL"))?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| format!("`{shown}` names no host"))?;
        if text.contains('#') || uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(format!("`{shown}` has a user or a fragment, which an address of keys cannot have"));
        }
        let loopback = is_loopback(host);
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if plain == PlainHttp::Anywhere || (plain == PlainHttp::Loopback && loopback) => {}
            Some("http") if plain == PlainHttp::Nowhere => {
                return Err(format!("`{shown}` is plain http, and the issuer that names it is not"));
            }
            Some("http") => {
                return Err(format!("`{shown}` is plain http to another machine; use https, or `danger_http = true`"));
            }
            _ => return Err(format!("`{shown}` is neither https nor http")),
        }
        Ok(Self { uri, loopback })
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns the host, an IPv6 address without its brackets.
    pub(crate) fn host(&self) -> &str {
        bare(self.uri.host().unwrap_or_default())
    }

    pub(crate) fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(if self.is_plain() { 80 } else { 443 })
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.uri.scheme_str() != Some("https")
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }
}

/// Makes text from elsewhere fit for one line of a log.
pub(crate) fn printable(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || bare(host).parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// What the longest URLs in use have, as for return addresses.
const MAX_URL: usize = 2048;
/// Characters of foreign text in one sentence.
const MAX_SHOWN: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_fetched_from_anywhere() {
        for plain in [PlainHttp::Nowhere, PlainHttp::Loopback, PlainHttp::Anywhere] {
            let address = Address::parse("https://login.example.com/jwks?x=1", plain).unwrap();
            assert_eq!((address.host(), address.port(), address.is_plain()), ("login.example.com", 443, false));
        }
    }

    #[test]
    fn plain_http_is_fetched_from_loopback_alone() {
        for url in
            ["http://127.0.0.1:8080/jwks", "http://127.9.9.9/", "http://[::1]:1/", "http://localhost/", "http://LOCALHOST/"]
        {
            assert!(Address::parse(url, PlainHttp::Loopback).unwrap().is_loopback(), "{url}");
            assert!(Address::parse(url, PlainHttp::Nowhere).is_err(), "{url}");
        }
        for url in [
            "http://169.254.169.254/",
            "http://10.0.0.1/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example/",
            "http://0/",
        ] {
            let reason = Address::parse(url, PlainHttp::Loopback).unwrap_err();
            assert!(reason.ends_with("use https, or `danger_http = true`"), "{reason}");
            assert!(!Address::parse(url, PlainHttp::Anywhere).unwrap().is_loopback(), "{url}");
        }
    }

    #[test]
    fn other_schemes_users_and_fragments_are_refused() {
        for url in [
            "file:///etc/passwd",
            "ftp://login.example.com/jwks",
            "data:application/json,{}",
            "gopher://x/",
            "/jwks",
            "login.example.com/jwks",
            "https:///jwks",
            "https://user@login.example.com/jwks",
            "https://login.example.com/jwks#x",
            "https://login.example.com/a b",
            "http://127.0.0.1@evil.example/",
            "",
        ] {
            assert!(Address::parse(url, PlainHttp::Anywhere).is_err(), "{url}");
        }
        assert!(Address::parse(&format!("https://x/{}", "a".repeat(MAX_URL)), PlainHttp::Nowhere).is_err());
    }

    #[test]
    fn foreign_text_cannot_break_a_line() {
        assert_eq!(printable("a\r\nb\u{1b}"), "a\u{fffd}\u{fffd}b\u{fffd}");
        assert_eq!(printable(&"é".repeat(300)).chars().count(), MAX_SHOWN + 1);
    }
}
