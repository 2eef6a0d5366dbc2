//! A web server on loopback, with or without TLS, that answers what it is told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a server answers.
pub(crate) enum Answer {
    /// Status 200 and this body.
    Json(String),
    /// Exactly these bytes.
    Raw(Vec<u8>),
    /// Nothing, for as long as the test lasts.
    Silence,
}

type Handler = dyn Fn(&str) -> Answer + Send + Sync;

pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    requests: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Server {
    /// Answers plain http; `handler` gets the path.
    pub(crate) fn http(handler: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(TcpListener::bind("127.0.0.1:0").unwrap(), None, Arc::new(handler))
    }

    /// Answers plain http at an address that was free a moment ago.
    pub(crate) fn http_at(address: SocketAddr, handler: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(TcpListener::bind(address).unwrap(), None, Arc::new(handler))
    }

    /// Answers https for `localhost` with a certificate of this authority.
    pub(crate) fn https(authority: &Authority, handler: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(TcpListener::bind("127.0.0.1:0").unwrap(), Some(authority.server()), Arc::new(handler))
    }

    fn start(listener: TcpListener, tls: Option<Arc<ServerConfig>>, handler: Arc<Handler>) -> Self {
        let address = listener.local_addr().unwrap();
        let (requests, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let server = Self { address, scheme, requests: Arc::clone(&requests), stop: Arc::clone(&stop) };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (tls, handler, requests) = (tls.clone(), Arc::clone(&handler), Arc::clone(&requests));
                std::thread::spawn(move || match tls {
                    None => answer(stream, &*handler, &requests),
                    Some(tls) => answer(StreamOwned::new(ServerConnection::new(tls).unwrap(), stream), &*handler, &requests),
                });
            }
        });
        server
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of a path; over https the host is `localhost`, which the certificate names.
    pub(crate) fn url(&self, path: &str) -> String {
        let host = if self.scheme == "https" { "localhost" } else { "127.0.0.1" };
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }

    /// Returns how many requests came in.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

/// Answers one request and closes. Errors are the client's business here.
fn answer(stream: impl Read + Write, handler: &Handler, requests: &AtomicUsize) {
    let mut stream = BufReader::new(stream);
    let mut path = None;
    loop {
        let mut line = String::new();
        match stream.read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line == "\r\n" => break,
            Ok(_) => path = path.or_else(|| line.split(' ').nth(1).map(str::to_owned)),
        }
    }
    requests.fetch_add(1, Ordering::SeqCst);
    let bytes = match handler(&path.unwrap_or_default()) {
        Answer::Raw(bytes) => bytes,
        Answer::Json(body) => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes(),
        Answer::Silence => return std::thread::sleep(Duration::from_secs(60)),
    };
    let _ = stream.get_mut().write_all(&bytes).and_then(|()| stream.get_mut().flush());
}

/// A private certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Each authority has a name of its own, so that one is never taken for another.
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("authority {}", NEXT.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Returns its certificate, as a `ca_file` holds it.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    fn server(&self) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Arc::new(config)
    }
}
