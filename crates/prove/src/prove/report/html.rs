//! A run as a page that a person can read: one file, without a script, that asks for nothing.

use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, HtmlEscape, UndefinedBehavior, Value};
use serde::Serialize;

use super::ORDER;
use super::summary::{Kind, Summary, how_many};
use crate::lint::lints;
use crate::prove::probe::probes;
use crate::prove::verdict::{Check, LearnedPath, Report, Verdict};
use crate::source::shown;

/// Writes the page: what it comes to in words, what failed and how to see it again, then all that was tried.
///
/// It can be sent as it is, and kept beside the results of a CI: style stands in it, and it names nothing that is loaded.
///
/// # Errors
/// Those of `out`.
///
/// # Example
/// ```
/// use gatewright_prove::prove::{Prove, prove, report};
/// let report = prove(&Prove::new("http://127.0.0.1:1/".parse()?), &mut |_| ());
/// let mut out = Vec::new();
/// report::html(&report, &mut out)?;
/// assert!(String::from_utf8_lossy(&out).contains("<h1>Nothing is proved</h1>"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn html(report: &Report, mut out: impl Write) -> io::Result<()> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(io::Error::other)?;
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Whatever a server wrote into its answers stays text.
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("prose", |text: &str| Value::from_safe_string(prose(text)));
    let text = environment.render_str(TEMPLATE, Serde(Page::new(report))).map_err(io::Error::other)?;
    writeln!(out, "{text}")
}

