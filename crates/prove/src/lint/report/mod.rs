//! What was found, written for a person, for a program, and for the code scanning of a forge.

mod json;
mod sarif;
mod text;

pub use json::json;
pub use sarif::sarif;
pub use text::{Part, text};

use super::finding::{Lint, Report, Severity};
use crate::source::{Position, Sources, Span};

impl Lint {
    /// The address of the rule's page in the documentation.
    ///
    /// # Example
    /// ```
    /// let lint = gatewright_prove::lints()[0];
    /// assert!(lint.documentation().ends_with(&format!("/docs/src/lints/{}.md", lint.id)));
    /// ```
    #[must_use]
    pub fn documentation(&self) -> String {
        format!("{}/blob/main/docs/src/lints/{}.md", env!("CARGO_PKG_REPOSITORY"), self.id)
    }
}

/// How many findings are as bad as this.
fn count(reports: &[Report], severity: Severity) -> usize {
    let findings = reports.iter().flat_map(|report| &report.findings);
    findings.filter(|finding| finding.severity == severity).count()
}

/// Where the bytes of a span begin and end.
fn lines(sources: &Sources, span: Span) -> Option<(&[u8], Position, Position)> {
    let source = sources.get(span.file)?;
    Some((source.name(), source.position(span.start), source.position(span.end.max(span.start))))
}

#[cfg(test)]
mod tests {
    use crate::lint::{Finding, Report};
    use crate::{Lint, Severity, Sources, Span};

    pub(super) static OPENS: Lint = Lint::new("opens", Severity::Critical, "everybody gets in");

    /// A report on `text`, with one finding on each of these bytes that also points at the first byte.
    pub(super) fn report(name: &str, text: impl Into<Vec<u8>>, places: &[(usize, usize, Severity)]) -> Report {
        let mut sources = Sources::default();
        let file = sources.add(name, text);
        let finding = |(start, end, severity): &(usize, usize, Severity)| -> Finding {
            let span = Span { file, start: *start, end: *end };
            let first = Span { file, start: 0, end: 1 };
            OPENS.at(span, "why `it` opens", "write another").severity(*severity).also(first, "the first")
        };
        let findings = places.iter().map(finding).collect();
        Report::new(sources, findings)
    }
}
