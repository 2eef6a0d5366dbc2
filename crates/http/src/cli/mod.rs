//! The command line: what can be asked, which command answers, and how the process ends.
//!
//! A command writes its answer to the `out` it is given and returns the exit code, or a [`Failure`] that is printed to
//! standard error. Nothing here decides anything about a request: the engine does.

mod biscuit;
mod check;
mod completions;
mod configuration;
mod decide;
mod declared;
mod demo;
mod failure;
mod find;
mod header;
mod holder;
mod init;
mod input;
mod interrupt;
mod junit;
mod key;
mod lint;
mod prove;
mod random;
mod report;
mod serve;
mod session;
mod span;
mod style;
mod test;
mod url;
mod verdicts;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::failure::Failure;

/// Runs the command that `arguments` (the program's name first) ask for, and returns how the process should end.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => {
            let code = if error.use_stderr() { failure::USAGE } else { 0 };
            // A closed pipe is the only thing that can go wrong here, and there is nobody left to tell.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    // Not locked: `serve` logs to standard output from a thread of its own.
    let mut out = std::io::stdout();
    let ended = line.command.run(&mut out).and_then(|code| {
        out.flush()?;
        Ok(code)
    });
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.report();
            ExitCode::from(failure.exit_code())
        }
    }
}

/// May this request pass? A forward-auth service for nginx, Traefik, Caddy, Envoy, HAProxy and Apache, and the tools to ask it why.
///
/// The policy file is found by `--config FILE`, then the variable GATEWRIGHT_CONFIG, then ./gatewright.toml.
#[derive(Debug, Parser)]
#[command(name = "gatewright", version, arg_required_else_help = true, after_help = EXAMPLE, max_term_width = 110)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    Check(check::Check),
    Decide(decide::Decide),
    Test(test::Test),
    Init(init::Init),
    Lint(lint::Lint),
    Prove(Box<prove::Prove>),
    #[command(subcommand)]
    Session(session::Session),
    #[command(subcommand)]
    Biscuit(biscuit::Biscuit),
    #[command(subcommand)]
    Key(key::Key),
    Completions(completions::Completions),
}

impl Command {
    fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        match self {
            Self::Serve(serve) => serve.run(),
            Self::Demo(demo) => demo.run(out),
            Self::Check(check) => check.run(out),
            Self::Decide(decide) => decide.run(out),
            Self::Test(test) => test.run(out),
            Self::Init(init) => init.run(out),
            Self::Lint(lint) => lint.run(out),
            Self::Prove(prove) => prove.run(out),
            Self::Session(session) => session.run(out),
            Self::Biscuit(biscuit) => biscuit.run(out),
            Self::Key(key) => key.run(out),
            Self::Completions(completions) => completions.run(out),
        }
    }
}

const EXAMPLE: &str = "\
Examples:
  gatewright demo                                      see it work, nothing to install
  gatewright check gatewright.toml                     is this policy file right?
  gatewright serve --config gatewright.toml            answer nginx's auth_request
  gatewright init nginx                                the proxy's configuration for this policy
  nginx -T 2>/dev/null | gatewright lint -             does the proxy let anything past the gate?
  gatewright prove --allow @me.txt https://app.example.com/admin   does the deployment block?
  gatewright decide https://app.example.com/admin/     why was this refused?";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_description_of_the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example_in_its_help() {
        let mut waiting = vec![CommandLine::command()];
        while let Some(command) = waiting.pop() {
            waiting.extend(command.get_subcommands().cloned());
            let leaf = command.get_subcommands().next().is_none();
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(!leaf || help.contains("Example"), "`{}` has no example", command.get_name());
        }
    }
}
