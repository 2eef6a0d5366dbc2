//! Policy tests that were run: printed, counted, and as JSON.

use std::io::{self, Write};

use gatewright::TestReport;
use serde::Serialize;

use crate::cli::style::Style;

/// The tests of one file.
#[derive(Debug)]
pub(crate) struct Suite {
    /// The file, as it was named.
    pub(crate) file: String,
    pub(crate) reports: Vec<TestReport>,
}

impl Suite {
    /// Returns how many tests failed.
    pub(crate) fn failures(&self) -> usize {
        self.reports.iter().filter(|report| report.failure.is_some()).count()
    }

    /// Writes each test that failed, where it stands, and how the decision came about.
    pub(crate) fn write_failures(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        for report in &self.reports {
            if let Some(failure) = &report.failure {
                let head = style.bad("failed:");
                writeln!(out, "{head} {}: test `{}`: {failure}", place(&self.file, report.position), report.name)?;
                for line in report.explanation.to_string().lines() {
                    writeln!(out, "    {}", style.faint(line))?;
                }
            }
        }
        Ok(())
    }

    /// Returns the tests as members of a JSON answer.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.reports.iter().map(|report| Entry {
            file: &self.file,
            name: &report.name,
            passed: report.failure.is_none(),
            failure: report.failure.as_deref(),
            line: report.position.map(|position| position.line),
            column: report.position.map(|position| position.column),
        })
    }
}

/// One test in a JSON answer.
#[derive(Debug, Serialize)]
pub(crate) struct Entry<'s> {
    file: &'s str,
    name: &'s str,
    passed: bool,
    failure: Option<&'s str>,
    line: Option<usize>,
    column: Option<usize>,
}

/// Names a place the way compilers do: `file:line:column`.
pub(crate) fn place(file: &str, position: Option<gatewright::Position>) -> String {
    position.map_or_else(|| file.to_owned(), |position| format!("{file}:{}:{}", position.line, position.column))
}

/// Counts in words: `1 test`, `2 tests`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
