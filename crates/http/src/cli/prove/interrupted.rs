//! Ctrl-C in the middle of a run: what was stopped is started again, and what was started is stopped.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use gatewright_prove::end_rigs;
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
        std::process::exit(INTERRUPTED.into());
    });
    Ok(())
}

/// Whether a rig was told to end by a signal.
#[derive(Clone, Debug)]
pub(super) struct Ended(Arc<AtomicBool>);

impl Ended {
    /// From here on a signal ends the rig, which then returns.
    pub(super) fn watch() -> Result<Self, Failure> {
        let interrupt = Interrupt::watch()?;
        let ended = Self(Arc::new(AtomicBool::new(false)));
        let told = ended.clone();
        thread::spawn(move || {
            interrupt.wait();
            told.0.store(true, Ordering::SeqCst);
            end_rigs();
        });
        Ok(ended)
    }

    pub(super) fn is_told(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// 128 and the number of SIGINT, as shells say it.
pub(super) const INTERRUPTED: u8 = 130;
