//! A request through nginx that asks the gate, against the same nginx that asks a bare hyper server, and one that asks itself.
//!
//! All three answer in the same place: over TCP on loopback or over a unix socket, connections kept open. One round is a few thousand
//! requests to each in turn; its figures are requests per second, and the processor time that nginx's worker and whoever it asked
//! took for one request. Needs nginx, and stops all that it starts.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use benches::median;
use bytes::Bytes;
use gatewright::{SessionClaims, UnixTime};
use gatewright_http::{Log, ServeOptions, Server};
use gatewright_issuer::{Live, Options};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Response, body::Incoming};
use hyper_util::rt::TokioIo;

#[expect(clippy::print_stdout, reason = "a benchmark's output")]
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("gate") => serve_gate(&arguments[2]),
        Some("hyper") => serve_hyper(&arguments[2]),
        _ => {}
    }
    let rounds = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS);
    let folder = Folder::new();
    let bench = Bench::start(&folder.0);
    for transport in ["tcp", "unix"] {
        println!("{}", bench.measure(transport, rounds));
    }
}

/// Whom nginx asks, and what the client shows.
#[derive(Clone, Copy)]
struct Variant {
    name: &'static str,
    /// Who answers: the part of the location's name.
    who: &'static str,
    credential: Credential,
}

#[derive(Clone, Copy)]
enum Credential {
    Session,
    Token,
}

const VARIANTS: [Variant; 4] = [
    Variant { name: "nginx, `return 204`", who: "nginx", credential: Credential::Session },
    Variant { name: "bare hyper", who: "hyper", credential: Credential::Session },
    Variant { name: "gatewright, session", who: "gate", credential: Credential::Session },
    Variant { name: "gatewright, token", who: "gate", credential: Credential::Token },
];

struct Bench {
    address: SocketAddr,
    nginx: Running,
    gate: Running,
    hyper: Running,
    cookie: String,
    token: String,
}

/// What one variant did in one round.
struct Figures {
    per_second: f64,
    /// Microseconds of processor time for one request: nginx's worker and whoever it asked.
    time: f64,
}

impl Bench {
    fn start(folder: &Path) -> Self {
        std::fs::write(folder.join("gatewright.toml"), POLICY).unwrap();
        let gate = Running::ourselves("gate", folder);
        let hyper = Running::ourselves("hyper", folder);
        let address = free_address();
        std::fs::write(folder.join("nginx.conf"), configuration(folder, address)).unwrap();
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")).args(["-e", "error.log"]);
        let nginx = Running::start(command);
        wait_for(|| TcpStream::connect(address).is_ok());
        let live = Live::from_text(POLICY, folder, Options { watch: false, fetch: false, ..Options::default() }).unwrap();
        let state = live.current();
        let claims = SessionClaims::new("sid-1", "alice").with_groups(["staff"]);
        let now = gatewright_issuer::now();
        let cookie = state.authorizer.seal_session(&claims, now).unwrap();
        Self { address, nginx, gate, hyper, cookie: format!("Cookie: __Host-gatewright={cookie}"), token: token(now) }
    }

    fn measure(&self, transport: &str, rounds: usize) -> String {
        let mut figures: Vec<Vec<Figures>> = VARIANTS.iter().map(|_| Vec::new()).collect();
        for variant in VARIANTS {
            self.round(transport, variant, REQUESTS / 4); // warms up
        }
        for round in 0..rounds {
            for offset in 0..VARIANTS.len() {
                let index = (round + offset) % VARIANTS.len();
                figures[index].push(self.round(transport, VARIANTS[index], REQUESTS));
            }
        }
        table(transport, &figures)
    }

    fn round(&self, transport: &str, variant: Variant, requests: usize) -> Figures {
        let credential = match variant.credential {
            Credential::Session => &self.cookie,
            Credential::Token => &self.token,
        };
        let head = format!(
            "GET /{transport}-{} HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: bench\r\nAccept: */*\r\n{credential}\r\n\r\n",
            variant.who
        );
        let before = self.time();
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(|| send(self.address, head.as_bytes(), requests / CONNECTIONS));
            }
        });
        let taken = started.elapsed().as_secs_f64();
        let count = (requests / CONNECTIONS * CONNECTIONS) as f64;
        Figures { per_second: count / taken, time: (self.time() - before) / count }
    }

    /// The processor time of all servers, in microseconds.
    fn time(&self) -> f64 {
        [&self.nginx, &self.gate, &self.hyper].iter().map(|running| running.time()).sum()
    }
}

