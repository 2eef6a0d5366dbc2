//! `gatewright test`: policy tests from files of their own.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use gatewright::Config;
use serde::Serialize;

use crate::cli::failure::{FAILED, Failure};
use crate::cli::find::{self, Keys};
use crate::cli::junit;
use crate::cli::report::write_json;
use crate::cli::style::Style;
use crate::cli::verdicts::{Entry, Suite, count};

/// Runs policy tests against a policy file
///
/// A test file holds `[[test]]` tables and nothing else, in the shape they have in the policy file. The tests inside the
/// policy file are run by `check`. No key is fetched: a test says with `as` who asks.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Test {
    /// Files of tests
    #[arg(value_name = "TESTS", required = true)]
    files: Vec<PathBuf>,
    /// The policy file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Also write the results to this file as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Test {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let suites = self.suites()?;
        let failures = suites.iter().map(Suite::failures).sum::<usize>();
        if let Some(path) = &self.junit {
            std::fs::write(path, junit::xml(&suites))
                .map_err(|error| Failure::Usage(format!("`{}` cannot be written: {error}", path.display())))?;
        }
        if self.json {
            write_json(&Answer { ok: failures == 0, tests: suites.iter().flat_map(Suite::entries).collect() }, out)?;
        } else {
            let style = Style::of_stdout();
            for suite in &suites {
                suite.write_failures(style, out)?;
            }
            let verdict = if failures == 0 { style.good("ok") } else { style.bad("failed") };
            let tests = count(suites.iter().map(|suite| suite.reports.len()).sum(), "test");
            writeln!(out, "{verdict}: {tests} in {}, {failures} failed", count(suites.len(), "file"))?;
        }
        Ok(if failures == 0 { 0 } else { FAILED })
    }

    fn suites(&self) -> Result<Vec<Suite>, Failure> {
        // As in `check`, a file that is wrong is a failed test of it; exit code 2 is for arguments.
        let wrong = |failure| match failure {
            Failure::Configuration(text) => Failure::Failed(text),
            other => other,
        };
        let live = find::open(&find::configuration(self.config.as_deref())?, Keys::Local).map_err(wrong)?;
        let state = live.current();
        let now = gatewright_issuer::now();
        let mut suites = Vec::new();
        for path in &self.files {
            let file = path.display().to_string();
            let tests = Config::clone(&state.config).with_tests_from_toml(&find::read_text(path)?);
            let tests = tests.map_err(|error| Failure::Failed(error.render(&file)))?;
            let reports = state.authorizer.run_tests(&tests, now);
            if reports.is_empty() {
                return Err(Failure::Failed(format!("{file}: there is no `[[test]]` in this file")));
            }
            suites.push(Suite { file, reports });
        }
        Ok(suites)
    }
}

/// The members of `test --json`.
#[derive(Serialize)]
struct Answer<'s> {
    ok: bool,
    tests: Vec<Entry<'s>>,
}

const EXAMPLE: &str = "\
Example:
  gatewright test --config gatewright.toml --junit report.xml tests/*.toml

  # tests/admin.toml
  [[test]]
  name    = \"staff may not enter admin\"
  request = \"GET https://app.example.com/admin/\"
  as      = { subject = \"bob\", groups = [\"staff\"], credential = \"session\" }
  expect  = { status = 403, rule = \"admin\", code = \"identity_not_allowed\" }

Exit code: 0 all passed, 1 a test failed or a file is wrong, 2 usage";
