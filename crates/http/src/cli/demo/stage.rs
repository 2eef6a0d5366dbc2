//! Everything the demo runs, in the order it is taken down again.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gatewright_http::{Log, ServeOptions, Server};
use gatewright_issuer::{Live, Options};

use crate::cli::demo::backend;
use crate::cli::demo::cookies::{self, Cookie};
use crate::cli::demo::folder::Folder;
use crate::cli::demo::nginx::{self, Nginx, Wanted};
use crate::cli::failure::Failure;
use crate::cli::{find, key};

/// The running demo. The fields are dropped in this order: nginx before the gate, the folder last.
#[derive(Debug)]
pub(crate) struct Stage {
    nginx: Option<(Nginx, PathBuf)>,
    _server: Server,
    gate: SocketAddr,
    backend: SocketAddr,
    policy: PathBuf,
    cookie: String,
    cookies: [Cookie; 3],
    _folder: Folder,
}

/// Whom the curl lines talk to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Door<'s> {
    /// nginx, which asks the gate and then the backend.
    Nginx {
        /// Its port on the loopback address.
        port: u16,
        /// The program that was found.
        program: &'s Path,
    },
    /// The gate itself.
    Gate,
}

impl Stage {
    /// Starts the backend, the gate, and nginx if it is wanted and there.
    pub(crate) fn set(nginx: Wanted, quiet: bool) -> Result<Self, Failure> {
        let folder = Folder::new()?;
        folder.write("session.key", &key::new_secret()?)?;
        let policy = folder.write("gatewright.toml", POLICY)?;
        let backend = backend::start().map_err(|error| Failure::Failed(format!("the sample backend does not start: {error}")))?;

        // Standard error, so that the lines to copy can be told from the log.
        let log = if quiet { Log::none() } else { Log::text(io::stderr()) };
        let events = log.clone();
        let options = Options { watch: true, fetch: false, events: Box::new(move |event| events.event(&event)) };
        let live = Live::open(&policy, options).map_err(|error| find::failure(&policy, &error))?;
        let state = live.current();
        let cookies = cookies::mint(&state.authorizer, gatewright_issuer::now())?;
        let cookie = state.authorizer.session_cookie().unwrap_or_default().to_owned();
        drop(state);

        let options = ServeOptions { listen: vec!["127.0.0.1:0".to_owned()], log, ..ServeOptions::default() };
        let server = Server::start(live, options).map_err(|error| Failure::Failed(error.to_string()))?;
        let gate = server.addresses().iter().find_map(|address| address.tcp());
        let gate = gate.ok_or_else(|| Failure::Failed("the gate has no address".to_owned()))?;
        let program = if nginx == Wanted::IfInstalled { nginx::find() } else { None };
        let nginx =
            program.map(|program| Nginx::start(&program, &folder, gate, backend).map(|nginx| (nginx, program))).transpose()?;
        Ok(Self { nginx, _server: server, gate, backend, policy, cookie, cookies, _folder: folder })
    }

    /// Returns whom the lines talk to.
    pub(crate) fn door(&self) -> Door<'_> {
        match &self.nginx {
            Some((nginx, program)) => Door::Nginx { port: nginx.port(), program },
            None => Door::Gate,
        }
    }

    /// Returns where the gate listens.
    pub(crate) fn gate(&self) -> SocketAddr {
        self.gate
    }

    /// Returns where the backend listens.
    pub(crate) fn backend(&self) -> SocketAddr {
        self.backend
    }

    /// Returns the policy file.
    pub(crate) fn policy(&self) -> &Path {
        &self.policy
    }

    /// Returns the session cookie's name.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Returns the cookies that were minted.
    pub(crate) fn cookies(&self) -> &[Cookie] {
        &self.cookies
    }
}

const POLICY: &str = include_str!("policy.toml");
