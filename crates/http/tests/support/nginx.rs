//! A real nginx with a temporary prefix, without root, ended by its process id.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::raw::{Reply, connect, read_reply};

/// Returns whether nginx is installed. Where it is not, the tests say so and pass; `GATEWRIGHT_REQUIRE_PROXIES` makes that a failure.
pub(crate) fn is_installed() -> bool {
    let installed = Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    assert!(installed || std::env::var_os("GATEWRIGHT_REQUIRE_PROXIES").is_none(), "nginx is not installed");
    if !installed {
        eprintln!("skipped: nginx is not installed");
    }
    installed
}

pub(crate) struct Nginx {
    pub(crate) address: SocketAddr,
    certificate: CertificateDer<'static>,
    child: Child,
    _folder: TempDir,
}

/// What differs from the article's server block.
#[derive(Clone, Copy)]
pub(crate) struct Setup<'s> {
    /// `127.0.0.1:4180`, or `unix:/path/to.sock`.
    pub(crate) gate: &'s str,
    pub(crate) backend: SocketAddr,
    /// Lines inside `location /`.
    pub(crate) location: &'s str,
    /// Lines inside the location that asks the gate.
    pub(crate) auth: &'s str,
    /// Lines inside the server block.
    pub(crate) server: &'s str,
}

impl Nginx {
    /// Starts nginx with the article's server block: its ports, names and certificates replaced, `more` inside `location /`, and
    /// `locations` beside it.
    pub(crate) fn start(gate: SocketAddr, backend: SocketAddr, more: &str, locations: &str) -> Self {
        Self::start_as(Setup { gate: &gate.to_string(), backend, location: more, auth: "", server: locations })
    }

    /// Starts nginx with the article's server block, its ports, names and certificates replaced, and what the setup adds.
    pub(crate) fn start_as(setup: Setup<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["app.example.com".to_owned()]).unwrap();
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        std::fs::create_dir(folder.path().join("logs")).unwrap();
        let address = free_address();
        let config = configuration(folder.path(), address, setup);
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, config).unwrap();
        let child = Command::new("nginx")
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .args(["-e", "logs/error.log"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut nginx = Self { address, certificate: made.cert.der().clone(), child, _folder: folder };
        nginx.wait_until_up();
        nginx
    }

    /// The certificate that it shows, and that has signed itself.
    pub(crate) fn certificate_pem(&self) -> String {
        std::fs::read_to_string(self._folder.path().join("cert.pem")).unwrap()
    }

    fn wait_until_up(&mut self) {
        let started = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            assert!(self.child.try_wait().unwrap().is_none(), "nginx has ended: {}", self.error_log());
            assert!(started.elapsed() < Duration::from_secs(20), "nginx does not come up: {}", self.error_log());
            thread::yield_now();
        }
    }

    fn error_log(&self) -> String {
        std::fs::read_to_string(self._folder.path().join("logs/error.log")).unwrap_or_default()
    }

    /// Opens a TLS connection that trusts this nginx alone.
    pub(crate) fn connect(&self) -> StreamOwned<ClientConnection, TcpStream> {
        self.connect_as(None)
    }

    /// The same, with a client's certificate.
    pub(crate) fn connect_as(
        &self,
        client: Option<&rcgen::CertifiedKey<rcgen::KeyPair>>,
    ) -> StreamOwned<ClientConnection, TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match client {
            None => config.with_no_client_auth(),
            Some(client) => {
                let key = PrivateKeyDer::try_from(client.signing_key.serialize_der()).unwrap();
                config.with_client_auth_cert(vec![client.cert.der().clone()], key).unwrap()
            }
        };
        let name = ServerName::try_from("app.example.com").unwrap();
        StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), connect(self.address))
    }

    /// Sends a request to app.example.com with more header lines (each ending in CR LF).
    pub(crate) fn request(&self, method: &str, target: &str, more: &str, body: &[u8]) -> Reply {
        Self::exchange(self.connect(), method, target, more, body)
    }

    /// Sends a GET with a client's certificate.
    pub(crate) fn get_as(&self, client: &rcgen::CertifiedKey<rcgen::KeyPair>, target: &str, more: &str) -> Reply {
        Self::exchange(self.connect_as(Some(client)), "GET", target, more, b"")
    }

    fn exchange(
        mut stream: StreamOwned<ClientConnection, TcpStream>,
        method: &str,
        target: &str,
        more: &str,
        body: &[u8],
    ) -> Reply {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n{more}");
        if !body.is_empty() {
            write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let _ = stream.write_all(body); // an answer may come before the end
        let _ = stream.flush();
        read_reply(&mut Patient(stream))
    }

    pub(crate) fn get(&self, target: &str, more: &str) -> Reply {
        self.request("GET", target, more, b"")
    }
}

/// Takes an unclean end of TLS for an end.
struct Patient(StreamOwned<ClientConnection, TcpStream>);

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(0),
            other => other,
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status(); // TERM: the workers go with the master
        let _ = self.child.wait();
    }
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The article's server block as printed; only the addresses, the certificate's place and the name of the listening port differ,
/// and what the setup adds.
fn configuration(folder: &Path, listen: SocketAddr, setup: Setup<'_>) -> String {
    let Setup { gate, backend, location, auth, server: more } = setup;
    // Between the path of a socket and the path of a request nginx wants a colon.
    let gate = if gate.starts_with("unix:") { format!("{gate}:") } else { gate.to_owned() };
    let server = ARTICLE
        .replace("listen 443 ssl;", &format!("listen {listen} ssl;"))
        .replace("/etc/ssl/certs/app.example.com.pem", &folder.join("cert.pem").display().to_string())
        .replace("/etc/ssl/private/app.example.com.key", &folder.join("key.pem").display().to_string())
        .replace("127.0.0.1:4180", &gate)
        .replace("127.0.0.1:8080", &backend.to_string())
        .replace(
            "        # The auth service doesn't need",
            &format!("        {WITNESS}\n        {auth}\n        # The auth service doesn't need"),
        )
        .replace("auth_request /auth/verify;", &format!("auth_request /auth/verify;\n        {WITNESS}\n        {location}"));
    let (server, end) = server.trim_end().split_at(server.trim_end().len() - 1);
    // Root's workers would be nobody, who may not enter the folder.
    let user = if std::fs::metadata(folder).unwrap().uid() == 0 { "user root;" } else { "" };
    format!(
        "daemon off;\n{user}\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log logs/error.log info;\nevents {{ worker_connections 256; }}\nhttp {{\n\
         access_log off;\nclient_max_body_size 64m;\n\
         client_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\nfastcgi_temp_path {folder}/fastcgi;\n\
         uwsgi_temp_path {folder}/uwsgi;\nscgi_temp_path {folder}/scgi;\n{server}\n{more}\n{end}\n}}\n",
        folder = folder.display(),
    )
}

/// Tells gate and backend which request it is, so that a test can see that nothing came without an allow.
pub(crate) const WITNESS: &str = "proxy_set_header X-Request-ID $request_id;";
/// The configuration that countless sites have copied, as it is printed.
const ARTICLE: &str = include_str!("article.conf");
