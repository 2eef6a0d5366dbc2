//! A configuration that runs, asked from outside as somebody would who runs it: with credentials and paths, and nothing else known.

use super::evidence::Outcome;
use super::stage::Stage;
use crate::prove::{Prove, Report, Verdict, prove};

/// What a prober says of a configuration that runs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outside {
    /// Open, spoofed or closed; `None` if nothing could be told from outside.
    pub outcome: Option<Outcome>,
    /// The run of each server that has something behind the gate.
    pub reports: Vec<Report>,
}

impl Stage {
    /// Runs the prober on every server, with all that an operator would say; `change` is what this one says besides.
    ///
    /// # Example
    /// ```no_run
    /// use gatewright_prove::{Intent, Outcome, Stage, Staged, nginx::Disk};
    /// let Staged::Runs(stage) = Stage::start(b"/etc/nginx/nginx.conf", &Disk, Intent::default(), None)? else { return Ok(()) };
    /// let outside = stage.outside(|options| options.at_once = 1);
    /// assert_eq!(outside.outcome, Some(Outcome::Closed), "{:?}", outside.reports);
    /// # Ok::<(), gatewright_prove::RigError>(())
    /// ```
    #[must_use]
    pub fn outside(&self, change: impl Fn(&mut Prove)) -> Outside {
        let options = self.doors().iter().filter_map(|door| self.prove(door));
        let reports: Vec<Report> = options
            .map(|mut options| {
                change(&mut options);
                prove(&options, &mut |_| ())
            })
            .collect();
        let says = |verdict| reports.iter().flat_map(|report| &report.checks).any(|check| check.verdict == verdict);
        let outcome = match (says(Verdict::Open), says(Verdict::Spoof)) {
            (true, _) => Some(Outcome::Open),
            (false, true) => Some(Outcome::Spoofed),
            (false, false) if reports.iter().any(|report| report.nothing_proved.is_none()) => Some(Outcome::Closed),
            (false, false) => None,
        };
        Outside { outcome, reports }
    }
}
