//! `gatewright completions`: what the shell needs to complete commands and options.

use std::io::Write;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::CommandLine;
use crate::cli::failure::Failure;

/// Prints the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut CommandLine::command(), "gatewright", &mut script);
        out.write_all(&script)?;
        Ok(0)
    }
}

const EXAMPLE: &str = "\
Example:
  gatewright completions bash > ~/.local/share/bash-completion/completions/gatewright";
