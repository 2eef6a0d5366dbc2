//! `[http]`: the adapter's settings, checked but not acted on.

use super::document::{Node, Place, Problem, Value, closest, suggestion};
use super::reader::Reader;
use crate::certificate::{CertificateForm, certificate_headers};
use crate::network::{Network, TrustedHops};
use crate::secret::Secret;

/// The adapter's settings. Bindings read `trusted_hops` and the `middleware` entry of `proxy_sets`, and ignore the rest.
///
/// # Example
/// ```
/// use gatewright::Config;
/// let config = Config::from_toml("version = 1\n[http]\nlisten = [\"127.0.0.1:4180\"]\ntimeout = \"5s\"")?;
/// assert_eq!(config.http().listen, ["127.0.0.1:4180"]);
/// assert_eq!(config.http().timeout, 5);
/// # Ok::<(), gatewright::ConfigError>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Where to listen: `IP:PORT`, `[IPv6]:PORT` or `unix:PATH?mode=0660`.
    pub listen: Vec<String>,
    /// Where Envoy's `Authorization/Check` is answered over gRPC, if anywhere: as `listen`.
    pub grpc: Option<String>,
    /// Where the admin listener is, if there is one.
    pub admin: Option<String>,
    /// Who may call; `None` if the file does not say, which means loopback.
    pub trusted_peers: Option<Vec<Network>>,
    /// Proxies in front of the proxy.
    pub trusted_hops: TrustedHops,
    /// Per endpoint (`verify`, `forward`, `middleware`, …) the optional headers that its proxy overwrites, in lower case:
    /// `x-forwarded-proto`, one that names the client's address, and those of client certificates.
    pub proxy_sets: Vec<(String, Vec<String>)>,
    /// What the header `X-Gatewright-Proxy` must carry, if anything.
    pub proxy_secret: Option<Secret>,
    /// The TLS certificate chain (PEM), once resolved.
    pub tls_cert: Option<Vec<u8>>,
    /// The TLS key (PEM), once resolved.
    pub tls_key: Option<Secret>,
    /// The most bytes a request's head may have.
    pub max_header_bytes: usize,
    /// The most connections at once.
    pub max_connections: usize,
    /// How many seconds a request's head may take, and an idle connection may stay.
    pub timeout: u64,
}

impl HttpSettings {
    /// Returns the optional headers (lower case) that an endpoint's proxy overwrites.
    ///
    /// # Example
    /// ```
    /// use gatewright::Config;
    /// let config = Config::from_toml("version = 1\n[http]\nproxy_sets = { verify = [\"X-Real-IP\"] }")?;
    /// assert_eq!(config.http().proxy_sets("verify"), ["x-real-ip"]);
    /// assert!(config.http().proxy_sets("forward").is_empty());
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    #[must_use]
    pub fn proxy_sets(&self, endpoint: &str) -> &[String] {
        self.proxy_sets.iter().find(|(name, _)| name == endpoint).map_or(&[], |(_, headers)| headers)
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            listen: vec!["127.0.0.1:4180".to_owned()],
            grpc: None,
            admin: None,
            trusted_peers: None,
            trusted_hops: TrustedHops::Networks(Vec::new()),
            proxy_sets: Vec::new(),
            proxy_secret: None,
            tls_cert: None,
            tls_key: None,
            max_header_bytes: 16 * 1024,
            max_connections: 1024,
            timeout: 10,
        }
    }
}

pub(super) fn read(node: &Node, reader: &mut Reader<'_>) -> Result<HttpSettings, Problem> {
    let mut table = node.table("[http]")?;
    let mut settings = HttpSettings::default();
    let listen = table.take("listen");
    if let Some(listen) = listen {
        settings.listen = listen.list(|item| check_listen(item).map(str::to_owned))?;
    }
    let grpc = table.take("grpc");
    settings.grpc = grpc.map(|node| check_listen(node).map(str::to_owned)).transpose()?;
    settings.admin = table.take("admin").map(|node| check_address(node).map(str::to_owned)).transpose()?;
    settings.trusted_peers = table.take("trusted_peers").map(networks).transpose()?;
    if let Some(hops) = table.take("trusted_hops") {
        settings.trusted_hops = match &hops.value {
            Value::Integer(_) => TrustedHops::Count(usize::try_from(hops.integer(0, MAX_HOPS)?).unwrap_or_default()),
            _ => TrustedHops::Networks(networks(hops)?),
        };
    }
    settings.proxy_sets = table.take("proxy_sets").map(proxy_sets).transpose()?.unwrap_or_default();
    if let Some(secret) = table.take("proxy_secret") {
        settings.proxy_secret = reader.secret(secret)?;
        if let Some(value) = &settings.proxy_secret {
            if value.len() < MIN_PROXY_SECRET {
                return Err(secret.secret_problem(format!("the proxy secret is shorter than {MIN_PROXY_SECRET} bytes")));
            }
            if !value.expose().iter().all(u8::is_ascii_graphic) {
                return Err(secret
                    .secret_problem("a proxy sends the secret in a header: only printable ASCII without spaces can be in it"));
            }
        }
    }
    let (cert, key) = (table.take("tls_cert"), table.take("tls_key"));
    match (cert, key) {
        (Some(cert), Some(key)) => {
            settings.tls_cert = reader.file(cert)?;
            settings.tls_key = reader.file(key)?.map(Secret::from_bytes);
        }
        (Some(lonely), None) | (None, Some(lonely)) => return Err(lonely.problem("`tls_cert` and `tls_key` come together")),
        (None, None) => {}
    }
    let number = |node: Option<&Node>, least, most, default: usize| match node {
        Some(node) => node.size(least, most).map(|number| usize::try_from(number).unwrap_or(default)),
        None => Ok(default),
    };
    settings.max_header_bytes = number(table.take("max_header_bytes"), 8 * 1024, 256 * 1024, settings.max_header_bytes)?;
    settings.max_connections = number(table.take("max_connections"), 1, 100_000, settings.max_connections)?;
    settings.timeout = table.take("timeout").map(|node| node.duration(1, 60)).transpose()?.unwrap_or(settings.timeout);
    table.finish()?;
    let open = |address: &String| !is_local(address);
    let open_to_others =
        if settings.grpc.as_ref().is_some_and(open) { grpc } else { listen.filter(|_| settings.listen.iter().any(open)) };
    if let Some(open_to_others) = open_to_others.filter(|_| settings.trusted_peers.is_none()) {
        return Err(open_to_others
            .problem("an address that is not loopback needs `trusted_peers`: who may ask, such as [\"10.0.0.5/32\"]"));
    }
    Ok(settings)
}

