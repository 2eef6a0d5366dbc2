//! The binary `gatewright`: the forward-auth service and the tools around it. Everything it does stands in [`cli`].
#![forbid(unsafe_code)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
