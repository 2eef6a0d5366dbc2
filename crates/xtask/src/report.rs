//! What ran, how long it took and how it ended.

use std::fmt;
use std::time::{Duration, Instant};

use crate::count::Count;
use crate::project::Project;
use crate::steps::Step;

/// The results of the steps so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    results: Vec<StepResult>,
}

#[derive(Debug)]
struct StepResult {
    name: &'static str,
    time: Duration,
    tests: Count,
    outcome: Result<(), String>,
}

impl Report {
    /// Runs a step and keeps its result.
    pub(crate) fn run(&mut self, step: &Step, project: &Project) {
        let started = Instant::now();
        let mut tests = Count::default();
        let mut outcome = (step.run)(project, &mut tests);
        if outcome.is_ok() && tests.skipped > 0 {
            outcome = Err(format!("{} tests did not run: mend or remove them", tests.skipped));
        }
        let time = started.elapsed();
        match &outcome {
            Ok(()) => println!("<== {}: ok in {:.1} s", step.name, time.as_secs_f64()),
            Err(message) => println!("<== {}: FAILED in {:.1} s: {message}", step.name, time.as_secs_f64()),
        }
        self.results.push(StepResult { name: step.name, time, tests, outcome });
    }

    /// Counts the steps and tests that passed.
    pub(crate) fn passed(&self) -> u64 {
        self.results.iter().map(|result| u64::from(result.outcome.is_ok()) + result.tests.passed).sum()
    }

    /// Counts the steps and tests that failed; a test that did not run failed.
    pub(crate) fn failed(&self) -> u64 {
        let failed = |result: &StepResult| u64::from(result.outcome.is_err()) + result.tests.failed + result.tests.skipped;
        self.results.iter().map(failed).sum()
    }
}

impl fmt::Display for Report {
    /// Writes the table; the last line stands alone, for programs that look for it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "\n{:<8} {:<7} {:>8} {:>6}  ", "step", "result", "seconds", "tests")?;
        for result in &self.results {
            let (word, message) = match &result.outcome {
                Ok(()) => ("ok", ""),
                Err(message) => ("FAILED", message.as_str()),
            };
            let tests = result.tests.passed + result.tests.failed + result.tests.skipped;
            let tests = if tests == 0 { String::new() } else { tests.to_string() };
            let line = format!("{:<8} {word:<7} {:>8.1} {tests:>6}  {message}", result.name, result.time.as_secs_f64());
            writeln!(formatter, "{}", line.trim_end())?;
        }
        writeln!(formatter, "\n{} passed, {} failed", self.passed(), self.failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(name: &'static str, tests: Count, outcome: Result<(), String>) -> StepResult {
        StepResult { name, time: Duration::from_millis(1500), tests, outcome }
    }

    #[test]
    fn steps_and_tests_are_counted_and_the_count_closes_the_report() {
        let tests = Count { passed: 20, failed: 1, skipped: 1 };
        let report = Report {
            results: vec![
                result("fmt", Count::default(), Ok(())),
                result("test", tests, Err("cargo failed (exit status: 101)".into())),
            ],
        };
        let text = report.to_string();
        assert!(text.contains("test     FAILED       1.5     22  cargo failed (exit status: 101)\n"), "{text}");
        assert_eq!(text.lines().last(), Some("21 passed, 3 failed"));
    }
}
