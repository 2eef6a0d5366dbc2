//! Mistakes in configurations of proxies that let a request past the gate.

mod finding;
mod intent;
mod nginx;
pub mod report;

use std::io;

pub use finding::{Finding, Lint, Report, Severity};
pub use intent::Intent;

use crate::nginx::{Configuration, Dump, Files};

/// What nginx would refuse to read.
static SYNTAX: Lint = Lint::new("nginx-syntax", Severity::Medium, "nginx refuses this file");

/// Looks for mistakes in a configuration of nginx.
///
/// `name` is the main file, or a single one that is included somewhere; what `nginx -T` prints is read as the files that it holds.
///
/// # Errors
/// The file cannot be read.
///
/// # Example
/// ```
/// use gatewright_prove::{Intent, Severity, lint};
/// let file = "# configuration file /a:\nserver { location / { auth_request /_auth; proxy_pass http://127.0.0.1:8080; } }\n\n";
/// let dump = gatewright_prove::nginx::Dump::parse(file.as_bytes()).unwrap();
/// let report = lint(b"/a", &dump, Intent::default()).unwrap();
/// assert_eq!(report.findings[0].lint.id, "auth-request-target");
/// assert_eq!(report.worst(), Some(Severity::Critical));
/// ```
pub fn lint(name: &[u8], files: &dyn Files, intent: Intent<'_>) -> Result<Report, io::ErrorKind> {
    let text = files.read(name)?;
    let configuration = match Dump::parse(&text) {
        Some(dump) => Configuration::load(dump.main(), &dump)?,
        None => Configuration::load(name, files)?,
    };
    let mut findings = nginx::check(&configuration, intent);
    for fault in configuration.faults() {
        findings.push(SYNTAX.at(
            fault.span,
            fault.cause.to_string(),
            "correct it; all the rest was looked at as if it were not there",
        ));
    }
    Ok(Report::new(configuration.sources, findings))
}

/// Every rule there is, by the name of its page.
#[must_use]
pub fn lints() -> Vec<&'static Lint> {
    let mut lints: Vec<_> = nginx::rules().map(|(lint, _)| lint).chain([&SYNTAX]).collect();
    lints.sort_by_key(|lint| lint.id);
    lints
}
