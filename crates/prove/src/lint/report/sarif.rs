//! Findings as SARIF 2.1.0 (OASIS), which forges take to show them beside the lines.

use std::collections::HashMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::lines;
use crate::lint::finding::{Finding, Lint, Report, Severity};
use crate::lint::lints;
use crate::source::{Sources, Span};

/// Writes one log with one run: every rule there is, and a result for each finding.
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
/// report::sarif(&[found], &mut out)?;
/// assert!(String::from_utf8_lossy(&out).contains(r#""version": "2.1.0""#));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn sarif(reports: &[Report], mut out: impl Write) -> io::Result<()> {
    let lints = lints();
    let indexes: HashMap<&str, usize> = lints.iter().enumerate().map(|(index, lint)| (lint.id, index)).collect();
    let mut seen = HashMap::new();
    let mut results = Vec::new();
    for report in reports {
        for finding in &report.findings {
            let mut result = result(finding, &report.sources, &mut seen);
            if let (Some(index), Some(members)) = (indexes.get(finding.lint.id), result.as_object_mut()) {
                members.insert("ruleIndex".to_owned(), json!(index));
            }
            results.push(result);
        }
    }
    let driver = json!({
        "name": "gatewright",
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": lints.into_iter().map(rule).collect::<Vec<_>>(),
    });
    let run = json!({ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results });
    let log = json!({ "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run] });
    serde_json::to_writer_pretty(&mut out, &log)?;
    writeln!(out)
}

/// A rule (`reportingDescriptor`, section 3.49).
fn rule(lint: &Lint) -> Value {
    let page = lint.documentation();
    let mut properties = json!({ "tags": ["security"] });
    if let (Some(score), Some(members)) = (score(lint.severity), properties.as_object_mut()) {
        members.insert("security-severity".to_owned(), json!(score));
    }
    json!({
        "id": lint.id,
        "shortDescription": { "text": sentence(lint.title) },
        "fullDescription": { "text": sentence(lint.title) },
        "helpUri": page,
        "help": {
            "text": format!("What it looks for, and what to write instead: {page}"),
            "markdown": format!("What it looks for, and what to write instead: [{}]({page})", lint.id),
        },
        "defaultConfiguration": { "level": level(lint.severity) },
        "properties": properties,
    })
}

/// A finding (`result`, section 3.27).
///
/// Braces stay as they are: without `arguments` no consumer looks for placeholders, and a doubled brace is what people would see.
fn result(finding: &Finding, sources: &Sources, seen: &mut HashMap<u64, u64>) -> Value {
    let text = [finding.lint.title, &finding.why, &finding.help].map(sentence).join(" ");
    let related = finding.related.iter().zip(0_u32..);
    let related = related
        .map(|((span, what), id)| json!({ "id": id, "physicalLocation": place(sources, *span), "message": { "text": what } }));
    json!({
        "ruleId": finding.lint.id,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": place(sources, finding.span) }],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": { "line/v1": fingerprint(finding, sources, seen) },
        "properties": { "severity": finding.severity.name() },
    })
}

/// A `physicalLocation` (section 3.29).
fn place(sources: &Sources, span: Span) -> Value {
    let Some((name, start, end)) = lines(sources, span) else { return json!({ "artifactLocation": { "uri": "" } }) };
    let region = json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    });
    json!({ "artifactLocation": artifact(name), "region": region })
}

