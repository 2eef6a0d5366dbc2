//! A run as a table for a person, and below it what is not as it should be.

use std::io::{self, Write};

use super::ORDER;
use super::summary::how_many;
use crate::prove::probe::{Probe, probes};
use crate::prove::verdict::{Check, Report, Verdict};
use crate::source::shown;

/// A part of the text that may be painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// `PASS` and the others.
    Verdict(Verdict),
    /// The first words of a line: `why:`, `curl:`, `lint:` and `note:`.
    Label,
    /// That nothing is proved.
    Nothing,
}

/// Writes a line for each probe, then each failure with its reason and how to see it again, then how many there are.
///
/// # Errors
/// Those of `out`.
///
/// # Example
/// ```
/// use gatewright_prove::prove::{Prove, prove, report};
/// let report = prove(&Prove::new("http://127.0.0.1:1/".parse()?), &mut |_| ());
/// let mut out = Vec::new();
/// report::text(&report, &|_, text| text.to_owned(), &mut out)?;
/// assert!(String::from_utf8_lossy(&out).starts_with("nothing proved: "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn text(report: &Report, paint: &dyn Fn(Part, &str) -> String, mut out: impl Write) -> io::Result<()> {
    if let Some(why) = &report.nothing_proved {
        writeln!(out, "{}: {}", paint(Part::Nothing, "nothing proved"), shown(why.as_bytes()))?;
        return write_notes(report, paint, &mut out);
    }
    for probe in probes() {
        let checks: Vec<&Check> = report.checks.iter().filter(|check| check.probe == probe.id).collect();
        if let Some(first) = checks.first() {
            write_row(probe, first, &checks, paint, &mut out)?;
        }
    }
    writeln!(out)?;
    for verdict in ORDER.into_iter().filter(|verdict| !matches!(verdict, Verdict::Pass | Verdict::Skip)) {
        for check in report.checks.iter().filter(|check| check.verdict == verdict) {
            write_check(check, paint, &mut out)?;
        }
    }
    write_notes(report, paint, &mut out)?;
    let counts = ORDER.into_iter().map(|verdict| (verdict, report.count(verdict))).filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(verdict, count)| format!("{count} {}", verdict.name())).collect();
    writeln!(out, "{} checks with {} requests: {}", report.checks.len(), report.requests.len(), counts.join(", "))
}

fn write_notes(report: &Report, paint: &dyn Fn(Part, &str) -> String, out: &mut impl Write) -> io::Result<()> {
    let label = paint(Part::Label, "note:");
    report.notes.iter().try_for_each(|note| writeln!(out, "{label} {}", shown(note.as_bytes())))
}

/// The worst of a probe, and how many of its variants say so.
fn write_row(
    probe: &Probe,
    first: &Check,
    checks: &[&Check],
    paint: &dyn Fn(Part, &str) -> String,
    out: &mut impl Write,
) -> io::Result<()> {
    let count = |verdict: Verdict| checks.iter().filter(|check| check.verdict == verdict).count();
    let worst = ORDER.into_iter().find(|verdict| count(*verdict) > 0).unwrap_or(first.verdict);
    let name = format!("{:<12}", worst.name());
    let verdict = paint(Part::Verdict(worst), &name);
    let how_many = how_many(worst, checks);
    writeln!(out, "{}  {verdict}  {:<56}  {}", probe.id, probe.title, shown(how_many.as_bytes()))
}

fn write_check(check: &Check, paint: &dyn Fn(Part, &str) -> String, out: &mut impl Write) -> io::Result<()> {
    let label = |label| paint(Part::Label, label);
    let verdict = paint(Part::Verdict(check.verdict), check.verdict.name());
    let severity = check.severity.map(|severity| format!(" {severity}")).unwrap_or_default();
    let (path, variant) = (shown(check.path.as_bytes()), shown(check.variant.as_bytes()));
    writeln!(out, "{verdict}{severity} {} {path}: {variant}", check.probe)?;
    writeln!(out, " {} {}", label("why:"), shown(check.evidence.as_bytes()))?;
    if let Some(lint) = check.lint {
        writeln!(out, " {} {lint}", label("lint:"))?;
    }
    if let Some(curl) = &check.curl {
        writeln!(out, " {} {}", label("curl:"), shown(curl.as_bytes()))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    #[test]
    fn table_shows_the_worst_and_failures_say_how_to_see_them() {
        let mut out = Vec::new();
        text(&report(&[Verdict::Pass, Verdict::Open, Verdict::Pass, Verdict::Skip]), &|_, text| text.to_owned(), &mut out)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("P06  FAIL(open)    the path written otherwise"), "{text}");
        for part in
            ["  1 of 3\n", "FAIL(open) critical P06 /admin: a <b>", " why: it shows `x`\n lint: open-sibling\n curl: curl -i"]
        {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(
            text.ends_with("note: TLS is taken off\n4 checks with 1 requests: 1 FAIL(open), 2 PASS, 1 SKIP\n")
                && !text.contains('\u{1b}'),
            "{text}"
        );
    }
}
