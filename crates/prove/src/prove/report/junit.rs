//! A run as JUnit's XML: a test suite for each probe, a test case for each variant of a path.

use std::io::{self, Write};

use crate::prove::probe::probes;
use crate::prove::verdict::{Check, Report, Verdict};

/// Writes the XML. What is inconclusive is an error, as is a run that proves nothing; a warning passes, with a line of output.
///
/// # Errors
/// Those of `out`.
///
/// # Example
/// ```
/// use gatewright_prove::prove::{Prove, prove, report};
/// let report = prove(&Prove::new("http://127.0.0.1:1/".parse()?), &mut |_| ());
/// let mut out = Vec::new();
/// report::junit(&report, &mut out)?;
/// assert!(String::from_utf8_lossy(&out).contains(r#"<testcase name="baseline" classname="gatewright.prove">"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn junit(report: &Report, mut out: impl Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="gatewright prove">"#)?;
    if let Some(why) = &report.nothing_proved {
        writeln!(out, r#"  <testsuite name="baseline" tests="1" failures="0" errors="1" skipped="0">"#)?;
        writeln!(out, r#"    <testcase name="baseline" classname="gatewright.prove">"#)?;
        writeln!(out, r#"      <error message="nothing proved: {}"/>"#, escaped(why))?;
        writeln!(out, "    </testcase>\n  </testsuite>")?;
    }
    for probe in probes() {
        let checks: Vec<&Check> = report.checks.iter().filter(|check| check.probe == probe.id).collect();
        if checks.is_empty() {
            continue;
        }
        let count = |counts: fn(Verdict) -> bool| checks.iter().filter(|check| counts(check.verdict)).count();
        writeln!(
            out,
            r#"  <testsuite name="{} {}" tests="{}" failures="{}" errors="{}" skipped="{}">"#,
            probe.id,
            escaped(probe.title),
            checks.len(),
            count(Verdict::is_fail),
            count(|verdict| verdict == Verdict::Inconclusive),
            count(|verdict| verdict == Verdict::Skip),
        )?;
        for check in checks {
            write_case(check, &mut out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    if !report.notes.is_empty() {
        writeln!(out, r#"  <testsuite name="notes" tests="0" failures="0" errors="0" skipped="0">"#)?;
        writeln!(out, "    <system-out>{}</system-out>\n  </testsuite>", escaped(&report.notes.join("\n")))?;
    }
    writeln!(out, "</testsuites>")
}

fn write_case(check: &Check, out: &mut impl Write) -> io::Result<()> {
    let name = escaped(&format!("{} {}", check.path, check.variant));
    let seconds = check.time.as_secs_f64();
    write!(out, r#"    <testcase name="{name}" classname="gatewright.prove.{}" time="{seconds:.6}""#, check.probe)?;
    let evidence = escaped(&check.evidence);
    match check.verdict {
        Verdict::Pass => return writeln!(out, "/>"),
        Verdict::Skip => writeln!(out, ">\n      <skipped message=\"{evidence}\"/>")?,
        Verdict::Warn => writeln!(out, ">\n      <system-out>WARN: {evidence}</system-out>")?,
        Verdict::Inconclusive => writeln!(out, ">\n      <error message=\"{evidence}\"/>")?,
        Verdict::Open | Verdict::Spoof | Verdict::Loop => {
            let lint = check.lint.map(|lint| format!("\nlint: {lint}")).unwrap_or_default();
            let text = escaped(&format!("{}{lint}", check.curl.as_deref().unwrap_or_default()));
            let kind = check.verdict.name();
            writeln!(out, ">\n      <failure type=\"{kind}\" message=\"{evidence}\">{text}</failure>")?;
        }
    }
    writeln!(out, "    </testcase>")
}

/// For a value and for text: XML 1.0 §2.2 knows no control characters but three, not even escaped.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    #[test]
    fn failures_errors_and_skips_are_counted_and_nothing_breaks_the_xml() {
        let mut out = Vec::new();
        junit(&report(&[Verdict::Open, Verdict::Inconclusive, Verdict::Pass, Verdict::Warn, Verdict::Skip]), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for part in [
            r#"<testsuite name="P06 the path written otherwise" tests="4" failures="1" errors="1" skipped="0">"#,
            r#"<testcase name="/admin a &lt;b&gt; &amp; &quot;c&quot;"#,
            r#"<failure type="FAIL(open)" message="it shows `x`">curl -i http://a.test/&#10;lint: open-sibling</failure>"#,
            r#"<skipped message="it shows `x`"/>"#,
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(!text.contains('\u{1b}'));
    }
}
