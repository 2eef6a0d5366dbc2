//! The request as the caller describes it, and as it is understood.

use std::fmt;
use std::net::IpAddr;

use crate::excerpt::excerpt;
use crate::headers::Headers;
use crate::host::Host;
use crate::network::canonical_ip;
use crate::path::Path;
use crate::rejection::{Refusal, Rejection};

/// A request to decide on, borrowed from the caller.
///
/// The parts are raw, as the client sent them: nothing is decoded, normalised or checked before a decision does it.
///
/// # Example
/// ```
/// use gatewright::Request;
/// let headers = [("Cookie", "__Host-gatewright=v1.…")];
/// let request = Request::new("GET", "https", "app.example.com", "/reports/7?x=1", &headers).client([192, 0, 2, 7].into());
/// assert_eq!(format!("{request:?}"), "GET https://app.example.com/reports/7");
/// ```
#[derive(Clone, Copy)]
pub struct Request<'r> {
    pub(crate) method: &'r [u8],
    pub(crate) scheme: &'r [u8],
    pub(crate) host: &'r [u8],
    /// Path and query, raw.
    pub(crate) target: &'r [u8],
    pub(crate) headers: &'r dyn Headers,
    pub(crate) client: Option<IpAddr>,
    pub(crate) portless: bool,
    /// Lower-case names of the certificate headers that the proxy overwrites.
    pub(crate) proxy_sets: &'r [String],
}

impl<'r> Request<'r> {
    /// Describes a request: its method, scheme (`http`, `https`, `ws` or `wss`), host with an optional port, target (path and
    /// query, raw) and headers. The client's address is unknown until [`client`](Self::client) says it.
    #[must_use]
    pub fn new(
        method: &'r (impl AsRef<[u8]> + ?Sized),
        scheme: &'r (impl AsRef<[u8]> + ?Sized),
        host: &'r (impl AsRef<[u8]> + ?Sized),
        target: &'r (impl AsRef<[u8]> + ?Sized),
        headers: &'r dyn Headers,
    ) -> Self {
        Self {
            method: method.as_ref(),
            scheme: scheme.as_ref(),
            host: host.as_ref(),
            target: target.as_ref(),
            headers,
            client: None,
            portless: false,
            proxy_sets: &[],
        }
    }

    /// Says from which address the client came, as somebody trustworthy saw it.
    #[must_use]
    pub fn client(self, address: IpAddr) -> Self {
        Self { client: Some(address), ..self }
    }

    /// Says that this caller's host never carries a port, whatever port the client used.
    ///
    /// The scheme's default port is then not assumed, and a rule whose host has a port cannot be decided.
    #[must_use]
    pub fn portless_host(self) -> Self {
        Self { portless: true, ..self }
    }

    /// Says which certificate headers (names in lower case) the proxy overwrites, so that no client can have written them.
    ///
    /// Until then none is read. A caller names one only if the request came from that proxy beyond doubt.
    ///
    /// # Example
    /// ```
    /// use gatewright::Request;
    /// let proxy_sets = ["client-cert".to_owned()];
    /// let headers = [("Client-Cert", ":MIIB…:")];
    /// let request = Request::new("GET", "https", "app.example.com", "/", &headers).proxy_sets(&proxy_sets);
    /// ```
    #[must_use]
    pub fn proxy_sets(self, names: &'r [String]) -> Self {
        Self { proxy_sets: names, ..self }
    }

    /// Reads every part strictly, or says which one is malformed (or, for the path, ambiguous beyond accepting).
    pub(crate) fn parse(&self) -> Result<ParsedRequest<'r>, Refusal> {
        let method = parse_method(self.method)?;
        let scheme = Scheme::parse(self.scheme)?;
        let host = Host::parse(self.host)?;
        let mut parts = self.target.splitn(2, |byte| *byte == b'?');
        let path = Path::parse(parts.next().unwrap_or_default())?;
        let client = self.client.map(canonical_ip);
        Ok(ParsedRequest { method, scheme, host, path, query: parts.next(), client, portless: self.portless })
    }
}

impl fmt::Debug for Request<'_> {
    /// Shows method, scheme, host and path; never the query or a header, which may hold credentials.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split(|byte| *byte == b'?').next().unwrap_or_default();
        let [method, scheme, host, path] = [self.method, self.scheme, self.host, path].map(<[u8]>::escape_ascii);
        write!(formatter, "{method} {scheme}://{host}{path}")
    }
}

/// A request whose parts have been read strictly.
#[derive(Debug)]
pub(crate) struct ParsedRequest<'r> {
    pub(crate) method: &'r str,
    pub(crate) scheme: Scheme,
    pub(crate) host: Host<'r>,
    pub(crate) path: Path<'r>,
    /// Without the `?`; `None` if there is no `?`.
    pub(crate) query: Option<&'r [u8]>,
    /// IPv4-mapped IPv6 is IPv4 here.
    pub(crate) client: Option<IpAddr>,
    /// The caller's host never carries a port, so none can be inferred.
    pub(crate) portless: bool,
}

