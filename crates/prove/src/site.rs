//! What a configuration is written for: the policy's hosts and headers, and how the parts reach each other.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use gatewright::{Authorizer, Config, HttpSettings, TrustedHops};
use serde::Serialize;

/// What the policy file does not say: where the parts are.
///
/// # Example
/// ```
/// use gatewright_prove::Wiring;
/// let wiring = Wiring { backend: "127.0.0.1:3000".to_owned(), ..Wiring::default() };
/// assert!(wiring.tls.is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Wiring {
    /// How the proxy reaches the gate: `HOST:PORT` or `unix:/path`; else the first address of `[http] listen`, or `grpc` for Envoy.
    pub gate: Option<String>,
    /// The application, `HOST:PORT`.
    pub backend: String,
    /// Where the proxy listens, `PORT` or `IP:PORT`; else 443 with a certificate and 80 without.
    pub listen: Option<String>,
    /// The certificate of the proxy itself.
    pub tls: Option<Tls>,
    /// Hosts to protect instead of those that the rules name.
    pub hosts: Vec<String>,
    /// The folder in which the files will lie, for files that name each other.
    pub folder: PathBuf,
    /// For how many seconds an allow is remembered by the proxy, where it can.
    pub cache: Option<u32>,
}

impl Default for Wiring {
    fn default() -> Self {
        Self {
            gate: None,
            backend: "127.0.0.1:8080".to_owned(),
            listen: None,
            tls: None,
            hosts: Vec::new(),
            folder: PathBuf::from("/etc/gatewright"),
            cache: None,
        }
    }
}

/// The files of a certificate.
///
/// # Example
/// ```
/// let tls = gatewright_prove::Tls { certificate: "/etc/ssl/app.pem".into(), key: "/etc/ssl/app.key".into() };
/// assert!(tls.key.is_absolute());
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct Tls {
    /// The chain, PEM.
    pub certificate: PathBuf,
    /// The key, PEM.
    pub key: PathBuf,
}

/// The policy or the wiring does not describe a site: what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteError(String);

impl fmt::Display for SiteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for SiteError {}

/// Everything that a configuration says, checked; its members are what the templates name.
#[derive(Clone, Debug, Serialize)]
pub struct Site {
    pub(crate) hosts: Vec<Host>,
    /// Whether a rule names a port, so that the gate has to know it of every request.
    pub(crate) ports: bool,
    pub(crate) identity_headers: Vec<IdentityHeader>,
    /// Lower-case names of all that the gate reads of the client's request, forwarded facts and certificates apart.
    pub(crate) question_headers: Vec<String>,
    pub(crate) session_cookie: Option<String>,
    pub(crate) login: Option<String>,
    /// The ids of rules that let anyone pass, to be shown in comments: on one line whatever they hold.
    pub(crate) open_rules: Vec<String>,
    pub(crate) gate: Address,
    /// After how many idle seconds the gate closes a connection.
    pub(crate) gate_timeout: u64,
    /// The gate's listener for `Authorization/Check`.
    pub(crate) grpc: Option<Address>,
    pub(crate) proxy_secret: Option<String>,
    /// Whether proxies stand in front of this one, so that the client's address has to be looked for in `X-Forwarded-For`.
    pub(crate) behind_proxies: bool,
    /// Whether the policy takes client certificates, and in which headers (lower case).
    pub(crate) certificate_headers: Vec<String>,
    pub(crate) backend: HostPort,
    pub(crate) listen: Listen,
    pub(crate) tls: Option<Tls>,
    pub(crate) folder: PathBuf,
    pub(crate) cache: Option<u32>,
}

/// A host that the proxy answers for; a port in the policy is left out, since the proxy listens on its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Host {
    /// As it is, or what stands behind `*.`.
    pub(crate) name: String,
    pub(crate) wildcard: bool,
}

/// A header that carries the identity to the backend.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct IdentityHeader {
    /// As the policy writes it.
    pub(crate) name: String,
    pub(crate) lower: String,
    /// Lower case with underscores, as variables of proxies spell it.
    pub(crate) variable: String,
}

/// Where the gate listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Address {
    Tcp(HostPort),
    Unix(String),
}

/// A name or an address, and a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct HostPort {
    /// IPv6 addresses stand in brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Where the proxy listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Listen {
    pub(crate) ip: Option<IpAddr>,
    pub(crate) port: u16,
}

