//! `gatewright prove --rig`: the proxy's configuration, run on this machine between a gate and applications of our own.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use gatewright_prove::nginx::Files as _;
use gatewright_prove::prove::Strictness;
use gatewright_prove::{Intent, RigError, rig};

use super::interrupted::{Ended, INTERRUPTED};
use super::output::Output;
use crate::cli::configuration::{Configurations, unreadable};
use crate::cli::failure::{Failure, complain};

/// What is run.
#[derive(Debug, Args)]
pub(super) struct Rig {
    /// A configuration of nginx, Caddy, Traefik, Envoy or HAProxy, with all it includes; `-` is standard input, as of `nginx -T`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["Credentials", "Deployment", "Limits"])]
    rig: Option<PathBuf>,
    /// The proxy that runs it [default: the one on the path]
    #[arg(long, value_name = "FILE", requires = "rig")]
    program: Option<PathBuf>,
}

impl Rig {
    pub(super) const fn is_wanted(&self) -> bool {
        self.rig.is_some()
    }

    pub(super) fn run(
        self,
        intent: Intent<'_>,
        output: &Output,
        strictness: Strictness,
        out: &mut dyn Write,
    ) -> Result<u8, Failure> {
        let name = self.rig.unwrap_or_default();
        let configurations = Configurations::open(std::slice::from_ref(&name), COMMAND)?;
        let bytes = name.as_os_str().as_encoded_bytes();
        // Before the files of the report are emptied.
        configurations.read(bytes).map_err(|kind| unreadable(&name, kind, COMMAND))?;
        if let Some(program) = self.program.as_deref().filter(|program| !program.is_file()) {
            return Err(Failure::Usage(format!("`--program {}` is no file", program.display())));
        }
        let files = output.open()?;
        let ended = Ended::watch()?;
        let started = gatewright_http::rfc3339(gatewright_issuer::now());
        let tried = rig(bytes, &configurations, intent, self.program.as_deref());
        if ended.is_told() {
            return Ok(INTERRUPTED);
        }
        let trial = match tried {
            Ok(trial) => trial,
            Err(RigError::Read(kind)) => return Err(unreadable(&name, kind, COMMAND)),
            Err(error @ (RigError::NoNginx | RigError::NoProgram(_))) => {
                return Err(Failure::Usage(format!("{error}: install it, or name it with `--program FILE`")));
            }
            Err(error @ RigError::Machine(_)) => {
                complain(&error.to_string());
                return Ok(NOTHING_PROVED);
            }
            Err(error) => return Err(Failure::Usage(format!("`{}`: {error}", name.display()))),
        };
        let report = trial.report(&name.display().to_string(), &started);
        output.write(&report, files, out)?;
        Ok(report.exit_code(strictness))
    }
}

/// How the command ends when this machine is in the way.
const NOTHING_PROVED: u8 = 3;
/// As it stands behind `nginx -T`.
const COMMAND: &str = "gatewright prove --rig -";
