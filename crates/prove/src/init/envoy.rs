//! Envoy: one bootstrap file, with the `ext_authz` filter asking over gRPC where the gate listens for it, else over HTTP.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::template::{Template, double_quoted};
use super::{File, InitError};
use crate::site::{Address, HostPort, Site};

pub(super) fn files(site: &Site) -> Result<Vec<File>, InitError> {
    if let Some(name) = site.question_headers.iter().find(|name| name.contains('_')) {
        return Err(InitError(format!(
            "the policy reads the header `{name}`, and headers with `_` are dropped here, since backends take them for others; give it a name with `-`"
        )));
    }
    let file = CONFIGURATION.fill(site, Own::new(site)?)?;
    Ok(vec![File { secret: site.proxy_secret.is_some(), ..file }])
}

#[derive(Serialize)]
struct Own {
    grpc: bool,
    gate: Cluster,
    backend: Cluster,
    listen_ip: String,
    domains: Vec<String>,
    /// Regular expressions for the identity headers in every spelling.
    identity: Vec<String>,
    /// One for all of them.
    allowed: String,
    /// Whether that is more than Envoy takes by default.
    large: bool,
    /// Regular expressions for the headers that only proxies send.
    foreign: Vec<String>,
    /// What the gate is told of the request's headers.
    asked: Vec<String>,
    /// What `proxy_sets` should name, as TOML.
    believed: String,
    writes_certificate: bool,
    /// Headers with certificates that the policy reads and Envoy cannot write.
    unwritten_certificates: Vec<String>,
    secret: Option<String>,
    /// The session cookie's name, as a string of Lua.
    cookie: Option<String>,
    idle: String,
}

/// How Envoy finds an endpoint.
#[derive(Serialize)]
struct Cluster {
    /// `STATIC` for an address, `STRICT_DNS` for a name.
    kind: &'static str,
    #[serde(flatten)]
    address: Endpoint,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Endpoint {
    Path { path: String },
    Socket { host: String, port: u16 },
}

impl Own {
    fn new(site: &Site) -> Result<Self, InitError> {
        let (written, unwritten): (Vec<_>, Vec<_>) = site.certificate_headers.iter().cloned().partition(|name| name == XFCC);
        // Over gRPC the gate sees the other end of the connection; that is the client, unless proxies stand between.
        let address = (site.grpc.is_none() || site.behind_proxies).then_some("X-Forwarded-For");
        let believed = address.into_iter().chain(written.iter().map(|_| "X-Forwarded-Client-Cert"));
        let set_here = ["x-forwarded-for", "x-forwarded-proto", "x-request-id"].map(str::to_owned);
        let identity: Vec<String> = site.identity_headers.iter().map(|header| any_spelling(&header.lower)).collect();
        let allowed = identity.join("|");
        Ok(Self {
            grpc: site.grpc.is_some(),
            gate: Cluster::at(site.grpc.as_ref().unwrap_or(&site.gate)),
            backend: Cluster::reached(&site.backend),
            listen_ip: site.listen.ip.map_or_else(|| "0.0.0.0".to_owned(), |ip| ip.to_string()),
            domains: site.hosts.iter().map(|host| format!("{}{}", if host.wildcard { "*." } else { "" }, host.name)).collect(),
            large: letters(&allowed) > SMALL_PATTERN,
            identity: any_of(identity.into_iter()),
            allowed,
            foreign: foreign(site),
            asked: site.question_headers.iter().cloned().chain(set_here).chain(written.iter().cloned()).collect(),
            believed: believed.map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", "),
            writes_certificate: !written.is_empty(),
            unwritten_certificates: unwritten,
            secret: site.proxy_secret.as_deref().map(without_formatting),
            cookie: site.session_cookie.as_deref().map(double_quoted).transpose().map_err(InitError)?,
            idle: format!("{:.1}s", Duration::from_millis(site.gate_timeout.saturating_mul(500)).as_secs_f64()),
        })
    }
}

impl Cluster {
    fn at(address: &Address) -> Self {
        match address {
            Address::Unix(path) => Self { kind: "STATIC", address: Endpoint::Path { path: path.clone() } },
            Address::Tcp(address) => Self::reached(address),
        }
    }

    fn reached(HostPort { host, port }: &HostPort) -> Self {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let kind = if bare.parse::<IpAddr>().is_ok() { "STATIC" } else { "STRICT_DNS" };
        Self { kind, address: Endpoint::Socket { host: bare.to_owned(), port: *port } }
    }
}

/// A regular expression for each header that a client has no business to send, but those in which the policy takes a credential.
fn foreign(site: &Site) -> Vec<String> {
    let kept = |name: &str| name == FORWARDED_FOR && site.behind_proxies || site.question_headers.iter().any(|read| read == name);
    let names = FOREIGN.iter().copied().chain(gatewright::certificate_headers());
    let aliases = ALIASES_OF_FORWARDED_FOR.iter().filter(|_| site.behind_proxies).map(|pattern| (*pattern).to_owned());
    any_of(names.filter(|name| !kept(name)).map(any_spelling).chain(aliases))
}

/// Joins regular expressions, as many at a time as Envoy takes.
fn any_of(patterns: impl Iterator<Item = String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for pattern in patterns {
        match joined.last_mut() {
            Some(last) if letters(last).saturating_add(letters(&pattern)) < SMALL_PATTERN => {
                last.push('|');
                last.push_str(&pattern);
            }
            _ => joined.push(pattern),
        }
    }
    joined
}

