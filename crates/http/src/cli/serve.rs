//! `gatewright serve`: the forward-auth service.

use std::path::PathBuf;

use clap::Args;
use gatewright_http::{Log, ServeOptions};
use gatewright_issuer::{Live, Options};

use crate::cli::failure::{Failure, warn};
use crate::cli::find;
use crate::cli::verdicts::place;

/// Answers forward-auth requests until it is told to stop
///
/// SIGHUP or a changed file reloads the policy; a bad file keeps the old policy and says why. SIGTERM and SIGINT finish
/// what was begun and end the process. Every scalar of `[http]` can also be set as GATEWRIGHT_HTTP_<NAME>.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Serve {
    /// The policy file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen instead of `[http] listen`: ADDR:PORT or unix:PATH?mode=0660; may be repeated
    #[arg(long, value_name = "ADDR")]
    listen: Vec<String>,
    /// Where health, readiness and metrics are answered instead of `[http] admin`
    #[arg(long, value_name = "ADDR")]
    admin: Option<String>,
}

impl Serve {
    pub(crate) fn run(self) -> Result<u8, Failure> {
        let path = find::configuration(self.config.as_deref())?;
        let log = Log::stdout();
        let events = log.clone();
        let options = Options { watch: true, fetch: true, events: Box::new(move |event| events.event(&event)) };
        let live = Live::open(&path, options).map_err(|error| find::failure(&path, &error))?;
        let file = path.display().to_string();
        for warning in live.current().config.warnings() {
            warn(&format!("{}: {}", place(&file, warning.position()), warning.message()));
        }
        gatewright_http::serve(live, ServeOptions { listen: self.listen, admin: self.admin, log, ..ServeOptions::default() })
            .map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(0)
    }
}

const EXAMPLE: &str = "\
Examples:
  gatewright serve --config /etc/gatewright.toml
  gatewright serve --listen 127.0.0.1:4180 --listen 'unix:/run/gatewright.sock?mode=0660' --admin 127.0.0.1:4181

Exit code: 0 stopped by a signal, 1 it could not serve, 2 usage or configuration";
