//! TLS in front of the TCP listeners, on aws-lc.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use gatewright::HttpSettings;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The acceptor for the certificate of the current settings: a renewed certificate counts from the next connection after a reload.
pub(crate) struct Tls {
    protocol: &'static [u8],
    current: Mutex<(Material, TlsAcceptor)>,
}

/// What is spoken inside (RFC 7301).
pub(crate) const HTTP_1: &[u8] = b"http/1.1";
pub(crate) const HTTP_2: &[u8] = b"h2";

/// The two PEM texts an acceptor was made from.
#[derive(Clone, PartialEq, Eq)]
struct Material {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads the certificate and key, or returns `None` if the settings name none.
    ///
    /// # Errors
    /// One of the two is missing, is no PEM, or they do not belong together.
    pub(crate) fn new(settings: &HttpSettings, protocol: &'static [u8]) -> Result<Option<Self>, String> {
        let material = match (&settings.tls_cert, &settings.tls_key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => Material { certificate: certificate.clone(), key: key.expose().to_vec() },
            (Some(_), None) => return Err("`tls_cert` is set without `tls_key`".to_owned()),
            (None, Some(_)) => return Err("`tls_key` is set without `tls_cert`".to_owned()),
        };
        let acceptor = material.acceptor(protocol)?;
        Ok(Some(Self { protocol, current: Mutex::new((material, acceptor)) }))
    }

    /// Returns the acceptor for these settings; a certificate that cannot be used leaves the last good one in place.
    pub(crate) fn acceptor(&self, settings: &HttpSettings) -> (TlsAcceptor, Option<String>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(certificate), Some(key)) = (&settings.tls_cert, &settings.tls_key) else {
            return (current.1.clone(), None);
        };
        if current.0.certificate == *certificate && current.0.key == key.expose() {
            return (current.1.clone(), None);
        }
        let material = Material { certificate: certificate.clone(), key: key.expose().to_vec() };
        match material.acceptor(self.protocol) {
            Ok(acceptor) => {
                *current = (material, acceptor);
                (current.1.clone(), None)
            }
            Err(problem) => {
                let last_good = current.1.clone();
                *current = (material, last_good.clone()); // said once, not on every connection
                (last_good, Some(problem))
            }
        }
    }
}

impl Material {
    fn acceptor(&self, protocol: &[u8]) -> Result<TlsAcceptor, String> {
        let chain = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("`tls_cert` is no PEM certificate chain: {error}"))?;
        let key =
            PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| format!("`tls_key` is no PEM private key: {error}"))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| format!("`tls_cert` and `tls_key` cannot be used together: {error}"))?;
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tls")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn material() -> Material {
        let made = rcgen::generate_simple_self_signed(["gate.test".to_owned()]).unwrap();
        Material { certificate: made.cert.pem().into_bytes(), key: made.signing_key.serialize_pem().into_bytes() }
    }

    #[test]
    fn certificate_and_its_key_make_an_acceptor() {
        assert!(material().acceptor(HTTP_1).is_ok());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let (first, second) = (material(), material());
        let problem = |certificate: &[u8], key: &[u8]| {
            Material { certificate: certificate.to_vec(), key: key.to_vec() }.acceptor(HTTP_1).err().unwrap()
        };
        assert!(problem(&first.certificate, &second.key).contains("together"));
        assert!(problem(b"", &first.key).contains("together"));
        assert!(problem(&first.certificate, b"nonsense").contains("`tls_key`"));
    }
}
