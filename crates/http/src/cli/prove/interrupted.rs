//! Ctrl-C while the gate is stopped: it is started again before the command ends.

use std::process::{Command, Stdio};
use std::thread;

use gatewright_prove::prove::Outage;

use crate::cli::failure::{Failure, complain};
use crate::cli::interrupt::Interrupt;

/// From here on a signal that ends the command runs the command that starts the gate.
pub(super) fn restore(outage: Outage) -> Result<(), Failure> {
    let interrupt = Interrupt::watch()?;
    thread::spawn(move || {
        interrupt.wait();
        let status = Command::new("sh").args(["-c", &outage.restore]).stdin(Stdio::null()).stdout(Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            complain(&format!("the gate may still be down: `{}` failed", outage.restore));
        }
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}

/// 128 and the number of SIGINT, as shells say it.
const INTERRUPTED: i32 = 130;