impl ParsedRequest<'_> {
    /// Returns the port the client used: the host's, or the scheme's default, or `None` if the caller cannot tell.
    pub(crate) fn port(&self) -> Option<u16> {
        self.host.port.or_else(|| (!self.portless).then(|| self.scheme.default_port()))
    }
}

/// The schemes a request may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
    Ws,
    Wss,
}

impl Scheme {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// Whether it goes over TLS.
    pub(crate) const fn is_secure(self) -> bool {
        matches!(self, Self::Https | Self::Wss)
    }

    pub(crate) const fn default_port(self) -> u16 {
        match self {
            Self::Http | Self::Ws => 80,
            Self::Https | Self::Wss => 443,
        }
    }

    fn parse(raw: &[u8]) -> Result<Self, Refusal> {
        let known = [Self::Http, Self::Https, Self::Ws, Self::Wss].into_iter().find(|scheme| scheme.name().as_bytes() == raw);
        known.ok_or_else(|| malformed(format!("scheme {} is not one of http, https, ws, wss", excerpt(raw))))
    }
}

/// Reads a method: a token (RFC 9110 §5.6.2), whose case counts.
fn parse_method(raw: &[u8]) -> Result<&str, Refusal> {
    let is_token = !raw.is_empty() && raw.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte));
    let method = str::from_utf8(raw).ok().filter(|_| is_token && raw.len() <= MAX_METHOD);
    method.ok_or_else(|| malformed(format!("method {} is not a token of at most {MAX_METHOD} bytes", excerpt(raw))))
}

fn malformed(detail: String) -> Refusal {
    Refusal::new(Rejection::RequestMalformed, detail)
}

/// The longest registered method has 17 bytes (`UPDATEREDIRECTREF`); this leaves room for private ones.
const MAX_METHOD: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn code(request: &Request<'_>) -> &'static str {
        request.parse().map_or_else(|refusal| refusal.rejection.code(), |_| "fine")
    }

    #[test]
    fn the_target_is_split_at_the_first_question_mark() {
        let request = Request::new("GET", "https", "App.example.com:8443", "/a/b?x=/c?d", &());
        let target = request.parse().unwrap();
        assert_eq!((target.path.segments().len(), target.query), (2, Some(b"x=/c?d".as_slice())));
        assert_eq!((target.host.to_string().as_str(), target.port()), ("app.example.com:8443", Some(8443)));
        assert_eq!(Request::new("GET", "https", "a", "/?", &()).parse().unwrap().query, Some(b"".as_slice()));
        assert_eq!(Request::new("GET", "https", "a", "/", &()).parse().unwrap().query, None);
    }

    #[test]
    fn the_query_is_opaque() {
        let long = format!("/?{}\x01#%zz", "a".repeat(20_000));
        assert_eq!(code(&Request::new("GET", "https", "a", &long, &())), "fine");
    }

    #[test]
    fn methods_are_tokens() {
        for method in ["get", "PURGE", "M-SEARCH", &"A".repeat(32)] {
            assert_eq!(code(&Request::new(method, "https", "a", "/", &())), "fine", "{method}");
        }
        for method in ["", "GET ", "GET\0", "G(T", "GÉT", &"A".repeat(33)] {
            assert_eq!(code(&Request::new(method, "https", "a", "/", &())), "request_malformed", "{method}");
        }
    }

    #[test]
    fn schemes_are_exactly_four() {
        for scheme in ["http", "https", "ws", "wss"] {
            assert_eq!(code(&Request::new("GET", scheme, "a", "/", &())), "fine", "{scheme}");
        }
        for scheme in ["", "HTTPS", "https,http", "javascript", "https ", "https:"] {
            assert_eq!(code(&Request::new("GET", scheme, "a", "/", &())), "request_malformed", "{scheme}");
        }
    }

    #[test]
    fn a_malformed_part_is_told_before_an_ambiguous_path() {
        assert_eq!(code(&Request::new("GET", "https", "a b", "/../x", &())), "request_malformed");
        assert_eq!(code(&Request::new("GET", "https", "a", "/../x", &())), "path_ambiguous");
    }

    #[test]
    fn a_mapped_client_is_an_ipv4_client() {
        let mapped = "::ffff:10.0.0.1".parse().unwrap();
        let target = Request::new("GET", "https", "a", "/", &()).client(mapped).parse().unwrap();
        assert_eq!(target.client, Some([10, 0, 0, 1].into()));
    }

    #[test]
    fn a_portless_host_has_no_inferred_port() {
        let request = Request::new("GET", "ws", "a", "/", &());
        assert_eq!(request.parse().unwrap().port(), Some(80));
        assert_eq!(request.portless_host().parse().unwrap().port(), None);
    }

    #[test]
    fn debug_shows_neither_query_nor_headers() {
        let request = Request::new("GET", "https", "a", "/p\n?secret=1", &[("Cookie", "secret")]);
        assert_eq!(format!("{request:?}"), "GET https://a/p\\n");
    }

    #[test]
    fn details_are_escaped_and_cut() {
        let refusal = Request::new(&[b'\x1b'; 500], "https", "a", "/", &()).parse().unwrap_err();
        assert!(!refusal.detail.contains('\x1b') && refusal.detail.len() < 450, "{}", refusal.detail);
    }
}
