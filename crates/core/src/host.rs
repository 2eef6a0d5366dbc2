//! Host names as one canonical text (RFC 9110 §7.2), and the patterns of the file that match them.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::excerpt::excerpt;
use crate::rejection::{Refusal, Rejection};

/// A canonical host: lower case, one trailing dot removed, port apart. An IPv6 address keeps its brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host<'r> {
    pub(crate) name: Cow<'r, str>,
    pub(crate) port: Option<u16>,
}

impl<'r> Host<'r> {
    /// Reads `name`, `name:port`, an IPv4 address or an IPv6 address in brackets; anything else is `request_malformed`.
    pub(crate) fn parse(raw: &'r [u8]) -> Result<Self, Refusal> {
        let malformed = |what: &str| Refusal::new(Rejection::RequestMalformed, format!("host {}: {what}", excerpt(raw)));
        let Some(text) = str::from_utf8(raw).ok().filter(|text| text.is_ascii()) else {
            return Err(malformed("a name is ASCII (internationalized names in their `xn--` form)"));
        };
        let (name, port) = split_port(text).map_err(malformed)?;
        Ok(Self { name: canonical_name(name).map_err(malformed)?, port })
    }

    /// Whether this is the machine itself by name or address: `localhost`, `*.localhost`, 127.0.0.0/8, `[::1]`.
    pub(crate) fn is_loopback(&self) -> bool {
        let name = self.name.as_ref();
        name == "localhost" || name.ends_with(".localhost") || address(name).is_some_and(|ip| ip.is_loopback())
    }

    /// Whether the name is an IP address.
    pub(crate) fn is_address(&self) -> bool {
        address(&self.name).is_some()
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

/// A host pattern of the file: exact or `*.x`, with an optional port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPattern {
    /// For `*.x` this is `x`.
    pub(crate) name: String,
    pub(crate) wildcard: bool,
    pub(crate) port: Option<u16>,
}

impl HostPattern {
    /// Reads a pattern; the error says what to write instead.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Err("`*` is no host pattern; leave `hosts` out to match every host, or write `*.example.com`".to_owned());
        }
        if text.contains("://") {
            return Err(format!("`{text}` has a scheme; write the host alone, such as `app.example.com`"));
        }
        if text.contains('/') {
            return Err(format!("`{text}` has a path; write the host alone, and the path under `paths`"));
        }
        if !text.is_ascii() {
            return Err(format!("`{text}` is not ASCII; write the name in its `xn--` form"));
        }
        if let Some(rest) = text.strip_prefix('.') {
            return Err(format!("`{text}` begins with a dot; write `*.{rest}` for the names below it"));
        }
        let (wildcard, rest) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        if rest.contains('*') {
            return Err(format!("`{text}`: `*` stands for whole labels at the start, such as `*.example.com`"));
        }
        let host = split_port(rest).and_then(|(name, port)| Ok(Host { name: canonical_name(name)?, port }));
        let host = host.map_err(|what| format!("`{text}` is not a host: {what}"))?;
        if wildcard && host.is_address() {
            return Err(format!("`{text}`: an address has no names below it; write `{host}`"));
        }
        Ok(Self { wildcard, port: host.port, name: host.name.into_owned() })
    }

    /// Whether the name matches, ports aside.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        if !self.wildcard {
            return name == self.name;
        }
        // The dot is the label boundary: `*.example.com` is neither `evilexample.com` nor `example.com` itself.
        let labels = name.strip_suffix(self.name.as_str()).and_then(|rest| rest.strip_suffix('.'));
        labels.is_some_and(|labels| !labels.is_empty())
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.wildcard { "*." } else { "" };
        write!(formatter, "{star}{}", self.name)?;
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

/// Splits off the port; the colons inside brackets belong to the address.
fn split_port(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let after_address = text.rfind(']').map_or(Some(text), |bracket| text.get(bracket..)).unwrap_or_default();
    let Some((_, digits)) = after_address.split_once(':') else {
        return Ok((text, None));
    };
    let well_formed = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let port = digits.parse::<u16>().ok().filter(|_| well_formed).ok_or("a port is 1 to 65535, without leading zeros")?;
    let name = text.strip_suffix(digits).and_then(|rest| rest.strip_suffix(':')).unwrap_or_default();
    Ok((name, Some(port)))
}

fn canonical_name(name: &str) -> Result<Cow<'_, str>, &'static str> {
    if let Some(inner) = name.strip_prefix('[') {
        let address = inner.strip_suffix(']').and_then(|inner| inner.parse::<Ipv6Addr>().ok());
        let canonical = address.map(|address| format!("[{address}]"));
        return canonical.map(Cow::Owned).ok_or("not an IPv6 address in brackets (without zone)");
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() || name.len() > MAX_NAME {
        return Err("a name has 1 to 253 bytes");
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return Err("a name holds letters, digits, `-`, `_` and dots only");
    }
    if name.as_bytes().split(|byte| *byte == b'.').any(|label| label.is_empty() || label.len() > MAX_LABEL) {
        return Err("each label of a name has 1 to 63 bytes");
    }
    if ends_in_a_number(name) && name.parse::<Ipv4Addr>().is_err() {
        return Err("a name that ends in a number must be an IPv4 address of four decimal parts");
    }
    Ok(if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    })
}