/// How many letters a regular expression matches, about.
fn letters(pattern: &str) -> usize {
    pattern.replace(ANY_MARK, "-").len()
}

/// Matches a lower-case name whatever stands where it has a mark: CGI, WSGI and PHP make `_` of all of them.
fn any_spelling(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    name.chars().map(|letter| if plain(letter) { letter.to_string() } else { ANY_MARK.to_owned() }).collect()
}

/// Envoy expands `%NAME%` in values that it adds.
fn without_formatting(value: &str) -> String {
    value.replace('%', "%%")
}

const CONFIGURATION: Template = Template { name: "envoy.yaml", text: include_str!("templates/envoy.yaml"), quote: double_quoted };

const ANY_MARK: &str = "[^a-z0-9]";
const XFCC: &str = "x-forwarded-client-cert";
const FORWARDED_FOR: &str = "x-forwarded-for";
/// What a request asks, where it came from, and with which certificate, in the words of proxies and of frameworks that believe them;
/// beside the certificates' headers that the gate knows.
const FOREIGN: &[&str] = &[
    "x-gatewright-proxy",
    "forwarded",
    FORWARDED_FOR,
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-uri",
    "x-forwarded-method",
    "x-forwarded-server",
    "x-forwarded-ssl",
    "x-forwarded-scheme",
    "x-real-ip",
    "x-original-uri",
    "x-original-url",
    "x-original-method",
    "x-original-host",
    "x-rewrite-url",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-envoy-original-path",
    "x-envoy-original-host",
    "client-cert-chain",
    "ssl-client-cert",
    "ssl-client-verify",
    "proxy", // as an environment variable it tells CGI programs a proxy
];
/// Every spelling of `X-Forwarded-For` but the right one.
const ALIASES_OF_FORWARDED_FOR: [&str; 2] = ["x[^a-z0-9-]forwarded[^a-z0-9]for", "x-forwarded[^a-z0-9-]for"];
/// Regular expressions of this many letters are surely within Envoy's limit (a program of 100 instructions).
const SMALL_PATTERN: usize = 70;

#[cfg(test)]
mod tests {
    use gatewright::{Authorizer, Config};

    use super::*;
    use crate::site::Wiring;

    fn site(http: &str, wiring: Wiring) -> Site {
        let policy = format!(
            "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n[identity_headers]\nX-User = \"subject\"\n[http]\n{http}\n[[rule]]\nid = \"all\"\nhosts = [\"app.example.com\", \"*.apps.example.com\"]\nallow = \"authenticated\"\n"
        );
        let config = Config::from_toml(&policy).unwrap();
        Site::new(&config, &Authorizer::new(&config).unwrap(), wiring).unwrap()
    }

    fn text(site: &Site) -> String {
        files(site).unwrap().remove(0).text
    }

    #[test]
    fn secret_is_no_format_of_envoys() {
        let site = site("proxy_secret = '100%REQ(host)%-of-the-secret-\"is\"-here'", Wiring::default());
        let file = files(&site).unwrap().remove(0);
        assert!(file.text.contains(r#"value: "100%%REQ(host)%%-of-the-secret-\"is\"-here""#) && file.secret);
    }

    #[test]
    fn name_is_matched_in_every_spelling() {
        assert_eq!(any_spelling("x-user"), "x[^a-z0-9]user");
    }

    #[test]
    fn regular_expressions_stay_within_envoys_limit() {
        let joined = any_of(std::iter::repeat_n("x[^a-z0-9]forwarded[^a-z0-9]for".to_owned(), 7));
        assert_eq!(joined.iter().map(|pattern| pattern.split('|').count()).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(any_of(["a".repeat(200)].into_iter()), ["a".repeat(200)]);
    }

    #[test]
    fn address_of_the_client_is_appended_behind_proxies_only() {
        let first = text(&site("", Wiring::default()));
        assert!(first.contains("OVERWRITE_IF_EXISTS_OR_ADD") && first.contains("x[^a-z0-9]forwarded[^a-z0-9]for|"));
        let behind = text(&site("trusted_hops = 1", Wiring::default()));
        assert!(behind.contains("APPEND_IF_EXISTS_OR_ADD") && !behind.contains("x[^a-z0-9]forwarded[^a-z0-9]for"));
    }

    #[test]
    fn gate_is_asked_where_it_listens() {
        let wiring = |gate: &str| Wiring { gate: Some(gate.to_owned()), ..Wiring::default() };
        assert!(text(&site("", wiring("unix:/run/g.sock"))).contains(r#"pipe: { path: "/run/g.sock" }"#));
        assert!(text(&site("", wiring("[::1]:4180"))).contains(r#"address: "::1", port_value: 4180"#));
        assert!(text(&site("", wiring("gate:4180"))).contains("type: STRICT_DNS"));
    }

    #[test]
    fn grpc_is_preferred() {
        let mut site = site("", Wiring::default());
        assert!(text(&site).contains("path_prefix: /auth/envoy"));
        site.grpc = Some(Address::Unix("/run/grpc.sock".to_owned()));
        let text = text(&site);
        assert!(text.contains("grpc_service") && text.contains("http2_protocol_options") && text.contains("/run/grpc.sock"));
        assert!(!text.contains("http_service"));
    }

    #[test]
    fn connection_to_the_gate_is_left_before_the_gate_leaves_it() {
        assert!(text(&site("timeout = \"1s\"", Wiring::default())).contains("idle_timeout: 0.5s"));
    }
}
