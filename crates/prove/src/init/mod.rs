//! `gatewright init`: one file for each proxy, which quotes values as that proxy reads them; its templates beside it.

mod apache;
mod caddy;
mod envoy;
mod haproxy;
mod ingress_nginx;
mod nginx;
mod template;
mod traefik;

use std::fmt;

use crate::site::Site;

/// A proxy that can be told to ask the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// nginx, `auth_request`.
    Nginx,
    /// The ingress-nginx controller of Kubernetes, by annotations.
    IngressNginx,
    /// Traefik, `forwardAuth`.
    Traefik,
    /// Caddy, `forward_auth`.
    Caddy,
    /// Envoy, `ext_authz`: gRPC if the policy has `[http] grpc`, else HTTP.
    Envoy,
    /// HAProxy, with a script.
    Haproxy,
    /// Apache httpd, with a script of mod_lua.
    Apache,
}

impl Proxy {
    /// Every proxy, in the order of the documentation.
    pub const ALL: [Self; 7] =
        [Self::Nginx, Self::IngressNginx, Self::Traefik, Self::Caddy, Self::Envoy, Self::Haproxy, Self::Apache];

    /// Returns its name on the command line.
    ///
    /// # Example
    /// ```
    /// assert_eq!(gatewright_prove::Proxy::IngressNginx.name(), "ingress-nginx");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::IngressNginx => "ingress-nginx",
            Self::Traefik => "traefik",
            Self::Caddy => "caddy",
            Self::Envoy => "envoy",
            Self::Haproxy => "haproxy",
            Self::Apache => "apache",
        }
    }
}

impl Proxy {
    /// Returns the endpoint whose `proxy_sets` have to name `X-Forwarded-For` for the gate to believe what this proxy says of the
    /// client's address; `None` where it always does.
    ///
    /// # Example
    /// ```
    /// use gatewright_prove::Proxy;
    /// assert_eq!(Proxy::Nginx.needs_proxy_sets(), Some("verify"));
    /// assert_eq!(Proxy::Caddy.needs_proxy_sets(), None);
    /// ```
    #[must_use]
    pub const fn needs_proxy_sets(self) -> Option<&'static str> {
        match self {
            Self::Nginx => Some("verify"),
            Self::IngressNginx => Some("ingress-nginx"),
            Self::Traefik | Self::Caddy => None,
            Self::Envoy => Some("envoy"),
            Self::Haproxy => Some("haproxy"),
            Self::Apache => Some("apache"),
        }
    }
}

/// A file of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Its name, without a folder.
    pub name: &'static str,
    /// Its content.
    pub text: String,
    /// Whether a secret stands in it, so that only the proxy should read it.
    pub secret: bool,
}

/// The proxy cannot be configured for this site: why, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitError(String);

impl fmt::Display for InitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InitError {}

/// Writes the configuration of a proxy for a site. The same site gives the same text.
///
/// # Errors
/// A value cannot be written in this proxy's language, or the proxy has no way to do what the site asks for.
///
/// # Example
/// ```
/// use gatewright::{Authorizer, Config};
/// use gatewright_prove::{Proxy, Site, Wiring, init};
/// let config = Config::from_toml("version = 1\n[[rule]]\nid = \"all\"\nhosts = [\"app.example.com\"]\ndeny = \"anyone\"")?;
/// let wiring = Wiring { gate: Some("gatewright:4180".to_owned()), backend: "app:80".to_owned(), ..Wiring::default() };
/// let site = Site::new(&config, &Authorizer::new(&config)?, wiring).unwrap();
/// for proxy in Proxy::ALL {
///     assert!(init(proxy, &site).unwrap()[0].text.contains("app.example.com"));
/// }
/// # Ok::<(), gatewright::ConfigError>(())
/// ```
pub fn init(proxy: Proxy, site: &Site) -> Result<Vec<File>, InitError> {
    if site.cache.is_some() && proxy != Proxy::Nginx {
        return Err(InitError(format!(
            "{} cannot be told to remember answers under a key that holds all; leave `--cache` out",
            proxy.name()
        )));
    }
    if let Some(name) = site.question_headers.iter().find(|name| is_taken(name)) {
        return Err(InitError(format!(
            "the policy reads the header `{name}`, which proxies take away or write themselves, so that the gate would not see the client's; give it another name, of letters, digits and `-`"
        )));
    }
    match proxy {
        Proxy::Nginx => nginx::files(site),
        Proxy::IngressNginx => ingress_nginx::files(site),
        Proxy::Traefik => traefik::files(site),
        Proxy::Caddy => caddy::files(site),
        Proxy::Envoy => envoy::files(site),
        Proxy::Haproxy => haproxy::files(site),
        Proxy::Apache => apache::files(site),
    }
}

