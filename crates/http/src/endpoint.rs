//! The paths that exist on the auth listener, and the dialect each speaks.

use gatewright::HttpSettings;

use crate::dialect::{Described, Malformed, forward, verify};
use crate::fields::Fields;

/// An endpoint of the auth listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// nginx.
    Verify,
    /// Traefik and Caddy.
    Forward,
}

impl Endpoint {
    /// Finds the endpoint: its exact path, or its path and a suffix that begins with `/`, which is ignored.
    pub(crate) fn of(path: &str) -> Option<Self> {
        [Self::Verify, Self::Forward]
            .into_iter()
            .find(|endpoint| path.strip_prefix(endpoint.path()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Verify => "/auth/verify",
            Self::Forward => "/auth/forward",
        }
    }

    /// Returns its name in `proxy_sets`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Verify => verify::NAME,
            Self::Forward => forward::NAME,
        }
    }

    /// Reads the request that the proxy asks about, in this endpoint's dialect alone.
    pub(crate) fn describe<'r>(
        self,
        fields: Fields<'r>,
        settings: &HttpSettings,
        own_hosts: &[String],
    ) -> Result<Described<'r>, Malformed> {
        match self {
            Self::Verify => verify::describe(fields, settings, own_hosts),
            Self::Forward => forward::describe(fields, settings),
        }
    }

    /// Returns whether this endpoint's proxy hands a redirect on to the client; nginx makes an error of it.
    pub(crate) const fn redirects(self) -> bool {
        match self {
            Self::Verify => false,
            Self::Forward => true,
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
        assert_eq!(Endpoint::of("/auth/forward/x"), Some(Endpoint::Forward));
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
