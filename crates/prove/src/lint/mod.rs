//! Mistakes in configurations of proxies that let a request past the gate.

mod finding;
mod intent;
mod nginx;
mod declared;
mod envoy;
mod traefik;
mod caddy;
mod ingress;
mod data_form;
mod error;
pub mod report;
#[cfg(test)]
mod testing;

pub(crate) use data_form::{Form, form};
pub use error::LintError;
pub use finding::{Finding, Lint, Report, Severity};
pub use intent::Intent;
pub(crate) use nginx::{Subject, is_public_path};

use crate::nginx::{Configuration, Dump, Files};
use crate::source::Sources;

/// What nginx would refuse to read.
static SYNTAX: Lint = Lint::new("nginx-syntax", Severity::Medium, "nginx refuses this file");

/// Looks for mistakes in the configuration of a proxy.
///
/// `name` is a file of nginx, the main one or one that is included somewhere, or what `nginx -T` prints, which is read as the files
/// that it holds; one of Envoy or Traefik (YAML, JSON, TOML), of Caddy as JSON (`caddy adapt`), or resources of Kubernetes with
/// annotations of ingress-nginx. Which of them it is follows from its ending and from what it holds.
///
/// # Errors
/// The file cannot be read, or is data that is wrong or unknown: with the place, and what to do instead. What is wrong in a file of
/// nginx is a finding.
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
pub fn lint(name: &[u8], files: &dyn Files, intent: Intent<'_>) -> Result<Report, LintError> {
    let text = files.read(name)?;
    if data_form::is_data(name, &text) {
        let mut sources = Sources::default();
        let file = sources.add(name, text);
        let findings = data_form::check(&sources, file, &intent)?;
        return Ok(Report::new(sources, findings));
    }
    let configuration = match Dump::parse(&text) {
        Some(dump) => Configuration::load(dump.main(), &dump)?,
        None => Configuration::load(name, files)?,
    };
    let mut findings = nginx::check(&configuration, intent);
    for fault in configuration.faults() {
        let help = "correct it; all the rest was looked at as if it were not there";
        findings.push(SYNTAX.at(fault.span, fault.cause.to_string(), help));
    }
    Ok(Report::new(configuration.sources, findings))
}

/// Every rule there is, by the name of its page.
///
/// # Example
/// ```
/// assert!(gatewright_prove::lints().iter().any(|lint| lint.id == "envoy-failure-mode-allow"));
/// ```
#[must_use]
pub fn lints() -> Vec<&'static Lint> {
    let nginx = nginx::rules().map(|(lint, _)| lint).chain([&SYNTAX]);
    let mut lints: Vec<_> = nginx.chain(data_form::lints()).collect();
    lints.sort_by_key(|lint| lint.id);
    lints
}
