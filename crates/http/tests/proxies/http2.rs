//! Sends a case over TLS and HTTP/2, if it can be told in it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::case::{Body, Case};
use super::support::raw::Reply;

/// Sends the case with this `Cookie` line, each cookie a field of its own as browsers do; `None` if HTTP/2 has no words for it.
pub(crate) fn send(address: SocketAddr, certificate: &CertificateDer<'static>, case: &Case, cookie: &str) -> Option<Reply> {
    let request = request(case, cookie)?;
    let name = ServerName::try_from(case.host).ok().filter(|_| CERTIFIED.iter().any(|end| case.host.ends_with(end)))?;
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = TcpStream::connect(address).await.unwrap();
        let Ok(stream) = connector(certificate).connect(name, stream).await else { return Some(closed()) };
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()), "the proxy does not speak HTTP/2");
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Some(match sender.send_request(request).await {
            Err(_) => closed(),
            Ok(response) => {
                let (parts, body) = response.into_parts();
                let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
                let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
                let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
                Reply { status: parts.status.as_u16(), headers, body, raw: Vec::new() }
            }
        })
    })
}

/// The connection ended without an answer.
fn closed() -> Reply {
    Reply { status: 0, headers: Vec::new(), body: Vec::new(), raw: Vec::new() }
}

fn request(case: &Case, cookie: &str) -> Option<Request<Full<Bytes>>> {
    let uri: Uri = format!("https://{}{}", case.host, case.target).parse().ok()?;
    let sent_as_it_is = uri.path_and_query().is_some_and(|target| target.as_str() == case.target);
    if !sent_as_it_is {
        return None;
    }
    let body = match case.body {
        Body::None => Bytes::new(),
        Body::Length(length) => vec![b'x'; length].into(),
        Body::Chunked(_) | Body::Trailers(_) => return None,
    };
    let mut request = Request::builder().method(case.method).uri(uri).body(Full::new(body)).ok()?;
    for line in format!("{cookie}{}", case.headers).split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ")?;
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        if OF_HTTP_1.contains(&name.as_str()) {
            return None;
        }
        let values: Vec<&str> = if name == "cookie" { value.split("; ").collect() } else { vec![value] };
        for value in values {
            request.headers_mut().append(name.clone(), HeaderValue::from_str(value).ok()?);
        }
    }
    Some(request)
}

fn connector(certificate: &CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// The names of the certificate.
pub(crate) const NAMES: [&str; 2] = ["app.example.com", "*.apps.example.com"];
const CERTIFIED: [&str; 2] = ["app.example.com", ".apps.example.com"];
/// Fields of a connection, which HTTP/2 has other words for (RFC 9113 §8.2.2).
const OF_HTTP_1: [&str; 6] = ["connection", "upgrade", "transfer-encoding", "content-length", "expect", "host"];
