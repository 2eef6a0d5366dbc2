//! Test results as JUnit XML, the form that build servers read.

use std::fmt::Write as _;

use crate::cli::verdicts::{Suite, place};

/// Writes the suites as one document.
pub(crate) fn xml(suites: &[Suite]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gatewright\">\n");
    for suite in suites {
        let (name, tests, failures) = (escape(&suite.file), suite.reports.len(), suite.failures());
        line(&mut text, &format!("  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">"));
        for report in &suite.reports {
            let case = format!("    <testcase classname=\"{name}\" name=\"{}\"", escape(&report.name));
            match &report.failure {
                None => line(&mut text, &format!("{case}/>")),
                Some(failure) => {
                    line(&mut text, &format!("{case}>"));
                    let details = format!("{}\n{}", place(&suite.file, report.position), report.explanation);
                    line(&mut text, &format!("      <failure message=\"{}\">{}</failure>", escape(failure), escape(&details)));
                    line(&mut text, "    </testcase>");
                }
            }
        }
        line(&mut text, "  </testsuite>");
    }
    line(&mut text, "</testsuites>");
    text
}

fn line(text: &mut String, content: &str) {
    text.push_str(content);
    text.push('\n');
}

/// Escapes text for an element or a quoted attribute; a character that XML 1.0 §2.2 has no form for becomes U+FFFD.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // As references, or attribute normalisation would turn them into spaces.
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        assert_eq!(escape("a<b> & \"c\"\n\u{1}\u{1b}[31mé"), "a&lt;b&gt; &amp; &quot;c&quot;&#10;\u{fffd}\u{fffd}[31mé");
    }

    #[test]
    fn an_empty_suite_is_still_a_document() {
        let text = xml(&[Suite { file: "a&b.toml".to_owned(), reports: Vec::new() }]);
        assert!(text.contains("<testsuite name=\"a&amp;b.toml\" tests=\"0\" failures=\"0\" errors=\"0\">"), "{text}");
        assert!(text.starts_with("<?xml") && text.ends_with("</testsuites>\n"), "{text}");
    }
}
