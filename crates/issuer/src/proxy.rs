//! Forward proxies from the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in either case.

use ureq::Proxy;

use crate::address::Address;

/// What the environment says of proxies, read once.
#[derive(Clone, Default)]
pub(crate) struct Proxies {
    https: Option<String>,
    http: Option<String>,
    /// Lower-case entries of `NO_PROXY`.
    without: Vec<String>,
}

impl Proxies {
    /// Reads the environment; lower case goes first, as everywhere.
    pub(crate) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let any = |names: [&str; 2]| names.into_iter().find_map(&variable).filter(|value| !value.is_empty());
        let all = any(["all_proxy", "ALL_PROXY"]);
        let without = any(["no_proxy", "NO_PROXY"]).unwrap_or_default();
        Self {
            https: any(["https_proxy", "HTTPS_PROXY"]).or_else(|| all.clone()),
            http: any(["http_proxy", "HTTP_PROXY"]).or(all),
            without: without
                .split(',')
                .map(|entry| entry.trim().to_ascii_lowercase())
                .filter(|entry| !entry.is_empty())
                .collect(),
        }
    }

    /// Returns the proxy to an address; never one to this machine.
    ///
    /// A proxy that cannot be used is an error: going around it is not what the operator asked for.
    pub(crate) fn to(&self, address: &Address) -> Result<Option<Proxy>, String> {
        let (name, proxy) = if address.is_plain() { ("HTTP_PROXY", &self.http) } else { ("HTTPS_PROXY", &self.https) };
        let Some(proxy) = proxy else { return Ok(None) };
        if address.is_loopback() || self.is_without(address) {
            return Ok(None);
        }
        // The value itself may hold a password: it is not repeated.
        let proxy = Proxy::new(proxy).map_err(|_| format!("the environment variable `{name}` is not the URL of a proxy"))?;
        match proxy.protocol() {
            ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => Ok(Some(proxy)),
            _ => Err(format!("the environment variable `{name}` names a SOCKS proxy; only http and https proxies are supported")),
        }
    }

    /// `example.com` and `.example.com` mean the host and everything below it; `:port` narrows; `*` is everything.
    fn is_without(&self, address: &Address) -> bool {
        let host = address.host().to_ascii_lowercase();
        self.without.iter().any(|entry| {
            let (name, port) = split_port(entry);
            let name = name.strip_prefix('*').unwrap_or(name);
            let name = name.strip_prefix('.').unwrap_or(name);
            let named = entry == "*" || host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
            named && !(name.is_empty() && entry != "*") && port.is_none_or(|port| port == address.port())
        })
    }
}

impl std::fmt::Debug for Proxies {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Proxies").field("https", &self.https.is_some()).field("http", &self.http.is_some()).finish()
    }
}

fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some((host, port)) = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, port.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, port.parse().ok()),
        _ => (entry, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::PlainHttp;

    fn proxy(variables: &[(&str, &str)], url: &str) -> Result<Option<String>, String> {
        let proxies = Proxies::from_environment(|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        });
        let address = Address::parse(url, PlainHttp::Anywhere).unwrap();
        Ok(proxies.to(&address)?.map(|proxy| format!("{}:{}", proxy.host(), proxy.port())))
    }

    #[test]
    fn each_scheme_has_its_own_proxy() {
        let both = [("HTTPS_PROXY", "http://s:1"), ("http_proxy", "p:2")];
        assert_eq!(proxy(&both, "https://a/").unwrap().as_deref(), Some("s:1"));
        assert_eq!(proxy(&both, "http://a/").unwrap().as_deref(), Some("p:2"));
        assert_eq!(proxy(&[("HTTPS_PROXY", "http://s:1")], "http://a/").unwrap(), None);
        assert_eq!(proxy(&[("ALL_PROXY", "http://s:1")], "http://a/").unwrap().as_deref(), Some("s:1"));
        assert_eq!(proxy(&[("HTTPS_PROXY", "")], "https://a/").unwrap(), None);
    }

    #[test]
    fn loopback_is_never_reached_through_a_proxy() {
        let all = [("ALL_PROXY", "http://s:1")];
        for url in ["http://127.0.0.1/", "https://localhost/", "https://[::1]:8443/"] {
            assert_eq!(proxy(&all, url).unwrap(), None, "{url}");
        }
    }

    #[test]
    fn no_proxy_names_hosts_and_what_lies_below() {
        let without = |list: &str, url| proxy(&[("ALL_PROXY", "http://s:1"), ("NO_PROXY", list)], url).unwrap().is_none();
        for list in ["*", "example.com", ".example.com", "*.example.com", "x, LOGIN.example.com", "login.example.com:443"] {
            assert!(without(list, "https://login.example.com/"), "{list}");
        }
        for list in ["", "login.example.com:8443", "ogin.example.com", "example.org", ".", ",", "com.", "*x"] {
            assert!(!without(list, "https://login.example.com/"), "{list}");
        }
        assert!(without("10.0.0.1", "https://10.0.0.1/") && without("[fd00::1]:443", "https://[fd00::1]/"));
        assert!(without("fd00::1", "https://[fd00::1]/"));
    }

    #[test]
    fn unusable_proxy_is_an_error_that_keeps_its_password() {
        for wrong in ["http://", "socks5://user:hunter2@s", "quic://hunter2@s:1"] {
            let reason = proxy(&[("HTTPS_PROXY", wrong)], "https://a/").unwrap_err();
            assert!(reason.contains("`HTTPS_PROXY`") && !reason.contains("hunter2"), "{reason}");
        }
    }
}