impl Site {
    /// Brings policy and wiring together.
    ///
    /// # Errors
    /// No host is known, an address cannot be read, or the gate is reached in a way that is not written here; in words.
    ///
    /// # Example
    /// ```
    /// use gatewright::{Authorizer, Config};
    /// use gatewright_prove::{Site, Wiring};
    /// let config = Config::from_toml("version = 1\n[[rule]]\nid = \"all\"\ndeny = \"anyone\"")?;
    /// let authorizer = Authorizer::new(&config)?;
    /// let error = Site::new(&config, &authorizer, Wiring::default()).unwrap_err();
    /// assert!(error.to_string().contains("--host app.example.com"));
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    pub fn new(config: &Config, authorizer: &Authorizer, wiring: Wiring) -> Result<Self, SiteError> {
        let settings = config.http();
        if let Some(host) = wiring.hosts.iter().find(|host| Host::split_port(host).1.is_some()) {
            return Err(SiteError(format!("`--host {host}` has a port; the proxy listens on its own: `--listen`")));
        }
        let named = if wiring.hosts.is_empty() { config.hosts() } else { wiring.hosts };
        let hosts: BTreeSet<Host> = named.iter().map(|text| Host::parse(text)).collect::<Result<_, _>>()?;
        let ports = config.hosts().iter().any(|text| Host::split_port(text).1.is_some());
        if hosts.is_empty() {
            return Err(SiteError(
                "no rule names a host; say which ones the proxy protects: `--host app.example.com`".to_owned(),
            ));
        }
        if settings.tls_cert.is_some() && wiring.gate.is_none() {
            return Err(SiteError(
                "the gate speaks TLS (`tls_cert`), and these configurations reach it over loopback or a unix socket without; give it such an address, and name it: `--gate unix:/run/gatewright.sock`".to_owned(),
            ));
        }
        let tls = wiring.tls;
        let listen = wiring
            .listen
            .map_or(Ok(Listen { ip: None, port: if tls.is_some() { 443 } else { 80 } }), |text| Listen::parse(&text))?;
        let certificate_headers = certificate_headers(settings);
        Ok(Self {
            hosts: hosts.into_iter().collect(),
            ports,
            identity_headers: authorizer.identity_header_names().map(IdentityHeader::new).collect(),
            question_headers: question_headers(authorizer),
            session_cookie: authorizer.session_cookie().map(str::to_owned),
            login: config.login_url().map(str::to_owned),
            open_rules: config.open_rules().map(|id| id.escape_default().to_string()).collect(),
            gate: gate_address(settings, wiring.gate.as_deref())?,
            gate_timeout: settings.timeout,
            grpc: match (settings.grpc.as_deref(), wiring.gate.as_deref()) {
                (None, _) => None,
                (Some(_), Some(named)) => Some(Address::parse(named)?),
                (Some(listen), None) => Some(reachable(listen)?),
            },
            proxy_secret: settings.proxy_secret.as_ref().map(|secret| String::from_utf8_lossy(secret.expose()).into_owned()),
            behind_proxies: settings.trusted_hops != TrustedHops::Networks(Vec::new())
                && settings.trusted_hops != TrustedHops::Count(0),
            certificate_headers,
            backend: HostPort::parse(&wiring.backend, "--backend")?,
            listen,
            tls,
            folder: wiring.folder,
            cache: wiring.cache,
        })
    }
}

impl Site {
    /// Whether the policy gives the backend somebody's identity in this header.
    pub(crate) fn is_identity_header(&self, name: &str) -> bool {
        self.identity_headers.iter().any(|header| header.name.eq_ignore_ascii_case(name))
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self, SiteError> {
        let (wildcard, rest) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        let (name, _) = Self::split_port(rest);
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let is_name = name.len() <= 253 && name.split('.').all(is_label) && name.bytes().any(|byte| byte.is_ascii_alphanumeric());
        let is_address =
            name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
        if !(is_name || is_address) || (is_address && wildcard) {
            return Err(SiteError(format!("`{text}` is no host; write such as `app.example.com` or `*.example.com`")));
        }
        Ok(Self { name: name.to_ascii_lowercase(), wildcard })
    }

    fn split_port(text: &str) -> (&str, Option<&str>) {
        match text.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
            _ => (text, None),
        }
    }
}

impl IdentityHeader {
    fn new(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let variable = lower.replace('-', "_");
        Self { name: name.to_owned(), lower, variable }
    }
}

impl HostPort {
    fn parse(text: &str, what: &str) -> Result<Self, SiteError> {
        let wrong = || SiteError(format!("`{text}` is no address for `{what}`; write such as `127.0.0.1:8080` or `app:8080`"));
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port_of(port).ok_or_else(wrong)?;
        match Host::parse(host) {
            Ok(Host { name, wildcard: false }) if Host::split_port(host).1.is_none() => Ok(Self { host: name, port }),
            _ => Err(wrong()),
        }
    }
}

/// Reads a port: digits alone, and not 0.
fn port_of(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten().filter(|port| *port > 0)
}

impl fmt::Display for HostPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

impl Listen {
    fn parse(text: &str) -> Result<Self, SiteError> {
        if let Some(port) = port_of(text) {
            return Ok(Self { ip: None, port });
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.port() > 0 => Ok(Self { ip: Some(address.ip()), port: address.port() }),
            _ => Err(SiteError(format!("`{text}` is no address to listen on; write `443`, `127.0.0.1:8000` or `[::]:8000`"))),
        }
    }
}

