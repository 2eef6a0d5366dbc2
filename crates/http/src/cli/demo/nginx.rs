//! nginx in front of the sample backend: found, configured in a temporary prefix, started without root, stopped.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::demo::folder::Folder;
use crate::cli::failure::Failure;

/// Whether nginx should stand in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// If it is installed.
    IfInstalled,
    /// In no case.
    No,
}

impl Wanted {
    /// Reads the flag `--without-nginx`.
    pub(crate) fn new(without: bool) -> Self {
        if without { Self::No } else { Self::IfInstalled }
    }
}

/// A running nginx; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    port: u16,
}

impl Nginx {
    /// Starts nginx on a free port, with everything it writes inside `folder`.
    ///
    /// # Errors
    /// nginx does not start; the text holds what it said.
    pub(crate) fn start(program: &Path, folder: &Folder, gate: SocketAddr, backend: SocketAddr) -> Result<Self, Failure> {
        let mut reason = String::new();
        for _ in 0..ATTEMPTS {
            let port = free_port().map_err(|error| Failure::Failed(format!("no free port: {error}")))?;
            folder.write("nginx.conf", &configuration(port, gate, backend))?;
            match launch(program, folder, port) {
                Ok(nginx) => return Ok(nginx),
                Err(said) => reason = said,
            }
            // Somebody else may have taken the port in between; for any other cause another port is no help.
            if !reason.contains("bind()") {
                break;
            }
        }
        let program = program.display();
        Err(Failure::Failed(format!("{program} does not start; `--without-nginx` leaves it out\n{}", reason.trim_end())))
    }

    /// Returns the port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A child that is gone already is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks for nginx on PATH, then where distributions put it for root only.
pub(crate) fn find() -> Option<PathBuf> {
    find_in(&std::env::var_os("PATH").unwrap_or_default())
}

fn find_in(path: &OsStr) -> Option<PathBuf> {
    let name = format!("nginx{}", std::env::consts::EXE_SUFFIX);
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    let folders = folders.chain(ROOT_ONLY.iter().map(PathBuf::from));
    folders.map(|folder| folder.join(&name)).find(|program| program.is_file())
}

fn launch(program: &Path, folder: &Folder, port: u16) -> Result<Nginx, String> {
    let said = folder.path().join("nginx.stderr");
    let stderr = File::create(&said).map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn().map_err(|error| error.to_string())?;
    let mut nginx = Nginx { child, port };
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Ok(Some(_)) = nginx.child.try_wait() {
            return Err(std::fs::read_to_string(said).unwrap_or_default());
        }
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(nginx);
        }
        thread::sleep(STEP);
    }
    Err(format!("it does not listen after {} seconds", PATIENCE.as_secs()))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Writes the configuration; every path in it is relative to the prefix.
fn configuration(port: u16, gate: SocketAddr, backend: SocketAddr) -> String {
    format!(
        "\
# One process that stays in the foreground and never changes its user: a demo, nothing to copy.
daemon off;
master_process off;
pid nginx.pid;
error_log nginx.log;
events {{}}

http {{
    access_log off;
    client_body_temp_path temp-body;
    proxy_temp_path temp-proxy;
    fastcgi_temp_path temp-fastcgi;
    uwsgi_temp_path temp-uwsgi;
    scgi_temp_path temp-scgi;

    # From here on it is what you would write.
    server {{
        listen 127.0.0.1:{port};
        server_name localhost;

        # Only nginx itself may ask.
        location = /auth/verify {{
            internal;
            proxy_pass http://{gate}/auth/verify;
            proxy_pass_request_body off;
            proxy_set_header Content-Length \"\";
            proxy_set_header Host $host;
            proxy_set_header X-Original-URI $request_uri;
            proxy_set_header X-Original-Method $request_method;
            proxy_set_header Cookie $http_cookie;
        }}

        location / {{
            auth_request /auth/verify;
            auth_request_set $user $upstream_http_x_user;
            auth_request_set $email $upstream_http_x_email;
            auth_request_set $groups $upstream_http_x_groups;

            # An empty value removes the header, the client's own copy too.
            proxy_set_header X-User $user;
            proxy_set_header X-Email $email;
            proxy_set_header X-Groups $groups;
            proxy_set_header Host $host;
            proxy_pass http://{backend};
        }}
    }}
}}
"
    )
}

/// Debian gives only root a PATH with these.
const ROOT_ONLY: [&str; 2] = ["/usr/local/sbin", "/usr/sbin"];
const ATTEMPTS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> String {
        configuration(1, SocketAddr::from(([127, 0, 0, 1], 2)), SocketAddr::from(([127, 0, 0, 1], 3)))
    }

    #[test]
    fn the_configuration_closes_what_it_opens() {
        let count = |character| text().chars().filter(|found| *found == character).count();
        assert_eq!(count('{'), count('}'));
    }

    #[test]
    fn the_auth_location_is_internal_and_every_other_location_asks() {
        let text = text();
        assert!(text.contains("location = /auth/verify {\n            internal;"), "{text}");
        assert_eq!(text.matches("location ").count(), text.matches("auth_request /auth/verify;").count() + 1);
    }

    #[test]
    fn a_relative_folder_of_path_is_not_searched() {
        let found = find_in(OsStr::new("bin:."));
        assert!(found.is_none_or(|program| program.is_absolute()));
    }
}
