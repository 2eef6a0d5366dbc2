//! `gatewright prove`: whether a deployment blocks, asked from outside, or tried on this machine with the proxy's configuration.

mod credential;
mod interrupted;
mod options;
mod output;
mod policy;
mod progress;
mod rig;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use gatewright_prove::Intent;
use gatewright_prove::prove::{Strictness, prove};

use self::options::{Credentials, Deployment, Limits};
use self::output::Output;
use self::progress::Bar;
use self::rig::Rig;
use crate::cli::declared;
use crate::cli::failure::Failure;
use crate::cli::find::{self, Keys};

/// Proves that a deployment blocks: asks in every way that gets past gates, and compares what comes with what somebody sees who may
///
/// First it learns three answers: to the credential of --allow, to nobody, and for a path that does not exist. Everything after that is
/// compared with them by content: a status alone says nothing. Only GET, HEAD and OPTIONS are sent, unless --all-methods says otherwise.
///
/// With --rig, your proxy runs your configuration on this machine, between a gate and applications of our own, and it is seen what
/// reaches them: for every change of the configuration, and nothing outside of this machine is asked.
///
/// A CREDENTIAL is `Name: value`, a file of such lines `@FILE`, or `-` for lines on standard input. It is sent to the deployment, and
/// never printed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE, override_usage = USAGE)]
pub(crate) struct Prove {
    /// The deployment, and what is protected there: https://app.example.com/admin
    #[arg(value_name = "URL", required_unless_present = "rig")]
    url: Option<String>,
    /// More protected paths of it
    #[arg(value_name = "PATH", value_parser = options::exact)]
    paths: Vec<String>,
    #[command(flatten, next_help_heading = "Credentials")]
    credentials: Credentials,
    #[command(flatten, next_help_heading = "What is meant")]
    meant: Meant,
    #[command(flatten, next_help_heading = "The deployment")]
    deployment: Deployment,
    #[command(flatten, next_help_heading = "Limits")]
    limits: Limits,
    #[command(flatten, next_help_heading = "A configuration instead of a deployment")]
    rig: Rig,
    #[command(flatten, next_help_heading = "Output")]
    output: Output,
}

/// What should be so, of a deployment as of a configuration.
#[derive(Debug, Args)]
struct Meant {
    /// The policy file: which paths it protects and opens, its identity headers, its login. It is looked for nowhere else
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A path that anybody may see, with `*` at the end all that begin so; may be repeated
    #[arg(long, value_name = "PATH", value_parser = declared::path)]
    open: Vec<String>,
    /// A header that tells the application who is asking; several by commas, or repeated
    #[arg(long, value_name = "HEADER", value_parser = declared::header, value_delimiter = ',')]
    identity: Vec<String>,
    /// What could not be told counts as well: warnings, and an outage that was not tried
    #[arg(long)]
    strict: bool,
}

impl Prove {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let strictness = if self.meant.strict { Strictness::Strict } else { Strictness::Usual };
        let live = self.meant.config.as_deref().map(|path| find::open(path, Keys::Local)).transpose()?;
        let state = live.as_ref().map(|live| live.current());
        if self.rig.is_wanted() {
            let paths =
                self.url.iter().map(|path| options::exact(path).map_err(|why| Failure::Usage(format!("`{path}`: {why}"))));
            let paths = paths.chain(self.paths.into_iter().map(Ok)).collect::<Result<Vec<_>, _>>()?;
            let mut intent = Intent::default();
            intent.open = &self.meant.open;
            intent.identity = &self.meant.identity;
            intent.policy = state.as_ref().map(|state| (&*state.config, &state.authorizer));
            intent.paths = &paths;
            return self.rig.run(intent, &self.output, strictness, out);
        }
        let url = options::url(&self.url.unwrap_or_default()).map_err(Failure::Usage)?;
        let mut options = options::of(url, self.paths, &self.deployment, &self.limits)?;
        options.open = self.meant.open;
        options.identity = self.meant.identity;
        if let Some(state) = &state {
            policy::add(&mut options, state);
        }
        options::check_paths(&mut options)?;
        self.credentials.read(&mut options)?;
        let files = self.output.open()?;
        options.outage.clone().map_or(Ok(()), interrupted::restore)?;
        let bar = Bar::new(self.output.is_quiet());
        let report = prove(&options, &mut |progress| bar.show(progress));
        bar.clear();
        self.output.write(&report, files, out)?;
        Ok(report.exit_code(strictness))
    }
}

const USAGE: &str = "gatewright prove [OPTIONS] <URL> [PATH]...\n       gatewright prove [OPTIONS] --rig <FILE> [PATH]...";

const EXAMPLE: &str = "\
Examples:
  gatewright prove --allow @me.txt https://app.example.com/admin
  gatewright prove --allow @me.txt --forbid @colleague.txt --config gatewright.toml https://app.example.com
  gatewright prove --allow - --paths openapi.yaml --identity X-User --whoami /api/me https://app.example.com < me.txt
  gatewright prove --allow @me.txt --outage-cmd 'systemctl stop gatewright' \\
      --restore-cmd 'systemctl start gatewright' https://app.example.com/admin
  gatewright prove --rig nginx.conf --config gatewright.toml --junit prove.xml --html prove.html
  nginx -T 2>/dev/null | gatewright prove --rig -

  # me.txt
  Cookie: __Host-gatewright=v1.…

Exit code: 0 all blocked and the credential works, 1 somebody got in, 2 usage, 3 nothing proved: the deployment cannot be reached or the
credential is not accepted, 4 something could not be told";