/// Makes the value of a scalar of `[http]` from the text of an environment variable.
pub(super) fn scalar(name: &str, text: &str, place: &Place) -> Result<Value, Problem> {
    match name {
        "admin" | "grpc" | "proxy_secret" | "tls_cert" | "tls_key" | "timeout" => Ok(Value::Text(text.to_owned())),
        "max_header_bytes" | "max_connections" => {
            Ok(text.parse::<i64>().map_or_else(|_| Value::Text(text.to_owned()), Value::Integer))
        }
        "listen" => {
            let item = |item: &str| Node { place: place.clone(), value: Value::Text(item.trim().to_owned()) };
            Ok(Value::Array(text.split(',').map(item).collect()))
        }
        _ => {
            let known = [
                "admin",
                "grpc",
                "proxy_secret",
                "tls_cert",
                "tls_key",
                "timeout",
                "max_header_bytes",
                "max_connections",
                "listen",
            ];
            let hint =
                closest(name, &known).map_or(String::new(), |known| format!("; did you mean `{}`?", known.to_ascii_uppercase()));
            Err(Problem::new(format!("[http] has no scalar of this name{hint}"), place))
        }
    }
}

fn networks(node: &Node) -> Result<Vec<Network>, Problem> {
    node.array()?.iter().map(|item| Network::parse(item.text()?).map_err(|error| item.problem(error.to_string()))).collect()
}

fn check_listen(node: &Node) -> Result<&str, Problem> {
    let text = node.text()?;
    let Some(path) = text.strip_prefix("unix:") else { return check_address(node) };
    let (path, query) = path.split_once('?').unwrap_or((path, "mode=0660"));
    let mode = query.strip_prefix("mode=").and_then(|mode| u32::from_str_radix(mode, 8).ok());
    if path.is_empty() || mode.is_none_or(|mode| mode > 0o777) {
        return Err(node.problem(format!("`{text}` is no unix socket; write such as `unix:/run/gatewright.sock?mode=0660`")));
    }
    Ok(text)
}

fn check_address(node: &Node) -> Result<&str, Problem> {
    let text = node.text()?;
    match text.parse::<std::net::SocketAddr>() {
        Ok(_) => Ok(text),
        Err(_) => Err(node.problem(format!("`{text}` is no address; write such as `127.0.0.1:4180` or `[::1]:4180`"))),
    }
}

fn is_local(listen: &str) -> bool {
    listen.starts_with("unix:") || listen.parse::<std::net::SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
}

fn proxy_sets(node: &Node) -> Result<Vec<(String, Vec<String>)>, Problem> {
    let mut sets = Vec::new();
    for member in node.table("proxy_sets")?.rest() {
        if !ENDPOINTS.contains(&member.key.as_str()) {
            let hint = suggestion(&member.key, ENDPOINTS, "write one of");
            return Err(Problem::new(format!("there is no endpoint `{}`; {hint}", member.key), &member.place));
        }
        let header = |item: &Node| {
            let name = item.text()?.to_ascii_lowercase();
            if OPTIONAL_HEADERS.contains(&name.as_str()) || certificate_headers().any(|header| header == name) {
                return Ok(name);
            }
            Err(item.problem(format!(
                "`{name}` is no optional header; write X-Forwarded-Proto, X-Real-IP or X-Forwarded-For, or a header of a certificate"
            )))
        };
        let headers = member.node.array()?.iter().map(header).collect::<Result<Vec<_>, _>>()?;
        if ["x-real-ip", "x-forwarded-for"].iter().all(|name| headers.iter().any(|header| header == name)) {
            return Err(member.node.problem("name one header for the client's address, X-Real-IP or X-Forwarded-For, not both"));
        }
        for form in CertificateForm::ALL {
            let named = |header: &&&str| headers.iter().any(|it| it == **header);
            if form.headers().iter().any(|it| named(&it))
                && let Some(missing) = form.headers().iter().find(|it| !named(it))
            {
                return Err(member
                    .node
                    .problem(format!("a certificate is read only if the proxy sets `{missing}` as well; name it")));
            }
        }
        sets.push((member.key.clone(), headers));
    }
    Ok(sets)
}

/// The endpoints of the contract, and the middleware of the bindings.
const ENDPOINTS: &[&str] = &["verify", "ingress-nginx", "forward", "haproxy", "apache", "envoy", "middleware"];
/// The headers that count only if the proxy overwrites them.
const OPTIONAL_HEADERS: &[&str] = &["x-forwarded-proto", "x-real-ip", "x-forwarded-for"];
/// More proxies in a row than this is a mistake.
const MAX_HOPS: u64 = 32;
/// A shorter secret could be guessed.
const MIN_PROXY_SECRET: usize = 16;
