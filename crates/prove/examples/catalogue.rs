//! What a real nginx shows of configurations: by the rig, which knows what reached an application, and by the prober, from outside.
//!
//! One line for each file that is named: the file, what the rig says, and what the prober says, with a tab between them.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use gatewright_prove::nginx::Disk;
use gatewright_prove::{Intent, RigError, Stage, Staged, rig};

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match ask(file) {
                        Ok((rig, prober)) => println!("{file}\t{rig}\t{prober}"),
                        Err(error) => {
                            eprintln!("{file}: {error}");
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    if failed.into_inner() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn ask(file: &str) -> Result<(&'static str, &'static str), RigError> {
    let (name, intent) = (file.as_bytes(), Intent::default());
    let trial = rig(name, &Disk, intent, None::<&Path>)?;
    let prober = match Stage::start(name, &Disk, intent, None)? {
        Staged::Refused(trial) => trial.outcome.word(),
        Staged::Runs(stage) => stage.outside(|_| ()).outcome.map_or("nothing", |outcome| outcome.word()),
    };
    Ok((trial.outcome.word(), prober))
}

/// nginx and its clients wait for one another most of the time.
const AT_ONCE: usize = 4;
