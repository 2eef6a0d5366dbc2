//! What a proxy says beside the request itself, believed where the file says that the proxy overwrites the header.

use std::net::IpAddr;

use subtle::ConstantTimeEq as _;

use crate::config::HttpSettings;
use crate::decision::Decision;
use crate::headers::Headers;
use crate::navigation::NAVIGATION_HEADERS;
use crate::network::client_from_forwarded_for;
use crate::rejection::Rejection;
use crate::request::Request;

/// Whether an endpoint's proxy writes `X-Forwarded-For` without being told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a proxy does or does not")]
pub enum ForwardedFor {
    /// It does: Traefik and Caddy.
    AlwaysSet,
    /// It passes on what the client sent, unless the operator names it in `proxy_sets`: nginx.
    OnlyIfNamed,
}

impl HttpSettings {
    /// Returns the client's address if the endpoint's proxy vouches for one; anything unclear is unknown, never guessed.
    ///
    /// # Example
    /// ```
    /// use gatewright::{Config, ForwardedFor};
    /// let config = Config::from_toml("version = 1\n[http]\nproxy_sets = { verify = [\"X-Real-IP\"] }")?;
    /// let client = |headers| config.http().client("verify", headers, ForwardedFor::OnlyIfNamed);
    /// assert_eq!(client(&[("X-Real-IP", "192.0.2.7")]), Some([192, 0, 2, 7].into()));
    /// assert_eq!(client(&[("X-Forwarded-For", "192.0.2.7")]), None);
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    #[must_use]
    pub fn client(&self, endpoint: &str, headers: &dyn Headers, forwarded_for: ForwardedFor) -> Option<IpAddr> {
        if self.overwrites(endpoint, REAL_IP) {
            let value = once(headers, REAL_IP)?;
            return str::from_utf8(value).ok()?.parse().ok();
        }
        if forwarded_for == ForwardedFor::AlwaysSet || self.overwrites(endpoint, FORWARDED_FOR) {
            let mut fields = Vec::new();
            headers.each(FORWARDED_FOR, &mut |field| fields.push(field));
            return client_from_forwarded_for(fields.into_iter(), &self.trusted_hops);
        }
        None
    }

    /// Returns whether the endpoint's proxy overwrites this header (lower case).
    #[must_use]
    pub fn overwrites(&self, endpoint: &str, header: &str) -> bool {
        self.proxy_sets(endpoint).iter().any(|named| named == header)
    }

    /// Completes a request that middleware received, by `proxy_sets.middleware` and `trusted_hops`: its scheme (https unless the
    /// proxy sets `X-Forwarded-Proto`), the client's address (unknown unless the proxy sets a header for it), and certificate
    /// headers, which count only with the `proxy_secret`.
    ///
    /// # Errors
    /// A refusal: the proxy is said to set `X-Forwarded-Proto`, and the request does not have it exactly once.
    ///
    /// # Example
    /// ```
    /// use gatewright::{Config, Request};
    /// let config = Config::from_toml("version = 1\n[http]\nproxy_sets = { middleware = [\"X-Forwarded-Proto\"] }")?;
    /// let headers = [("X-Forwarded-Proto", "http"), ("X-Forwarded-For", "192.0.2.7")];
    /// let request = Request::new("GET", "https", "app.example.com", "/", &headers);
    /// let request = config.http().middleware(request).unwrap();
    /// assert_eq!(format!("{request:?}"), "GET http://app.example.com/");
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    #[expect(clippy::result_large_err, reason = "a refusal is data, not an error to propagate far")]
    pub fn middleware<'r>(&'r self, request: Request<'r>) -> Result<Request<'r>, Decision> {
        let mut request = Request { scheme: b"https", client: None, proxy_sets: &[], ..request };
        let Some((_, overwritten)) = self.proxy_sets.iter().find(|(endpoint, _)| endpoint == MIDDLEWARE) else {
            return Ok(request);
        };
        if self.overwrites(MIDDLEWARE, FORWARDED_PROTO) {
            request.scheme = once(request.headers, FORWARDED_PROTO).ok_or_else(|| {
                let detail =
                    "`X-Forwarded-Proto` is missing or repeated, and `proxy_sets.middleware` says that the proxy sets it";
                Decision::refused(Rejection::RequestMalformed, detail)
            })?;
        }
        request.client = self.client(MIDDLEWARE, request.headers, ForwardedFor::OnlyIfNamed);
        if self.carries_proxy_secret(request.headers) {
            request.proxy_sets = overwritten;
        }
        Ok(request)
    }

    /// Returns whether the request carries the `proxy_secret`, exactly once; `false` if the file has none.
    #[must_use]
    pub fn carries_proxy_secret(&self, headers: &dyn Headers) -> bool {
        match (&self.proxy_secret, once(headers, PROXY_SECRET)) {
            (Some(secret), Some(value)) => value.ct_eq(secret.expose()).into(),
            (Some(_), None) | (None, _) => false,
        }
    }
}

