//! TLS for a probe: a server is named apart from the address, and apart from the name whose certificate is believed.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, StreamOwned,
};

use super::{Timed, WireError};

/// How connections of one server are secured.
#[derive(Clone)]
pub(crate) struct Tls {
    config: Arc<ClientConfig>,
    /// The name sent in the handshake; of an address none is sent (RFC 6066 §3).
    name: ServerName<'static>,
    believes: Believes,
}

/// Whose certificates a connection takes, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Believes {
    Web,
    /// Those of authorities that the operator has named.
    Named,
    Anybody,
}

/// Whose certificates are believed.
#[derive(Clone, Debug)]
pub(crate) enum Trust {
    /// Those of the web's authorities.
    Web,
    /// Those that these authorities have signed, as PEM.
    Authorities(Vec<u8>),
    /// Anybody's. Only for what says nothing secret, or where the operator has said so.
    DangerAnybody,
}

/// The authorities or the name cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsError(String);

impl Tls {
    /// Trusts a certificate for `host` alone.
    ///
    /// # Errors
    /// The authorities are no PEM, or none, or the host is no name that a certificate can have.
    pub(crate) fn new(host: &str, trust: &Trust) -> Result<Self, TlsError> {
        let name = server_name(host)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match trust {
            Trust::DangerAnybody => Arc::new(Anybody(Arc::clone(&provider))),
            trust => {
                let verifier =
                    WebPkiServerVerifier::builder_with_provider(Arc::new(roots(trust)?), Arc::clone(&provider)).build();
                let inner = verifier.map_err(|error| TlsError(error.to_string()))?;
                Arc::new(Named { inner, name: name.clone() })
            }
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError(error.to_string()))?;
        let mut config = config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Each connection shakes hands for itself: a session that is taken up again would show nothing of the certificate.
        config.resumption = rustls::client::Resumption::disabled();
        let believes = match trust {
            Trust::Web => Believes::Web,
            Trust::Authorities(_) => Believes::Named,
            Trust::DangerAnybody => Believes::Anybody,
        };
        Ok(Self { config: Arc::new(config), name, believes })
    }

    pub(crate) const fn believes(&self) -> Believes {
        self.believes
    }

    /// The same server asked by another name in the handshake; what is believed stays.
    ///
    /// # Errors
    /// It is neither a name nor an address.
    pub(crate) fn calling(&self, host: &str) -> Result<Self, TlsError> {
        Ok(Self { name: server_name(host)?, ..self.clone() })
    }

    pub(super) fn connect(&self, mut stream: Timed) -> Result<StreamOwned<ClientConnection, Timed>, WireError> {
        let connection = ClientConnection::new(Arc::clone(&self.config), self.name.clone());
        let mut connection = connection.map_err(|error| WireError::Tls(error.to_string()))?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream).map_err(|error| handshake(&error))?;
        }
        Ok(StreamOwned::new(connection, stream))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Tls({:?})", self.name)
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for TlsError {}

/// A server that closes or resets during the handshake has refused it.
fn handshake(error: &io::Error) -> WireError {
    let refused = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    if let Some(refused @ Error::InvalidCertificate(_)) = refused {
        return WireError::Certificate(refused.to_string());
    }
    match WireError::of(error) {
        WireError::Broken(kind) => WireError::Tls(format!("the handshake was broken off: {kind}")),
        error => error,
    }
}

fn roots(trust: &Trust) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let Trust::Authorities(pem) = trust else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(roots);
    };
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| TlsError(format!("the authorities are no PEM: {error}")))?;
        roots.add(certificate).map_err(|error| TlsError(format!("an authority cannot be used: {error}")))?;
    }
    if roots.is_empty() { Err(TlsError("there is no certificate among the authorities".to_owned())) } else { Ok(roots) }
}

/// A name, or an address with or without the brackets of a URL.
fn server_name(host: &str) -> Result<ServerName<'static>, TlsError> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(bare.to_owned()).map_err(|_| TlsError(format!("`{host}` is no name that a certificate can have")))
}

/// Believes a certificate for one name, whichever name was called.
#[derive(Debug)]
struct Named {
    inner: Arc<WebPkiServerVerifier>,
    name: ServerName<'static>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _called: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.inner.verify_server_cert(certificate, intermediates, &self.name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Believes every certificate whose key has signed the handshake.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _called: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if certificate.is_empty() {
            return Err(CertificateError::BadEncoding.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;
    use std::time::Duration;

    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ServerConfig, ServerConnection};

    use super::super::{Endpoint, Patience, Request, Response};
    use super::*;

    /// A server with a certificate of its own for `app.test`, and how to ask it for the name it is called by.
    fn serve() -> (Endpoint, Vec<u8>, thread::JoinHandle<()>) {
        let made = rcgen::generate_simple_self_signed(["app.test".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let endpoint = Endpoint::plain(listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);
            let mut asked = [0; 2000];
            if stream.read(&mut asked).is_ok() {
                let name = stream.conn.server_name().unwrap_or("none").to_owned();
                stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len()).as_bytes()).unwrap();
            }
        });
        (endpoint, made.cert.pem().into_bytes(), server)
    }

    fn ask(trust: impl FnOnce(Vec<u8>) -> Trust, host: &str, called: &str) -> Result<Response, WireError> {
        let (mut endpoint, certificate, server) = serve();
        endpoint.tls = Some(Tls::new(host, &trust(certificate)).unwrap().calling(called).unwrap());
        let patience = Patience { connect: Duration::from_secs(5), answer: Duration::from_secs(5) };
        let outcome = endpoint.ask_once(&Request::new("GET", "/", host), patience);
        server.join().unwrap();
        outcome
    }

    #[test]
    fn named_authority_is_believed_for_the_named_host() {
        assert_eq!(ask(Trust::Authorities, "app.test", "app.test").unwrap().body, b"app.test");
        assert!(matches!(ask(Trust::Authorities, "other.test", "other.test"), Err(WireError::Certificate(_))));
    }

    #[test]
    fn name_that_is_called_changes_nothing_about_the_name_that_is_believed() {
        assert_eq!(ask(Trust::Authorities, "app.test", "other.test").unwrap().body, b"other.test");
        assert_eq!(ask(Trust::Authorities, "app.test", "127.0.0.1").unwrap().body, b"none");
        assert!(matches!(ask(Trust::Authorities, "other.test", "app.test"), Err(WireError::Certificate(_))));
    }

    #[test]
    fn strangers_are_believed_only_when_that_is_said() {
        assert!(matches!(ask(|_| Trust::Web, "app.test", "app.test"), Err(WireError::Certificate(_))));
        assert_eq!(ask(|_| Trust::DangerAnybody, "other.test", "other.test").unwrap().body, b"other.test");
    }

    #[test]
    fn authorities_that_are_none_are_refused() {
        for pem in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(Tls::new("app.test", &Trust::Authorities(pem.into())).is_err(), "{pem}");
        }
        assert!(Tls::new("a b", &Trust::Web).is_err() && Tls::new("[::1]", &Trust::Web).is_ok());
    }
}