/// What the template may name.
#[derive(Serialize)]
struct Page {
    class: &'static str,
    headline: String,
    lead: String,
    target: String,
    started: String,
    version: &'static str,
    checks: usize,
    requests: usize,
    /// What is not as it should be, worst first.
    sections: Vec<Section>,
    paths: Vec<Path>,
    unknown: Option<String>,
    probes: Vec<Row>,
    /// What is, and what was not tried.
    folds: Vec<Section>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Section {
    title: &'static str,
    /// Before the probe's id in the anchor of a group.
    anchor: &'static str,
    class: &'static str,
    groups: Vec<Group>,
}

/// The checks of a probe with the same kind of verdict.
#[derive(Serialize)]
struct Group {
    id: &'static str,
    title: &'static str,
    checks: Vec<Case>,
}

#[derive(Serialize)]
struct Case {
    verdict: &'static str,
    severity: Option<&'static str>,
    path: String,
    variant: String,
    evidence: String,
    lint: Option<Lint>,
    curl: Option<String>,
}

#[derive(Serialize)]
struct Lint {
    id: &'static str,
    title: &'static str,
    page: String,
}

#[derive(Serialize)]
struct Path {
    path: String,
    authorised: String,
    anonymous: String,
    useless: Option<String>,
}

/// A probe in the table.
#[derive(Serialize)]
struct Row {
    id: &'static str,
    title: &'static str,
    verdict: &'static str,
    class: &'static str,
    /// Of the section that says more.
    anchor: Option<&'static str>,
    many: String,
}

impl Page {
    fn new(report: &Report) -> Self {
        let summary = Summary::new(report);
        let class = match summary.kind {
            Kind::Blocked => "good",
            Kind::Broken => "bad",
            Kind::Doubtful | Kind::Nothing => "doubt",
        };
        Self {
            class,
            headline: summary.headline,
            lead: safe(&summary.lead),
            target: safe(&report.target),
            started: safe(&report.started),
            version: env!("CARGO_PKG_VERSION"),
            checks: report.checks.len(),
            requests: report.requests.len(),
            sections: SECTIONS.iter().filter_map(|section| section.of(report)).collect(),
            paths: report.baseline.paths.iter().map(Path::new).collect(),
            unknown: report.baseline.unknown.as_deref().map(safe),
            probes: rows(report),
            folds: FOLDS.iter().filter_map(|section| section.of(report)).collect(),
            notes: report.notes.iter().map(|note| safe(note)).collect(),
        }
    }
}

/// Which verdicts stand in a section.
struct Contents {
    title: &'static str,
    anchor: &'static str,
    class: &'static str,
    verdicts: &'static [Verdict],
}

impl Contents {
    /// The section; `None` if nothing stands in it.
    fn of(&self, report: &Report) -> Option<Section> {
        let mut groups = Vec::new();
        for probe in probes() {
            let worst_first = self.verdicts.iter().flat_map(|verdict| {
                let mut checks: Vec<&Check> =
                    report.checks.iter().filter(|check| check.probe == probe.id && check.verdict == *verdict).collect();
                checks.sort_by_key(|check| std::cmp::Reverse(check.severity));
                checks
            });
            let checks: Vec<Case> = worst_first.map(Case::new).collect();
            if !checks.is_empty() {
                groups.push(Group { id: probe.id, title: probe.title, checks });
            }
        }
        let Self { title, anchor, class, .. } = *self;
        (!groups.is_empty()).then_some(Section { title, anchor, class, groups })
    }
}

impl Case {
    fn new(check: &Check) -> Self {
        Self {
            verdict: check.verdict.name(),
            severity: check.severity.map(crate::Severity::name),
            path: safe(&check.path),
            variant: safe(&check.variant),
            evidence: safe(&check.evidence),
            lint: check.lint.and_then(Lint::new),
            curl: check.curl.as_deref().map(safe),
        }
    }
}

impl Lint {
    fn new(id: &'static str) -> Option<Self> {
        let lint = lints().into_iter().find(|lint| lint.id == id)?;
        Some(Self { id, title: lint.title, page: lint.documentation() })
    }
}

impl Path {
    fn new(path: &LearnedPath) -> Self {
        Self {
            path: safe(&path.path),
            authorised: path.authorised.as_deref().map_or_else(|| "there is none".to_owned(), safe),
            anonymous: path.anonymous.as_deref().map_or_else(|| "not asked".to_owned(), safe),
            useless: path.useless.as_deref().map(safe),
        }
    }
}

fn rows(report: &Report) -> Vec<Row> {
    let mut rows = Vec::new();
    for probe in probes() {
        let checks: Vec<&Check> = report.checks.iter().filter(|check| check.probe == probe.id).collect();
        let count = |verdict: Verdict| checks.iter().filter(|check| check.verdict == verdict).count();
        let Some(worst) = ORDER.into_iter().find(|verdict| count(*verdict) > 0) else { continue };
        let contents = SECTIONS.iter().find(|section| section.verdicts.contains(&worst));
        rows.push(Row {
            id: probe.id,
            title: probe.title,
            verdict: worst.name(),
            class: match worst {
                Verdict::Pass => "good",
                Verdict::Skip => "none",
                _ => contents.map_or("none", |section| section.class),
            },
            anchor: contents.map(|section| section.anchor),
            many: safe(&how_many(worst, &checks)),
        });
    }
    rows
}

/// Without control characters, and without those that turn the direction of text round: a path could read as another.
fn safe(text: &str) -> String {
    shown(text.as_bytes()).replace(
        |letter| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
        "\u{fffd}",
    )
}

/// Escaped, and what stands between backticks as code.
fn prose(text: &str) -> String {
    let mut parts = text.split('`').peekable();
    let mut written = String::new();
    let mut is_code = false;
    while let Some(part) = parts.next() {
        let escaped = HtmlEscape(part).to_string();
        match (is_code, parts.peek()) {
            (true, Some(_)) => written.extend(["<code>", &escaped, "</code>"]),
            // A backtick that no other one closes.
            (true, None) => written.extend(["`", &escaped]),
            (false, _) => written.push_str(&escaped),
        }
        is_code = !is_code;
    }
    written
}

const TEMPLATE: &str = include_str!("report.html");

const SECTIONS: [Contents; 3] = [
    Contents { title: "What failed", anchor: "failed", class: "bad", verdicts: &[Verdict::Open, Verdict::Spoof, Verdict::Loop] },
    Contents { title: "What could not be told", anchor: "untold", class: "doubt", verdicts: &[Verdict::Inconclusive] },
    Contents {
        title: "What is not as it should be, though nobody got in",
        anchor: "warned",
        class: "doubt",
        verdicts: &[Verdict::Warn],
    },
];

const FOLDS: [Contents; 2] = [
    Contents { title: "What is as it should be", anchor: "passed", class: "good", verdicts: &[Verdict::Pass] },
    Contents { title: "What was not tried", anchor: "skipped", class: "none", verdicts: &[Verdict::Skip] },
];

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    fn page(report: &Report) -> String {
        let mut out = Vec::new();
        html(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn failures_come_before_what_passed_and_are_linked_from_the_table() {
        let text = page(&report(&[Verdict::Pass, Verdict::Open, Verdict::Warn, Verdict::Skip]));
        for part in [
            "<header class=\"band bad\">",
            "<h3 id=\"failed-P06\">",
            "<a href=\"#failed-P06\">the path written otherwise</a>",
            "<pre>curl -i http:&#x2f;&#x2f;a.test&#x2f;</pre>",
            "lints&#x2f;open-sibling",
            "<summary><span class=\"count\">P06</span> the path written otherwise <span class=\"count\">(1)</span></summary>",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(text.find("What failed") < text.find("What is as it should be"));
    }

    #[test]
    fn nothing_that_a_server_or_a_client_wrote_leaves_its_place() {
        let mut hostile = report(&[Verdict::Open, Verdict::Pass]);
        let evil = "</pre><script>alert(1)</script>\" onload='x' {{ 7*7 }} \u{1b}[2J \u{202e}gnp.exe";
        hostile.target = evil.to_owned();
        hostile.started = evil.to_owned();
        hostile.baseline.unknown = Some(evil.to_owned());
        hostile.notes = vec![evil.to_owned()];
        for check in &mut hostile.checks {
            (check.path, check.variant, check.evidence) = (evil.to_owned(), evil.to_owned(), evil.to_owned());
            check.curl = Some(evil.to_owned());
        }
        let text = page(&hostile);
        assert!(!text.contains("<script") && !text.contains("onload='") && !text.contains("49"), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']) && text.contains("{{ 7*7 }}"));
        assert_eq!(text.matches("</pre>").count(), 1);
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(prose("a `b<` c"), "a <code>b&lt;</code> c");
        assert_eq!(
            (prose("`a"), prose("``"), prose("a` b `c`")),
            ("`a".into(), "<code></code>".into(), "a<code> b </code>c`".into())
        );
    }

    #[test]
    fn page_loads_nothing_and_runs_nothing() {
        let text = page(&report(&[Verdict::Open]));
        for part in ["<script", "<link", "<img", "@import", "url(", " style=", "src="] {
            assert!(!text.replace("style-src", "").contains(part), "{part}");
        }
        assert!(text.contains("default-src 'none'"));
    }

    #[test]
    fn run_that_proves_nothing_says_why_and_has_no_table() {
        let mut nothing = report(&[]);
        nothing.nothing_proved = Some("it cannot be reached".to_owned());
        let text = page(&nothing);
        assert!(text.contains("<h1>Nothing is proved</h1>") && text.contains("It cannot be reached."));
        assert!(text.contains("band doubt") && !text.contains("class=\"probes\""));
    }
}
