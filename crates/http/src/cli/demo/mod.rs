//! `gatewright demo`: the whole thing on this machine's loopback, with nothing to install.
//!
//! A folder of its own holds a sample policy and an ephemeral session key; a small backend shows which identity reached it;
//! nginx stands in front when there is one. Everything is gone when the command ends.

mod backend;
mod client;
mod cookies;
mod folder;
mod nginx;
mod proof;
mod stage;
mod walk;

use std::io::Write;

use clap::Args;

use self::stage::{Door, Stage};
use crate::cli::failure::{FAILED, Failure};
use crate::cli::interrupt::Interrupt;
use crate::cli::style::Style;

/// Shows it at work: a sample policy, three session cookies, and curl lines to try
///
/// Everything runs on free ports of 127.0.0.1 and lives in a temporary folder. With nginx installed, nginx stands in front of
/// the sample backend and asks gatewright; without it, the curl lines ask gatewright as nginx would.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Demo {
    /// Try the lines instead of waiting for you to do it, prove that nothing gets past nginx, and end
    #[arg(long)]
    check: bool,
    /// Leave nginx out even if it is installed
    #[arg(long)]
    without_nginx: bool,
}

impl Demo {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        // First of all, so that nothing is left behind whenever it comes.
        let interrupt = Interrupt::watch()?;
        let stage = Stage::set(nginx::Wanted::new(self.without_nginx), self.check)?;
        let style = Style::of_stdout();
        introduce(&stage, style, out)?;
        if self.check {
            let failed = walk::check(&stage, &interrupt, style, out)?;
            let is_proved = proof::check(&stage, style, out)?;
            return Ok(if failed == 0 && is_proved { 0 } else { FAILED });
        }
        walk::show(&stage, style, out)?;
        writeln!(out, "Decisions are logged below as they are made. Ctrl-C ends the demo and removes its folder.\n")?;
        out.flush()?;
        interrupt.wait();
        Ok(0)
    }
}

fn introduce(stage: &Stage, style: Style, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{}", style.strong("The stage"))?;
    writeln!(out, "  policy   {}", stage.policy().display())?;
    writeln!(out, "  gate     http://{}/auth/verify", stage.gate())?;
    writeln!(out, "  backend  http://{} (shows the identity headers that reached it)", stage.backend())?;
    match stage.door() {
        Door::Nginx { port, program } => writeln!(out, "  nginx    http://localhost:{port} ({})", program.display())?,
        Door::Gate => writeln!(out, "  nginx    none: the lines ask the gate itself, with the headers that nginx would send")?,
    }
    writeln!(out)?;
    Ok(())
}

const EXAMPLE: &str = "\
Examples:
  gatewright demo
  gatewright demo --check

Exit code: 0 ended by a signal or (with --check) every line behaved and nothing got past the gate, 1 not";