/// Whether other programs could take the name for an IPv4 address (`127.1`, `0x7f.1`; WHATWG URL, "ends in a number").
fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    last.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn address(name: &str) -> Option<IpAddr> {
    match name.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => name.parse().ok().map(IpAddr::V4),
    }
}

/// RFC 1035 §2.3.4: 255 octets on the wire are 253 characters.
const MAX_NAME: usize = 253;

/// RFC 1035 §2.3.4.
const MAX_LABEL: usize = 63;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host(raw: &str) -> String {
        Host::parse(raw.as_bytes()).unwrap_or_else(|refusal| panic!("{raw}: {refusal:?}")).to_string()
    }

    #[test]
    fn hosts_are_read_canonically() {
        let table = [
            ("APP.example.com", "app.example.com"),
            ("app.example.com.", "app.example.com"),
            ("app.example.com.:443", "app.example.com:443"),
            ("app_x", "app_x"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("[::1]", "[::1]"),
            ("[0:0::1]:80", "[::1]:80"),
            ("[::FFFF:1.2.3.4]", "[::ffff:1.2.3.4]"),
            ("a.0xzz", "a.0xzz"),
        ];
        for (raw, canonical) in table {
            assert_eq!(host(raw), canonical);
        }
        assert!(matches!(Host::parse(b"app.example.com").unwrap().name, Cow::Borrowed(_)));
    }

    #[test]
    fn anything_else_is_malformed() {
        let long_label = format!("{}.com", "a".repeat(64));
        let long_name = format!("{}aa", "a.".repeat(126));
        let bad = [
            "",
            ".",
            ":",
            ":80",
            "app:",
            "app:99999",
            "app:65536",
            "app:0",
            "app:080",
            "app:+80",
            "app:80:80",
            "user@app",
            "a@b@c",
            "app,evil",
            "app evil",
            "app/x",
            "%61pp",
            "a..b",
            "app..",
            ".app",
            "*.app",
            "127.1",
            "2130706433",
            "0x7f.1",
            "a.0x",
            "127.0.0.01",
            "1.2.3.4.5",
            "256.1.1.1",
            "[::1",
            "::1",
            "[::1]x",
            "[::1]:",
            "[fe80::1%25eth0]",
            "[fe80::1%eth0]",
            "[1.2.3.4]",
            "[]",
            "é.example",
            "app\\",
            "app#",
            "app?x",
            "app\n",
            "app\0",
            long_label.as_str(),
            long_name.as_str(),
        ];
        for raw in bad {
            let refusal = Host::parse(raw.as_bytes()).expect_err(raw);
            assert_eq!(refusal.rejection, Rejection::RequestMalformed, "{raw}");
        }
        assert!(Host::parse(b"a\xff").is_err());
    }

    #[test]
    fn loopback_is_told_by_name_and_address() {
        for yes in ["localhost", "LOCALHOST.:80", "app.localhost", "127.8.9.1", "[::1]:80"] {
            assert!(Host::parse(yes.as_bytes()).unwrap().is_loopback(), "{yes}");
        }
        for no in ["localhost.example.com", "notlocalhost", "128.0.0.1", "[::2]", "127.0.0.1.example"] {
            assert!(!Host::parse(no.as_bytes()).unwrap().is_loopback(), "{no}");
        }
    }

    #[test]
    fn patterns_match_whole_labels() {
        let pattern = HostPattern::parse("*.Example.com.:8443").unwrap();
        assert_eq!(pattern, HostPattern { name: "example.com".to_owned(), wildcard: true, port: Some(8443) });
        assert_eq!(pattern.to_string(), "*.example.com:8443");
        for (name, matches) in [
            ("a.example.com", true),
            ("a.b.example.com", true),
            ("example.com", false),
            (".example.com", false),
            ("evilexample.com", false),
            ("example.com.evil.com", false),
        ] {
            assert_eq!(pattern.matches_name(name), matches, "{name}");
        }
        let exact = HostPattern::parse("app.example.com").unwrap();
        assert!(exact.matches_name("app.example.com") && !exact.matches_name("b.app.example.com"));
        assert!(HostPattern::parse("[0::1]").unwrap().matches_name("[::1]"));
    }

    #[test]
    fn pattern_errors_say_what_to_write() {
        for (text, hint) in [
            ("*", "leave `hosts` out"),
            ("https://app.example.com", "the host alone"),
            (".example.com", "write `*.example.com`"),
            ("app.example.com/x", "under `paths`"),
            ("app.*.com", "at the start"),
            ("*app.example.com", "at the start"),
            ("*.*.example.com", "at the start"),
            ("bücher.example", "`xn--` form"),
            ("*.127.0.0.1", "write `127.0.0.1`"),
            ("app:0", "1 to 65535"),
            ("127.1", "four decimal parts"),
        ] {
            let error = HostPattern::parse(text).unwrap_err();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn canonical_text_is_read_as_itself(raw in "[a-zA-Z0-9.:_\\[\\]-]{0,30}") {
            if let Ok(host) = Host::parse(raw.as_bytes()) {
                let text = host.to_string();
                let again = Host::parse(text.as_bytes()).unwrap();
                prop_assert_eq!(again.to_string(), text);
            }
        }

        #[test]
        fn no_bytes_panic(raw in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Host::parse(&raw);
        }
    }
}