/// Sends the request so many times on one connection, each after the answer to the one before.
fn send(address: SocketAddr, head: &[u8], requests: usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = [0; 4096];
    for _ in 0..requests {
        stream.write_all(head).unwrap();
        let mut length = 0;
        // The answer is a picture of 43 bytes, behind a head.
        while buffer[..length].windows(4).position(|end| end == b"\r\n\r\n").is_none_or(|end| length < end + 4 + 43) {
            let read = stream.read(&mut buffer[length..]).unwrap();
            assert!(read > 0, "nginx closed the connection: {}", buffer[..length].escape_ascii());
            length += read;
            assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", buffer[..length].escape_ascii());
        }
    }
}

fn table(transport: &str, figures: &[Vec<Figures>]) -> String {
    let ratio = |of: usize, to: usize, what: fn(&Figures) -> f64| {
        median(figures[of].iter().zip(&figures[to]).map(|(of, to)| what(of) / what(to)).collect())
    };
    let middle = |of: usize, what: fn(&Figures) -> f64| median(figures[of].iter().map(what).collect());
    let per_second: fn(&Figures) -> f64 = |figures| figures.per_second;
    let time: fn(&Figures) -> f64 = |figures| figures.time;
    let mut text = format!(
        "over {transport}, {CONNECTIONS} connections, {} rounds of {REQUESTS} requests\n\
         {:<24}{:>12}{:>14}{:>22}{:>22}\n",
        figures[0].len(),
        "nginx asks",
        "requests/s",
        "CPU/request",
        "against bare hyper",
        "against nginx itself"
    );
    for (index, variant) in VARIANTS.iter().enumerate() {
        writeln!(
            text,
            "{:<24}{:>12.0}{:>11.1} µs{:>12.2}x {:>6.2}x{:>13.2}x {:>6.2}x",
            variant.name,
            middle(index, per_second),
            middle(index, time),
            ratio(index, 1, per_second),
            ratio(index, 1, time),
            ratio(index, 0, per_second),
            ratio(index, 0, time),
        )
        .unwrap();
    }
    text + "(of each pair: requests per second, then CPU per request)\n"
}

/// A process that is ended by its id.
struct Running(Child);

impl Running {
    fn start(mut command: Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Starts this program again as a server on `<role>.sock` and on a port that it writes to `<role>.port`.
    fn ourselves(role: &str, folder: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(role).arg(folder);
        let running = Self::start(command);
        wait_for(|| folder.join(format!("{role}.port")).exists());
        running
    }

    /// The processor time of all its threads and of its children's, in microseconds.
    fn time(&self) -> f64 {
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.0.id())).unwrap_or_default();
        let processes = children.split_whitespace().map(str::to_owned).chain([self.0.id().to_string()]);
        processes.map(|process| time_of(&process)).sum()
    }
}

fn time_of(process: &str) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let nanoseconds = tasks.flatten().filter_map(|task| {
        let schedstat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        schedstat.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1_000.0
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// A folder that goes away.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("gatewright-bench-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The gate, as `gatewright serve` runs it.
fn serve_gate(folder: &str) -> ! {
    let folder = Path::new(folder);
    let live = Live::open(&folder.join("gatewright.toml"), Options { watch: false, fetch: false, ..Options::default() }).unwrap();
    let socket = format!("unix:{}", folder.join("gate.sock").display());
    let options = ServeOptions { listen: vec!["127.0.0.1:0".to_owned(), socket], log: Log::none(), ..ServeOptions::default() };
    let server = Server::start(live, options).unwrap();
    let port = server.addresses().iter().find_map(|address| address.tcp()).unwrap().port();
    announce(folder, "gate", port)
}

/// A server of hyper alone that answers 200 to everything, on as many threads as the gate has.
fn serve_hyper(folder: &str) -> ! {
    let folder = Path::new(folder);
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let unix = UnixListener::bind(folder.join("hyper.sock")).unwrap();
    let port = tcp.local_addr().unwrap().port();
    tcp.set_nonblocking(true).unwrap();
    unix.set_nonblocking(true).unwrap();
    for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
        let (tcp, unix) = (tcp.try_clone().unwrap(), unix.try_clone().unwrap());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (tcp, unix) =
                    (tokio::net::TcpListener::from_std(tcp).unwrap(), tokio::net::UnixListener::from_std(unix).unwrap());
                loop {
                    tokio::select! {
                        Ok((stream, _)) = tcp.accept() => { let _ = stream.set_nodelay(true); drop(tokio::spawn(answer(stream))) }
                        Ok((stream, _)) = unix.accept() => drop(tokio::spawn(answer(stream))),
                    }
                }
            });
        });
    }
    announce(folder, "hyper", port)
}

