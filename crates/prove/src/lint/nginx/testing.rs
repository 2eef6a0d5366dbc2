//! What the rules say about a configuration in a test.

use std::io;

use crate::lint::{Intent, Severity, lint};
use crate::nginx::Files;

/// One file in memory.
struct Text<'t>(&'t str);

impl Files for Text<'_> {
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        if name == b"nginx.conf" { Ok(self.0.as_bytes().to_vec()) } else { Err(io::ErrorKind::NotFound) }
    }

    fn names(&self, _: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }
}

/// Every finding about a whole file, the inside of `http` or that of a server: the rule, how bad, and the line.
pub(super) fn ids(text: &str) -> Vec<(&'static str, Severity, usize)> {
    ids_for(text, Intent::default())
}

/// The same, with what the operator means to be so.
pub(super) fn ids_for(text: &str, intent: Intent<'_>) -> Vec<(&'static str, Severity, usize)> {
    let report = lint(b"nginx.conf", &Text(text), intent).unwrap();
    let line = |span: crate::source::Span| report.sources.get(span.file).unwrap().position(span.start).line;
    report.findings.iter().map(|finding| (finding.lint.id, finding.severity, line(finding.span))).collect()
}

/// How bad one rule finds a configuration, at its worst; `None` if it says nothing.
pub(super) fn worst(id: &str, text: &str) -> Option<Severity> {
    ids(text).into_iter().filter(|(found, ..)| *found == id).map(|(_, severity, _)| severity).max()
}