/// A file by its URI (section 3.4): one that is not absolute lies below the root of the sources.
fn artifact(name: &[u8]) -> Value {
    let mut name =
        if cfg!(windows) { name.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect() } else { name.to_vec() };
    while name.starts_with(b"./") {
        name.drain(..2);
    }
    let is_drive = cfg!(windows) && name.get(1) == Some(&b':');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let path: String =
        name.iter().map(|byte| if is_plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect();
    match name.first() {
        Some(b'/') => json!({ "uri": format!("file://{path}") }),
        _ if is_drive => json!({ "uri": format!("file:///{path}") }),
        _ => json!({ "uri": path, "uriBaseId": "%SRCROOT%" }),
    }
}

/// What stays the same when lines are added above: the rule, the file, what the line says, and which of several alike it is.
fn fingerprint(finding: &Finding, sources: &Sources, seen: &mut HashMap<u64, u64>) -> String {
    let source = sources.get(finding.span.file);
    let text = source.map(|source| source.text()).unwrap_or_default();
    let before = text.get(..finding.span.start).unwrap_or_default().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let after = text.get(finding.span.start..).unwrap_or_default().split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = [before, after].concat();
    let name = source.map(|source| source.name()).unwrap_or_default();
    let parts = [finding.lint.id.as_bytes(), b"\0", name, b"\0", line.trim_ascii()];
    // FNV-1a: it only has to be the same everywhere.
    let hash = parts
        .concat()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let count = seen.entry(hash).or_default();
    *count = count.saturating_add(1);
    format!("{hash:016x}:{count}")
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// A score in the middle of the range that GitHub calls by the same word; what is none of these gets none.
const fn score(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

/// With a capital and a full stop, as the standard wants messages.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    fn log(reports: &[Report]) -> Value {
        let mut out = Vec::new();
        sarif(reports, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn log_has_what_the_standard_requires() {
        let log = log(&[report("./conf d/a.conf", "a;\n\u{1d11e}b c;\n", &[(7, 8, Severity::High)])]);
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!((&run["tool"]["driver"]["name"], &run["columnKind"]), (&"gatewright".into(), &"unicodeCodePoints".into()));
        let result = &run["results"][0];
        assert_eq!((&result["ruleId"], &result["level"]), (&"opens".into(), &"error".into()));
        assert_eq!(result["message"]["text"], "Everybody gets in. Why `it` opens. Write another.");
        let place = json!({
            "artifactLocation": { "uri": "conf%20d/a.conf", "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": 2, "startColumn": 2, "endLine": 2, "endColumn": 3 },
        });
        assert_eq!(result["locations"], json!([{ "physicalLocation": place }]));
        assert_eq!(result["relatedLocations"][0]["message"]["text"], "the first");
    }

    #[test]
    fn every_rule_is_described() {
        let log = log(&[]);
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), lints().len());
        for (rule, lint) in rules.iter().zip(lints()) {
            assert_eq!(rule["id"], lint.id);
            let has_score = rule["properties"]["security-severity"].is_string();
            assert!(has_score == (lint.severity > Severity::Info) && rule["help"]["text"].is_string(), "{rule}");
        }
        assert_eq!(log["runs"][0]["results"], json!([]));
    }

    #[test]
    fn result_of_a_known_rule_has_its_index() {
        let mut report = report("a", "a", &[(0, 1, Severity::Low)]);
        report.findings[0].lint = lints()[1];
        let log = log(&[report]);
        let index = log["runs"][0]["results"][0]["ruleIndex"].as_u64().unwrap();
        assert_eq!(index, 1);
    }

    #[test]
    fn file_with_a_root_is_absolute_and_any_byte_can_be_in_a_name() {
        assert_eq!(artifact(b"/etc/a:%\xff.conf"), json!({ "uri": "file:///etc/a%3A%25%FF.conf" }));
        assert_eq!(artifact(b"-")["uri"], "-");
    }

    #[test]
    fn fingerprint_outlives_new_lines_and_tells_equal_lines_apart() {
        let prints = |text: &str, at: &[(usize, usize, Severity)]| -> Vec<String> {
            let log = log(&[report("a", text, at)]);
            let results = log["runs"][0]["results"].as_array().unwrap().clone();
            results.iter().map(|result| result["partialFingerprints"]["line/v1"].as_str().unwrap().to_owned()).collect()
        };
        let low = Severity::Low;
        let before = prints("b;\nb;\n", &[(0, 1, low), (3, 4, low)]);
        assert_ne!(before[0], before[1]);
        assert_eq!(prints("a;\n b;\n\tb;\n", &[(4, 5, low), (8, 9, low)]), before);
    }
}
