//! Findings as text for a person, one below the other, each with the line that it is about.

use std::io::{self, Write};

use super::count;
use crate::lint::finding::{Finding, Report, Severity};
use crate::source::{Sources, shown};

/// A part of the text that may be painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// What begins a finding: `high[error-page-opens]`.
    Head(Severity),
    /// What is wrong, in one line.
    Title,
    /// `why:`, `help:` and `note:`.
    Label,
    /// The last line, if there is no finding.
    Nothing,
}

/// Writes all findings and how many there are of each severity. `paint` puts colour on a part, or returns it as it is.
///
/// # Errors
/// Those of `out`.
///
/// # Example
/// ```
/// use gatewright_prove::{Intent, lint, nginx::Dump, report};
/// let file = "# configuration file /a:\nserver { location / { deny all; } }\n\n";
/// let dump = Dump::parse(file.as_bytes()).unwrap();
/// let found = lint(b"/a", &dump, Intent::default()).unwrap();
/// let mut out = Vec::new();
/// report::text(&[found], &|_, text| text.to_owned(), &mut out)?;
/// assert_eq!(out, b"no findings\n");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn text(reports: &[Report], paint: &dyn Fn(Part, &str) -> String, mut out: impl Write) -> io::Result<()> {
    for report in reports {
        for finding in &report.findings {
            write_finding(finding, &report.sources, paint, &mut out)?;
        }
    }
    let each =
        Severity::ALL.into_iter().rev().map(|severity| (severity, count(reports, severity))).filter(|(_, count)| *count > 0);
    let each: Vec<String> = each.map(|(severity, count)| format!("{count} {severity}")).collect();
    match reports.iter().map(|report| report.findings.len()).sum() {
        0_usize => writeln!(out, "{}", paint(Part::Nothing, "no findings")),
        1 => writeln!(out, "1 finding: {}", each.join(", ")),
        count => writeln!(out, "{count} findings: {}", each.join(", ")),
    }
}

fn write_finding(
    finding: &Finding,
    sources: &Sources,
    paint: &dyn Fn(Part, &str) -> String,
    out: &mut impl Write,
) -> io::Result<()> {
    let severity = finding.severity;
    let head = paint(Part::Head(severity), &format!("{severity}[{}]", finding.lint.id));
    writeln!(out, "{head}: {}", paint(Part::Title, finding.lint.title))?;
    out.write_all(sources.snippet(finding.span).as_bytes())?;
    let label = |label| paint(Part::Label, label);
    writeln!(out, " {} {}", label("why:"), shown(finding.why.as_bytes()))?;
    writeln!(out, " {} {}", label("help:"), shown(finding.help.as_bytes()))?;
    for (span, what) in &finding.related {
        writeln!(out, " {} {} --> {}", label("note:"), shown(what.as_bytes()), sources.place(*span))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    fn printed(reports: &[Report]) -> String {
        let mut out = Vec::new();
        text(reports, &|_, text| text.to_owned(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn finding_is_shown_with_its_line_and_all_places() {
        let text = printed(&[report("a.conf", "a;\n\tb c;\n", &[(4, 5, Severity::High)])]);
        let finding = "high[opens]: everybody gets in\n --> a.conf:2:2\n  |\n2 | \tb c;\n  | \t^\n why: why `it` opens\n \
                       help: write another\n note: the first --> a.conf:1:1\n\n1 finding: 1 high\n";
        assert_eq!(text, finding);
    }

    #[test]
    fn findings_of_all_reports_are_counted_the_worst_first() {
        let low = report("a", "a b", &[(0, 1, Severity::Low), (2, 3, Severity::Low)]);
        let critical = report("b", "b", &[(0, 1, Severity::Critical)]);
        assert!(printed(&[low, critical]).ends_with("\n3 findings: 1 critical, 2 low\n"));
        assert_eq!(printed(&[report("a", "", &[])]), "no findings\n");
    }

    #[test]
    fn what_a_file_holds_cannot_move_the_cursor() {
        let mut report = report("a\x1b[2J", b"\xff\x1b;".as_slice(), &[(0, 1, Severity::Low)]);
        report.findings[0].why = "\x1b[1m\nx".to_owned();
        let text = printed(&[report]);
        assert!(!text.contains('\x1b') && text.contains("why: \u{fffd}[1m\u{fffd}x\n"), "{text}");
    }

    #[test]
    fn parts_are_painted() {
        let mut out = Vec::new();
        let paint = |part, text: &str| if part == Part::Head(Severity::High) { format!("<{text}>") } else { text.to_owned() };
        text(&[report("a", "a", &[(0, 1, Severity::High)])], &paint, &mut out).unwrap();
        assert!(out.starts_with(b"<high[opens]>: everybody"));
    }
}