impl fmt::Display for Listen {
    /// Writes `443`, `127.0.0.1:8000` or `[::1]:8000`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            None => self.port.fmt(formatter),
            Some(ip) => SocketAddr::new(ip, self.port).fmt(formatter),
        }
    }
}

impl Address {
    fn parse(text: &str) -> Result<Self, SiteError> {
        match text.strip_prefix("unix:") {
            Some(path) if path.starts_with('/') => Ok(Self::Unix(path.split('?').next().unwrap_or(path).to_owned())),
            Some(_) => Err(SiteError(format!(
                "`{text}`: the proxy runs in another folder; write an absolute path, such as `unix:/run/gatewright.sock`"
            ))),
            None => HostPort::parse(text, "--gate").map(Self::Tcp),
        }
    }
}

fn gate_address(settings: &HttpSettings, named: Option<&str>) -> Result<Address, SiteError> {
    if let Some(text) = named {
        return Address::parse(text);
    }
    let first =
        settings.listen.first().ok_or_else(|| SiteError("the gate listens nowhere; write `listen` in `[http]`".to_owned()))?;
    reachable(first)
}

/// An address that is listened on, as one to call: "any address" of the machine is loopback.
fn reachable(listen: &str) -> Result<Address, SiteError> {
    match listen.parse::<SocketAddr>() {
        Ok(mut address) if address.ip().is_unspecified() => {
            address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
            Address::parse(&address.to_string())
        }
        _ => Address::parse(listen),
    }
}

/// Forwarded facts are the proxy's to write, so that no configuration copies them from the client.
fn question_headers(authorizer: &Authorizer) -> Vec<String> {
    let ours = |name: &&String| {
        !gatewright::certificate_headers().any(|certificate| certificate == name.as_str()) && !FACTS.contains(&name.as_str())
    };
    let mut names: BTreeSet<String> = authorizer.header_names().iter().filter(ours).cloned().collect();
    names.extend(NAVIGATION.map(str::to_owned));
    names.into_iter().collect()
}

fn certificate_headers(settings: &HttpSettings) -> Vec<String> {
    let named: BTreeSet<&String> = settings.proxy_sets.iter().flat_map(|(_, headers)| headers).collect();
    gatewright::certificate_headers().filter(|header| named.iter().any(|name| name == header)).map(str::to_owned).collect()
}

const FACTS: [&str; 5] = ["x-forwarded-proto", "x-forwarded-for", "x-real-ip", "x-gatewright-proxy", "host"];
/// What tells people from programs.
const NAVIGATION: [&str; 3] = ["accept", "sec-fetch-mode", "x-requested-with"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_has_a_name_and_one_port() {
        for (text, host, port) in [("app:80", "app", 80), ("127.0.0.1:8080", "127.0.0.1", 8080), ("[::1]:4180", "[::1]", 4180)] {
            assert_eq!(HostPort::parse(text, "--backend").unwrap(), HostPort { host: host.to_owned(), port });
        }
        for wrong in ["app", ":80", "app:", "app:0", "app:+80", "app:8080:80", "*.app:80", "http://app:80", "app:80/x", "[::1]"] {
            assert!(HostPort::parse(wrong, "--backend").unwrap_err().to_string().contains("`--backend`"), "{wrong}");
        }
    }

    #[test]
    fn proxy_listens_on_a_port_or_an_address() {
        for good in ["443", "127.0.0.1:8000", "[::]:443"] {
            assert_eq!(Listen::parse(good).unwrap().to_string(), good);
        }
        for wrong in ["0", "+80", "::80", ":::80", ":80", "app:80", "127.0.0.1:0", ""] {
            assert!(Listen::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn host_is_a_name_or_an_address() {
        for good in ["app.example.com", "*.example.com", "app.example.com:8443", "[::1]", "127.0.0.1", "xn--bcher-kva.example"] {
            assert!(Host::parse(good).is_ok(), "{good}");
        }
        for wrong in ["", ".", "..", "a..b", "_", "*", "*.[::1]", "a b", "a;b", "a\nb", "a{b}", "$host", "a.b.", "[::1"] {
            assert!(Host::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn gate_that_listens_everywhere_is_reached_on_loopback() {
        let reached = |listen: &str| match reachable(listen).unwrap() {
            Address::Tcp(address) => address.to_string(),
            Address::Unix(path) => path,
        };
        assert_eq!(reached("0.0.0.0:4180"), "127.0.0.1:4180");
        assert_eq!(reached("[::]:4180"), "[::1]:4180");
        assert_eq!(reached("unix:/run/g.sock?mode=0660"), "/run/g.sock");
        assert!(Address::parse("unix:g.sock").unwrap_err().to_string().contains("absolute path"));
    }
}
