//! An nginx that answers on sockets in a folder of its own.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::nginx::{Configuration, Disk};

const NGINX: &str = "/usr/sbin/nginx";

/// How long it may take to start, or to answer.
const LIMIT: Duration = Duration::from_secs(10);

/// A folder, and the nginx that runs in it.
pub(super) struct Nginx {
    folder: PathBuf,
    child: Option<Child>,
}

impl Nginx {
    /// `None` where nginx is not installed; `GATEWRIGHT_REQUIRE_PROXIES` makes that a failure.
    pub(super) fn new(name: &str) -> Option<Self> {
        if !Path::new(NGINX).exists() {
            assert!(std::env::var_os("GATEWRIGHT_REQUIRE_PROXIES").is_none(), "nginx is not installed");
            eprintln!("skipped: nginx is not installed");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("nginx-model-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Some(Self { folder, child: None })
    }

    /// The socket of a number.
    pub(super) fn socket(&self, number: usize) -> String {
        format!("{}/{number}", self.folder.display())
    }

    /// Starts with what is to stand in `http`, which is also returned as the model takes it, and waits until it answers.
    pub(super) fn start(&mut self, http: &str) -> Configuration {
        let folder = self.folder.display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary: String = temporary.iter().map(|what| format!("{what}_temp_path {folder}/{what};\n")).collect();
        let text = format!(
            "daemon off; master_process off; pid {folder}/pid; error_log {folder}/error crit;\n\
             events {{ worker_connections 1024; }}\n\
             http {{\naccess_log off; root {folder}/none; server_names_hash_max_size 8192; server_names_hash_bucket_size 256;\n\
             {temporary}{http}}}\n"
        );
        let main = self.folder.join("main");
        fs::write(&main, text).unwrap();
        let said = fs::File::create(self.folder.join("said")).unwrap();
        let mut command = Command::new(NGINX);
        command.arg("-p").arg(&self.folder).arg("-c").arg(&main);
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn().unwrap());
        let limit = Instant::now() + LIMIT;
        while UnixStream::connect(self.socket(0)).is_err() {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < limit, "{}", self.said());
            std::thread::yield_now();
        }
        // The other sockets are there once it answers.
        self.ask(0, "", "/");
        Configuration::load(main.as_os_str().as_encoded_bytes(), &Disk).unwrap()
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.join("said")).unwrap()
    }

    /// What is answered on a socket to a request for a host, or none: the status, the head and the body.
    pub(super) fn ask(&self, socket: usize, host: &str, path: &str) -> (u16, String, String) {
        let mut stream = UnixStream::connect(self.socket(socket)).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let host = if host.is_empty() { String::new() } else { format!("Host: {host}\r\n") };
        write!(stream, "GET {path} HTTP/1.0\r\n{host}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), head.to_owned(), body.to_owned())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}