/// Whether configurations here take a header (lower case) from the client's request, or overwrite it, before the gate is asked.
fn is_taken(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    !plain || TAKEN.contains(&name) || TAKEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

const TAKEN: &[&str] = &[
    "http2-settings",
    "proxy",
    "true-client-ip",
    "x-client-ip",
    "x-method-override",
    "x-request-id",
    "x-rewrite-url",
    "x-scheme",
];
const TAKEN_PREFIXES: &[&str] = &["x-envoy-", "x-gatewright-", "x-http-method", "x-ssl-"];

#[cfg(test)]
mod tests {
    use gatewright::{Authorizer, Config};

    use super::*;
    use crate::site::Wiring;

    fn site(rule: &str, wiring: Wiring) -> Site {
        let text = format!("version = 1\n[[rule]]\nid = \"all\"\nhosts = [\"app.example.com\"]\n{rule}deny = \"anyone\"");
        let config = Config::from_toml(&text).unwrap();
        Site::new(&config, &Authorizer::new(&config).unwrap(), wiring).unwrap()
    }

    fn wiring() -> Wiring {
        Wiring { gate: Some("gate:4180".to_owned()), backend: "app:80".to_owned(), ..Wiring::default() }
    }

    #[test]
    fn header_that_the_gate_would_not_see_is_refused_for_every_proxy() {
        for proxy in Proxy::ALL {
            assert!(init(proxy, &site("headers = { X-Kind = [\"a\"] }\n", wiring())).is_ok(), "{proxy:?}");
            for name in ["X_Kind", "X-Client-IP", "X-Rewrite-URL", "X-Request-Id", "X-HTTP-Method-Override", "X-SSL-Issuer"] {
                let error = init(proxy, &site(&format!("headers = {{ {name} = [\"a\"] }}\n"), wiring())).unwrap_err().to_string();
                assert!(error.contains(&format!("`{}`", name.to_ascii_lowercase())), "{proxy:?}: {error}");
            }
        }
    }

    #[test]
    fn secret_that_cannot_be_written_is_not_shown() {
        let text = "version = 1\n[http]\nproxy_secret = 'a-$secret`of-the-{proxy}\\${x}-1234'\n[[rule]]\nid = \"all\"\nhosts = [\"a\"]\ndeny = \"anyone\"";
        let config = Config::from_toml(text).unwrap();
        let site = Site::new(&config, &Authorizer::new(&config).unwrap(), wiring()).unwrap();
        for proxy in [Proxy::Nginx, Proxy::IngressNginx, Proxy::Caddy, Proxy::Apache] {
            let error = init(proxy, &site).unwrap_err().to_string();
            assert!(!error.contains("of-the"), "{proxy:?}: {error}");
        }
    }

    #[test]
    fn only_nginx_remembers() {
        for proxy in Proxy::ALL {
            let files = init(proxy, &site("", Wiring { cache: Some(5), ..wiring() }));
            assert_eq!(files.is_ok(), proxy == Proxy::Nginx, "{proxy:?}");
            assert!(files.err().is_none_or(|error| error.to_string().contains("`--cache`")));
        }
    }

    #[test]
    fn same_site_gives_the_same_text() {
        for proxy in Proxy::ALL {
            assert_eq!(init(proxy, &site("", wiring())).unwrap(), init(proxy, &site("", wiring())).unwrap());
        }
    }
}