/// Returns the value of a field that came exactly once.
fn once<'h>(headers: &'h dyn Headers, name: &str) -> Option<&'h [u8]> {
    let mut values = Vec::new();
    headers.each(name, &mut |value| values.push(value));
    match values.as_slice() {
        [value] => Some(value),
        _ => None,
    }
}

/// Returns the names, in lower case, of the headers that middleware may read beside those of the decision itself.
///
/// # Example
/// ```
/// assert!(gatewright::forwarded_headers().any(|header| header == "x-forwarded-for"));
/// ```
pub fn forwarded_headers() -> impl Iterator<Item = &'static str> {
    [FORWARDED_PROTO, REAL_IP, FORWARDED_FOR, PROXY_SECRET].into_iter().chain(NAVIGATION_HEADERS)
}

const MIDDLEWARE: &str = "middleware";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
const REAL_IP: &str = "x-real-ip";
const FORWARDED_FOR: &str = "x-forwarded-for";
const PROXY_SECRET: &str = "x-gatewright-proxy";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn settings(http: &str) -> HttpSettings {
        Config::from_toml(&format!("version = 1\n[http]\n{http}\n")).unwrap().http().clone()
    }

    fn middleware<'r>(settings: &'r HttpSettings, headers: &'r dyn Headers) -> Request<'r> {
        let request = Request::new("GET", "ws", "a", "/", headers).client([127, 0, 0, 1].into());
        settings.middleware(request).unwrap()
    }

    #[test]
    fn without_proxy_sets_the_scheme_is_https_and_the_client_unknown() {
        let settings = settings("proxy_secret = \"0123456789abcdef\"");
        let headers = [
            ("X-Forwarded-Proto", "http"),
            ("X-Real-IP", "10.0.0.1"),
            ("X-Forwarded-For", "10.0.0.1"),
            ("X-Gatewright-Proxy", "0123456789abcdef"),
        ];
        let request = middleware(&settings, &headers);
        assert_eq!((request.scheme, request.client, request.proxy_sets.len()), (b"https".as_slice(), None, 0));
    }

    #[test]
    fn only_a_proxy_that_always_sets_it_is_believed_unnamed() {
        let headers = [("X-Forwarded-For", "192.0.2.7")];
        let client = |forwarded_for| settings("").client("verify", &headers, forwarded_for);
        assert_eq!(client(ForwardedFor::OnlyIfNamed), None);
        assert_eq!(client(ForwardedFor::AlwaysSet), Some([192, 0, 2, 7].into()));
    }

    #[test]
    fn what_the_caller_says_of_certificate_headers_does_not_count_in_middleware() {
        let (settings, named) = (settings(""), ["client-cert".to_owned()]);
        let request = Request::new("GET", "https", "a", "/", &()).proxy_sets(&named);
        assert!(settings.middleware(request).unwrap().proxy_sets.is_empty());
    }

    #[test]
    fn what_the_proxy_sets_is_read() {
        let settings = settings(
            "proxy_sets = { middleware = [\"X-Forwarded-Proto\", \"X-Forwarded-For\"] }\ntrusted_hops = [\"10.0.0.0/8\"]",
        );
        let headers = [("X-Forwarded-Proto", "http"), ("X-Forwarded-For", "192.0.2.1, 203.0.113.9, 10.0.0.7")];
        let request = middleware(&settings, &headers);
        assert_eq!((request.scheme, request.client), (b"http".as_slice(), Some([203, 0, 113, 9].into())));
    }

    #[test]
    fn a_scheme_that_the_proxy_should_have_set_and_has_not_is_malformed() {
        let settings = settings("proxy_sets = { middleware = [\"X-Forwarded-Proto\"] }");
        let twice = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "https")];
        for headers in [&() as &dyn Headers, &twice] {
            let refusal = settings.middleware(Request::new("GET", "https", "a", "/", headers)).unwrap_err();
            assert_eq!(refusal.code(), "request_malformed");
            assert!(refusal.detail().contains("`X-Forwarded-Proto`"), "{}", refusal.detail());
        }
    }

    #[test]
    fn certificates_count_only_with_the_secret() {
        let with_secret = settings("proxy_sets = { middleware = [\"Client-Cert\"] }\nproxy_secret = \"0123456789abcdef\"");
        let without = settings("proxy_sets = { middleware = [\"Client-Cert\"] }");
        let right = [("X-Gatewright-Proxy", "0123456789abcdef")];
        assert_eq!(middleware(&with_secret, &right).proxy_sets, ["client-cert"]);
        for wrong in [
            &[][..],
            &[("X-Gatewright-Proxy", "0123456789abcdeF")],
            &[("X-Gatewright-Proxy", "")],
            &[("X-Gatewright-Proxy", "0123456789abcdef"), ("X-Gatewright-Proxy", "0123456789abcdef")],
        ] {
            assert!(middleware(&with_secret, &wrong).proxy_sets.is_empty(), "{wrong:?}");
        }
        assert!(middleware(&without, &right).proxy_sets.is_empty());
    }
}
