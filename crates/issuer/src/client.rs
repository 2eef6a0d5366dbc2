//! A small blocking HTTP client: one GET of one JSON object, with every limit it needs to be left alone.
//!
//! It follows no redirect, keeps no connection, sends no cookie, and takes nothing but status 200.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Timeout};

use crate::address::{Address, printable};
use crate::proxy::Proxies;

/// Fetches JSON objects until its time is over.
#[derive(Debug)]
pub(crate) struct Client<'c> {
    trust: Trust,
    proxies: &'c Proxies,
    deadline: Instant,
}

/// Which certificates vouch for a server.
#[derive(Clone, Debug)]
pub(crate) struct Trust(RootCerts);

impl Trust {
    /// Trusts the certificates of a `ca_file` (PEM) and no others; without one, the web's own roots.
    ///
    /// A file without a usable certificate is an error: nothing may fall back to wider trust.
    pub(crate) fn new(ca: Option<&[u8]>) -> Result<Self, String> {
        let Some(pem) = ca else { return Ok(Self(RootCerts::WebPki)) };
        let mut certificates = Vec::new();
        for item in ureq::tls::parse_pem(pem) {
            let Ok(PemItem::Certificate(certificate)) = item else {
                return Err("`ca_file` holds something that is no PEM certificate".to_owned());
            };
            RootCertStore::empty()
                .add(CertificateDer::from(certificate.der()))
                .map_err(|error| format!("`ca_file` holds a certificate that cannot be used: {error}"))?;
            certificates.push(certificate);
        }
        if certificates.is_empty() {
            return Err("`ca_file` holds no PEM certificate".to_owned());
        }
        Ok(Self(RootCerts::new_with_certs(&certificates.iter().map(Certificate::to_owned).collect::<Vec<_>>())))
    }
}

impl<'c> Client<'c> {
    /// Makes a client whose requests all end within [`TOTAL`] from now.
    pub(crate) fn new(trust: Trust, proxies: &'c Proxies) -> Self {
        let now = Instant::now();
        Self { trust, proxies, deadline: now.checked_add(TOTAL).unwrap_or(now) }
    }

    /// Fetches the text of a JSON object, or says in one line why there is none.
    pub(crate) fn get(&self, address: &Address) -> Result<String, String> {
        let mut response =
            self.agent(address)?.get(address.uri()).header("accept", ACCEPT).call().map_err(|error| sentence(&error))?;
        let status = response.status().as_u16();
        if (300..400).contains(&status) {
            let location = response.headers().get("location").map(|value| String::from_utf8_lossy(value.as_bytes()));
            let location = printable(location.as_deref().unwrap_or_default());
            return Err(format!(
                "answered {status}, a redirect to `{location}`; redirects are not followed, name the final address"
            ));
        }
        if status != 200 {
            return Err(format!("answered {status} instead of 200"));
        }
        let body = response.body_mut().with_config().limit(MAX_BODY).read_to_vec().map_err(|error| sentence(&error))?;
        let text = String::from_utf8(body).map_err(|_| "answered something that is not UTF-8 text".to_owned())?;
        if !text.trim_start().starts_with('{') || serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
            return Err("answered something that is not a JSON object".to_owned());
        }
        Ok(text)
    }

    fn agent(&self, address: &Address) -> Result<Agent, String> {
        let tls = TlsConfig::builder()
            .root_certs(self.trust.0.clone())
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let left = self.deadline.saturating_duration_since(Instant::now());
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(self.proxies.to(address)?)
            .https_only(!address.is_plain())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(0)
            .max_response_header_size(MAX_HEAD)
            .user_agent(concat!("gatewright/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(CONNECT.min(left)))
            .timeout_connect(Some(CONNECT.min(left)))
            .timeout_global(Some(left))
            .build();
        Ok(config.new_agent())
    }
}

fn sentence(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => format!("no connection within {} s", CONNECT.as_secs()),
        ureq::Error::Timeout(_) => format!("no whole answer within {} s", TOTAL.as_secs()),
        ureq::Error::BodyExceedsLimit(_) => format!("answered more than {MAX_BODY} bytes"),
        ureq::Error::LargeResponseHeader(..) => format!("answered headers of more than {MAX_HEAD} bytes"),
        ureq::Error::HostNotFound => "the host is not found".to_owned(),
        error => {
            let text = printable(&error.to_string());
            let hint = if text.contains("UnknownIssuer") { "; name a private CA in `ca_file`" } else { "" };
            format!("{text}{hint}")
        }
    }
}

const ACCEPT: &str = "application/jwk-set+json, application/json";
/// Until a connection stands: name, TCP, proxy and TLS.
const CONNECT: Duration = Duration::from_secs(3);
/// For all requests of one fetch together.
const TOTAL: Duration = Duration::from_secs(10);
/// The largest key sets in use have some 30 KiB.
const MAX_BODY: u64 = 512 * 1024;
/// Room for cookies and policies that nobody reads.
const MAX_HEAD: usize = 32 * 1024;
