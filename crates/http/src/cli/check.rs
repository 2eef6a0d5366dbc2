//! `gatewright check`: is this policy file right?

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use gatewright::{Position, Warning};
use gatewright_issuer::{Event, Live, OpenError, Options};
use serde::Serialize;

use crate::cli::failure::{FAILED, Failure, complain};
use crate::cli::find;
use crate::cli::report::write_json;
use crate::cli::style::Style;
use crate::cli::verdicts::{Entry, Suite, count, place};

/// Validates a policy file, warns of what looks like a mistake, and runs its tests
///
/// A note says what the proxy has to do for something in the file to work; `--strict` lets it pass.
///
/// Every `env:` and `file:` reference is read, as `serve` will read it; keys are not fetched from issuers.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Check {
    /// The policy file
    file: PathBuf,
    /// Fail for warnings too
    #[arg(long)]
    strict: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let file = self.file.display().to_string();
        let unread = Arc::new(Mutex::new(None));
        let listener = Arc::clone(&unread);
        let events = Box::new(move |event| {
            if let Event::RevocationsFailed { reason } = event {
                *listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
            }
        });
        // Read the way `serve` reads it, the environment's GATEWRIGHT_HTTP_<NAME> included.
        let live = match Live::open(&self.file, Options { watch: false, fetch: false, events }) {
            Ok(live) => live,
            Err(error) => return self.report_error(&error, out),
        };
        let unread = unread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reason) = unread {
            let text = format!("the list of revocations, without which every credential is refused: {reason}");
            return self.report(&text, Finding::new(&text, None), out);
        }
        let state = live.current();
        let (warnings, notes) = (state.config.warnings(), state.config.notes());
        let suite = Suite { file, reports: state.authorizer.run_tests(&state.config, gatewright_issuer::now()) };
        let failed = suite.failures() > 0 || (self.strict && !warnings.is_empty());
        if self.json {
            let (warnings, notes) = (findings(warnings), findings(notes));
            write_json(&Answer { ok: !failed, error: None, warnings, notes, tests: suite.entries().collect() }, out)?;
        } else {
            write_text(warnings, notes, &suite, failed, out)?;
        }
        Ok(if failed { FAILED } else { 0 })
    }

    /// Reports a wrong policy as the answer it is; only a path that leads to none is a failure of the command.
    fn report_error(&self, error: &OpenError, out: &mut dyn Write) -> Result<u8, Failure> {
        let text = match find::failure(&self.file, error) {
            Failure::Configuration(text) => text,
            failure => return Err(failure),
        };
        let finding = match error {
            OpenError::Config { error, .. } => Finding::new(error.message(), error.position()),
            _ => Finding::new(text.trim_end(), None),
        };
        self.report(&text, finding, out)
    }

    fn report(&self, text: &str, finding: Finding<'_>, out: &mut dyn Write) -> Result<u8, Failure> {
        if self.json {
            let (warnings, notes, tests) = Default::default();
            write_json(&Answer { ok: false, error: Some(finding), warnings, notes, tests }, out)?;
        } else {
            complain(text);
        }
        Ok(FAILED)
    }
}

fn findings(warnings: &[Warning]) -> Vec<Finding<'_>> {
    warnings.iter().map(|warning| Finding::new(warning.message(), warning.position())).collect()
}

fn write_text(warnings: &[Warning], notes: &[Warning], suite: &Suite, failed: bool, out: &mut dyn Write) -> io::Result<()> {
    let style = Style::of_stdout();
    let warned = warnings.iter().map(|warning| (style.warning("warning:"), warning));
    let noted = notes.iter().map(|note| (style.faint("note:"), note));
    for (head, finding) in warned.chain(noted) {
        writeln!(out, "{head} {}: {}", place(&suite.file, finding.position()), finding.message())?;
    }
    suite.write_failures(style, out)?;
    let verdict = if failed { style.bad("failed") } else { style.good("ok") };
    let (found, tests) = (count(warnings.len(), "warning"), count(suite.reports.len(), "test"));
    writeln!(out, "{verdict}: {}: {found}, {tests}, {} failed", suite.file, suite.failures())
}

/// The members of `check --json`.
#[derive(Serialize)]
struct Answer<'c> {
    ok: bool,
    error: Option<Finding<'c>>,
    warnings: Vec<Finding<'c>>,
    notes: Vec<Finding<'c>>,
    tests: Vec<Entry<'c>>,
}

/// A sentence about a place in the file.
#[derive(Serialize)]
struct Finding<'c> {
    message: &'c str,
    line: Option<usize>,
    column: Option<usize>,
}

impl<'c> Finding<'c> {
    fn new(message: &'c str, position: Option<Position>) -> Self {
        let (line, column) = position.map(|position| (position.line, position.column)).unzip();
        Self { message, line, column }
    }
}

const EXAMPLE: &str = "\
Examples:
  gatewright check gatewright.toml
  gatewright check --strict --json gatewright.toml

Exit code: 0 right, 1 wrong, a test failed, or (with --strict) there are warnings, 2 usage";
