//! Findings as one JSON object, for a program.

use std::io::{self, Write};

use serde::Serialize;

use super::{count, lines};
use crate::lint::finding::{Finding, Report, Severity};
use crate::source::{Sources, Span};

/// Writes one JSON object, in the form of `lint` in `schemas/commands.schema.json`.
///
/// # Errors
/// Those of `out`.
///
/// # Example
/// ```
/// use gatewright_prove::{Intent, lint, nginx::Dump, report};
/// let dump = Dump::parse(b"# configuration file /a:\nevents {}\n\n").unwrap();
/// let found = lint(b"/a", &dump, Intent::default()).unwrap();
/// let mut out = Vec::new();
/// report::json(&[found], &mut out)?;
/// assert!(String::from_utf8_lossy(&out).contains(r#""findings": []"#));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn json(reports: &[Report], mut out: impl Write) -> io::Result<()> {
    let each = reports.iter().flat_map(|report| report.findings.iter().map(|finding| Entry::new(finding, &report.sources)));
    let summary = Summary {
        critical: count(reports, Severity::Critical),
        high: count(reports, Severity::High),
        medium: count(reports, Severity::Medium),
        low: count(reports, Severity::Low),
        info: count(reports, Severity::Info),
    };
    let answer = Answer { tool: "gatewright", version: env!("CARGO_PKG_VERSION"), findings: each.collect(), summary };
    serde_json::to_writer_pretty(&mut out, &answer)?;
    writeln!(out)
}

/// The members of the object, in their order.
#[derive(Serialize)]
struct Answer<'r> {
    tool: &'static str,
    version: &'static str,
    findings: Vec<Entry<'r>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Entry<'r> {
    lint: &'r str,
    severity: &'r str,
    #[serde(flatten)]
    place: Place,
    title: &'r str,
    why: &'r str,
    help: &'r str,
    related: Vec<Related<'r>>,
    documentation: String,
}

#[derive(Serialize)]
struct Related<'r> {
    #[serde(flatten)]
    place: Place,
    what: &'r str,
}

/// Lines and columns from 1, columns in characters; the end is behind the last character.
#[derive(Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Summary {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
}

impl<'r> Entry<'r> {
    fn new(finding: &'r Finding, sources: &Sources) -> Self {
        let related = finding.related.iter().map(|(span, what)| Related { place: Place::new(sources, *span), what });
        Self {
            lint: finding.lint.id,
            severity: finding.severity.name(),
            place: Place::new(sources, finding.span),
            title: finding.lint.title,
            why: &finding.why,
            help: &finding.help,
            related: related.collect(),
            documentation: finding.lint.documentation(),
        }
    }
}

impl Place {
    fn new(sources: &Sources, span: Span) -> Self {
        let Some((name, start, end)) = lines(sources, span) else {
            return Self { file: String::new(), line: 1, column: 1, end_line: 1, end_column: 1 };
        };
        Self {
            file: String::from_utf8_lossy(name).into_owned(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    #[test]
    fn places_count_characters_also_in_a_file_that_is_not_utf8() {
        let report = report("a.conf", b"\xff\nb\xc3\xa9 c {\n}\n".as_slice(), &[(6, 11, Severity::Medium)]);
        let mut out = Vec::new();
        json(&[report], &mut out).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let finding = &answer["findings"][0];
        let number = |name: &str| finding[name].as_u64().unwrap();
        assert_eq!(["line", "column", "end_line", "end_column"].map(number), [2, 4, 3, 2]);
        assert_eq!((&finding["lint"], &finding["severity"]), (&"opens".into(), &"medium".into()));
        assert_eq!(finding["related"][0]["what"], "the first");
        assert_eq!((&answer["summary"]["medium"], &answer["summary"]["high"]), (&1.into(), &0.into()));
    }
}