async fn answer(stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) {
    let service = service_fn(async |_: hyper::Request<Incoming>| {
        let response = Response::builder().header("content-length", "0").body(Full::<Bytes>::default());
        Ok::<_, std::convert::Infallible>(response.unwrap())
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Says where it listens, and stays until it is ended.
fn announce(folder: &Path, role: &str, port: u16) -> ! {
    let part = folder.join(format!("{role}.part"));
    std::fs::write(&part, port.to_string()).unwrap();
    std::fs::rename(part, folder.join(format!("{role}.port"))).unwrap();
    loop {
        std::thread::park();
    }
}

fn wait_for(done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(20), "a server does not come up");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// One server block; a location for each transport and each of those who are asked.
fn configuration(folder: &Path, address: SocketAddr) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let itself = free_address();
    let (mut upstreams, mut locations) = (String::new(), String::new());
    for who in ["nginx", "hyper", "gate"] {
        let port = match who {
            "nginx" => itself.to_string(),
            who => format!("127.0.0.1:{}", std::fs::read_to_string(folder.join(format!("{who}.port"))).unwrap()),
        };
        let socket = format!("unix:{}", folder.join(format!("{who}.sock")).display());
        for (transport, server) in [("tcp", port), ("unix", socket)] {
            writeln!(upstreams, "upstream {transport}-{who} {{ server {server}; keepalive 32; }}").unwrap();
            write!(
                locations,
                "location = /{transport}-{who} {{ auth_request /ask-{transport}-{who}; empty_gif; }}\n\
                 location = /ask-{transport}-{who} {{\ninternal;\nproxy_pass http://{transport}-{who}/auth/verify;\nproxy_http_version 1.1;\n\
                 proxy_set_header Connection \"\";\nproxy_pass_request_body off;\nproxy_set_header Content-Length \"\";\n\
                 proxy_set_header Host $host;\nproxy_set_header X-Original-URI $request_uri;\n\
                 proxy_set_header X-Original-Method $request_method;\n}}\n"
            )
            .unwrap();
        }
    }
    let user = if std::fs::metadata(folder).unwrap().uid() == 0 { "user root;" } else { "" };
    format!(
        "daemon off;\n{user}\nworker_processes 1;\npid nginx.pid;\nerror_log error.log crit;\nevents {{ worker_connections 512; }}\nhttp {{\n\
         access_log off;\nkeepalive_requests 1000000;\n\
         client_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path fastcgi;\nuwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n{upstreams}\
         server {{ listen {itself}; listen unix:{0}/nginx.sock; return 204; }}\n\
         server {{ listen {address}; server_name app.example.com;\n{locations}}}\n}}\n",
        folder.display()
    )
}

/// A token of `login.example.com` that is good for an hour.
fn token(now: UnixTime) -> String {
    let claims = serde_json::json!({
        "iss": "https://login.example.com", "aud": "app", "sub": "alice", "groups": ["staff"], "exp": now.as_secs() + 3600
    });
    let key = jsonwebtoken::EncodingKey::from_secret(KEY.as_bytes());
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    format!("Authorization: Bearer {}", jsonwebtoken::encode(&header, &claims, &key).unwrap())
}

const KEY: &str = "0123456789abcdef0123456789abcdef";
const POLICY: &str = r#"
version = 1
[session]
keys = ["0123456789abcdef0123456789abcdef"]
[[issuer]]
issuer = "https://login.example.com"
audiences = ["app"]
algorithms = ["HS256"]
keys = { secret = "0123456789abcdef0123456789abcdef" }
[identity_headers]
X-User = "subject"
[[rule]]
id = "members"
hosts = ["app.example.com"]
allow = "authenticated"
"#;
const CONNECTIONS: usize = 16;
const REQUESTS: usize = 4_000;
const ROUNDS: usize = 15;
