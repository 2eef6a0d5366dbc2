//! TLS on the auth listener.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;

use support::gate::{Gate, POLICY};
use support::raw::{connect, exchange, read_reply};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const QUESTION: &[u8] =
    b"GET /auth/verify HTTP/1.1\r\nHost: app.example.com\r\nX-Original-Method: GET\r\nX-Original-URI: /public/a\r\n\r\n";

fn gate_with_certificate(folder: &std::path::Path) -> (Gate, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["gate.example.com".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let http = format!("[http]\ntls_cert = \"{}\"\ntls_key = \"{}\"\n", certificate.display(), key.display());
    (Gate::start_on(&format!("{POLICY}{http}"), &["127.0.0.1:0"]), made.cert.der().clone())
}

#[test]
fn question_over_tls_is_answered_and_plain_text_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (gate, certificate) = gate_with_certificate(folder.path());
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("gate.example.com").unwrap();
    let mut stream: StreamOwned<ClientConnection, TcpStream> =
        StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), connect(gate.address()));
    for _ in 0..2 {
        stream.write_all(QUESTION).unwrap();
        assert_eq!(read_reply(&mut stream).status, 200);
    }
    assert_eq!(exchange_lossy(&gate), 0);
}

/// The status of a question in plain text; a TLS alert is none.
fn exchange_lossy(gate: &Gate) -> u16 {
    let mut stream = connect(gate.address());
    stream.write_all(QUESTION).unwrap();
    let mut answer = Vec::new();
    let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
    u16::from(answer.starts_with(b"HTTP/"))
}

#[test]
fn admin_listener_stays_plain() {
    let folder = tempfile::tempdir().unwrap();
    let (gate, _) = gate_with_certificate(folder.path());
    assert_eq!(exchange(gate.admin(), b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
}
