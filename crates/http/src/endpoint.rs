//! The paths that exist on the auth listener, and the dialect each speaks.

use gatewright::{Decision, HttpSettings};
use http::request::Parts;

use crate::dialect::{Answer, Asked, Described, Malformed, apache, envoy, forward, haproxy, ingress_nginx, verify};
use crate::fields::Fields;

/// An endpoint of the auth listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// nginx.
    Verify,
    /// ingress-nginx, and snippets that send one address.
    IngressNginx,
    /// Traefik and Caddy.
    Forward,
    /// HAProxy.
    Haproxy,
    /// Apache httpd.
    Apache,
    /// Envoy over HTTP.
    Envoy,
}

impl Endpoint {
    const ALL: [Self; 6] = [Self::Verify, Self::IngressNginx, Self::Forward, Self::Haproxy, Self::Apache, Self::Envoy];

    /// Finds the endpoint: its exact path, or its path and a suffix that begins with `/`.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let is =
            |endpoint: &Self| path.strip_prefix(endpoint.path()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        Self::ALL.into_iter().find(is)
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Verify => "/auth/verify",
            Self::IngressNginx => "/auth/ingress-nginx",
            Self::Forward => "/auth/forward",
            Self::Haproxy => "/auth/haproxy",
            Self::Apache => "/auth/apache",
            Self::Envoy => "/auth/envoy",
        }
    }

    /// Returns its name in `proxy_sets`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Verify => verify::NAME,
            Self::IngressNginx => ingress_nginx::NAME,
            Self::Forward => forward::NAME,
            Self::Haproxy => haproxy::NAME,
            Self::Apache => apache::NAME,
            Self::Envoy => envoy::NAME,
        }
    }

    /// Reads the request that the proxy asks about, in this endpoint's dialect alone.
    pub(crate) fn request_from<'r>(
        self,
        parts: &'r Parts,
        settings: &HttpSettings,
        own_hosts: &[String],
    ) -> Result<Described<'r>, Malformed> {
        let line = parts.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
        let rest = line.strip_prefix(self.path()).unwrap_or_default().as_bytes();
        let method = parts.method.as_str().as_bytes();
        let asked = Asked { method, rest, fields: Fields(&parts.headers), settings, own_hosts };
        match self {
            Self::Verify => verify::request_from(asked),
            Self::IngressNginx => ingress_nginx::request_from(asked),
            Self::Forward => forward::request_from(asked),
            Self::Haproxy => haproxy::request_from(asked),
            Self::Apache => apache::request_from(asked),
            Self::Envoy => envoy::request_from(asked),
        }
    }

    /// Writes the answer in this endpoint's dialect; `navigation` says that a person's browser asks for a page.
    pub(crate) fn response_to(self, decision: &Decision, navigation: bool) -> Answer {
        match self {
            Self::Verify => verify::response_to(decision),
            Self::IngressNginx => ingress_nginx::response_to(decision),
            Self::Forward => forward::response_to(decision, navigation),
            Self::Haproxy => haproxy::response_to(decision),
            Self::Apache => apache::response_to(decision),
            Self::Envoy => envoy::response_to(decision, navigation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_exact_or_has_a_suffix_after_a_slash() {
        for path in ["/auth/verify", "/auth/verify/", "/auth/verify/x/../y"] {
            assert_eq!(Endpoint::of(path), Some(Endpoint::Verify), "{path}");
        }
        for endpoint in Endpoint::ALL {
            assert_eq!(Endpoint::of(&format!("{}/x", endpoint.path())), Some(endpoint));
        }
    }

    #[test]
    fn no_other_path_exists() {
        for path in [
            "",
            "/",
            "*",
            "/auth",
            "/auth/",
            "/auth/verifyx",
            "/auth/ingress",
            "/auth/envoyx",
            "/auth/Verify",
            "/auth//verify",
            "/x/auth/verify",
            "/healthz",
            "/%61uth/verify",
        ] {
            assert_eq!(Endpoint::of(path), None, "{path}");
        }
    }
}
