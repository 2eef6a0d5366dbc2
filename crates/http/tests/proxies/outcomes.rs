//! What came of each case, kept beside the tests and shown in the book.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::front::{self, Front};
use super::{outage, table};

/// The outcomes of one proxy, by case.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcomes(BTreeMap<String, String>);

/// The line of a file that says which version it was.
const VERSION: &str = "version";

impl Outcomes {
    pub(crate) fn add(&mut self, case: &str, outcome: String) {
        assert!(self.0.insert(case.to_owned(), outcome).is_none(), "two cases are called `{case}`");
    }

    fn kept(front: &str) -> Self {
        let text = std::fs::read_to_string(file(front)).unwrap_or_default();
        Self(
            text.lines()
                .filter_map(|line| line.split_once('\t'))
                .map(|(case, outcome)| (case.to_owned(), outcome.to_owned()))
                .collect(),
        )
    }

    /// Fails if this differs from what is kept, or keeps it, if asked to. What another version than the kept one makes of a case may
    /// differ in the number that a client sees; that it is safe has been checked already.
    pub(crate) fn compare_with_what_is_kept(mut self, front: &Front) {
        self.add(VERSION, front.version_installed().unwrap_or_default());
        let front = front.name;
        if std::env::var_os(WRITE).is_some() {
            let text: String = self.0.iter().map(|(case, outcome)| format!("{case}\t{outcome}\n")).collect();
            std::fs::write(file(front), text).unwrap();
            return;
        }
        let kept = Self::kept(front);
        if self.0.get(VERSION) != kept.0.get(VERSION) {
            eprintln!("{front} is {:?}, and {:?} is kept: outcomes are not compared", self.0.get(VERSION), kept.0.get(VERSION));
            return;
        }
        let names = self.0.keys().chain(kept.0.keys());
        let differ: std::collections::BTreeSet<String> = names
            .filter(|name| self.0.get(*name) != kept.0.get(*name))
            .map(|name| format!("{name}: {:?}, kept is {:?}", self.0.get(name), kept.0.get(name)))
            .collect();
        assert!(
            differ.is_empty(),
            "{front} behaves differently; {WRITE}=1 keeps it:\n{}",
            differ.into_iter().collect::<Vec<_>>().join("\n")
        );
    }
}

/// Compares the page of the book with what is kept, or writes it, if asked to.
pub(crate) fn compare_page() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/reference/proxies.md");
    let page = page();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(path, page).unwrap();
        return;
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "the page is not what is kept; {WRITE}=1 writes it");
}

fn page() -> String {
    let kept: Vec<(&str, Outcomes)> = front::ALL.iter().map(|front| (front.name, Outcomes::kept(front.name))).collect();
    let versions: Vec<String> = kept
        .iter()
        .map(|(name, outcomes)| format!("{name} {}", outcomes.0.get(VERSION).map_or("(not tried)", String::as_str)))
        .collect();
    let mut page = format!("{INTRODUCTION}\nThe versions: {}.\n", versions.join(", "));
    for of_one_reason in table::CANNOT.chunk_by(|one, other| (one.0, one.2) == (other.0, other.2)) {
        let (front, _, reason) = of_one_reason[0];
        let what: Vec<&str> = of_one_reason.iter().map(|(_, case, _)| case.split_once(": ").unwrap().1).collect();
        let what = what.join("; ");
        write!(page, "\n**{front}, {what}**: does not hold. {}{}.\n", reason[..1].to_uppercase(), &reason[1..]).unwrap();
    }
    let names: Vec<String> =
        table::cases().iter().map(|case| case.name).chain(outage::ALL.iter().map(|(name, _)| *name)).map(str::to_owned).collect();
    let mut group = "";
    for name in &names {
        let (of, what) = name.split_once(": ").unwrap();
        if of != group {
            group = of;
            write!(page, "\n## {}\n\n| {} |", title(of), of).unwrap();
            for (front, _) in &kept {
                write!(page, " {front} |").unwrap();
            }
            write!(page, "\n|---|{}\n", "---|".repeat(kept.len())).unwrap();
        }
        write!(page, "| {} |", code(what)).unwrap();
        for (_, outcomes) in &kept {
            write!(page, " {} |", outcomes.0.get(name).map_or("not tried".to_owned(), |outcome| shown(outcome))).unwrap();
        }
        page.push('\n');
    }
    page
}

/// A cell: what passes is told apart from what is refused.
fn shown(outcome: &str) -> String {
    if outcome.starts_with("does not hold") {
        return "**does not hold**, see above".to_owned();
    }
    match outcome.strip_prefix("passes as ") {
        Some(path) if path.len() < 40 => format!("passes, `{}`", path.replace('|', "\\|")),
        Some(_) => "passes".to_owned(),
        None => outcome.to_owned(),
    }
}

fn code(what: &str) -> String {
    if what.contains('/') || what.contains('*') || what.contains('_') { format!("`{what}`") } else { what.to_owned() }
}

fn title(group: &str) -> &'static str {
    match group {
        "decision" => "Decisions",
        "login" => "People and programs",
        "identity" => "A client that says who it is",
        "dialects" => "A client that says what is asked",
        "connection" => "A client that names headers in `Connection`",
        "facts" => "A client that says where it is",
        "path" => "Paths",
        "duplicates" => "Things that come twice",
        "cookies" => "Cookies",
        "method" => "Methods",
        "websocket" => "Websockets",
        "body" => "Bodies",
        "gate" => "A gate that does not answer as it should",
        other => panic!("no title for `{other}`"),
    }
}

fn file(front: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/proxies/outcomes").join(format!("{front}.tsv"))
}

const WRITE: &str = "GATEWRIGHT_WRITE_OUTCOMES";
const INTRODUCTION: &str = "\
# What each proxy does

Every proxy, with the configuration that `gatewright init` writes for it, goes through the same table of requests; a backend records
what reaches it. In every cell that does not say otherwise: nothing reached the backend but what the gate had allowed, with the
identity that the gate had found and no other, and without the proxy's secret; without the session cookie too, where the proxy can take
it out at all. What does not hold stands first, with its reason. The tests fail where anything else does not hold, and, with the versions
named here, where a cell changes. The table is over HTTP/1.1; over HTTP/2 with TLS, every case that can be told there is held to the same.

ingress-nginx has no column: its controller is not run, but what its template makes of the annotations is, in nginx.

A number is the status that the client got while the backend was not reached; `closed` is a connection that ended without an answer;
`passes` is a request that the gate allowed and the backend served, with the target that it got.

This page is written by the tests (`crates/http/tests/proxies`).
";
