//! Configurations of which a real nginx has shown whether a request gets past the gate: the linter says so of those that open, and for
//! the right reason, and is silent about those that hold.
//!
//! `catalogue`, `field` and `attempts` hold them, each with a `labels.tsv` (what nginx did) and a `said.tsv` (the rules that speak at high or
//! critical). `GATEWRIGHT_WRITE_SAID=1` writes the latter anew; a change in it is a change to look at.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gatewright_prove::nginx::Disk;
use gatewright_prove::{Intent, Severity, lint};

#[test]
fn catalogue_is_told_apart() {
    let told = told("catalogue", |_| true);
    assert!(told.is_found_in(95) && told.is_false_in(10), "{told:?}");
}

/// Those are left out that open only together with an application, a gate or an intention that the file does not show.
#[test]
fn field_is_told_apart() {
    let told = told("field", |labels| labels.get(4).is_none_or(|depends| *depends == "-"));
    assert!(told.is_found_in(95) && told.is_false_in(10), "{told:?}");
}

/// Configurations that were written to be missed, or to be taken for open ones: not all can be told apart.
#[test]
fn attempts_to_be_missed_are_mostly_told_apart() {
    let told = told("attempts", |_| true);
    assert!(told.is_found_in(80) && told.is_false_in(15), "{told:?}");
}

/// How many were told apart.
#[derive(Debug, Default)]
struct Told {
    open: usize,
    found: usize,
    closed: usize,
    alarms: usize,
    wrong: Vec<String>,
}

impl Told {
    fn is_found_in(&self, percent: usize) -> bool {
        self.open > 0 && self.found * 100 >= self.open * percent
    }

    fn is_false_in(&self, percent: usize) -> bool {
        self.closed > 0 && self.alarms * 100 <= self.closed * percent
    }
}

#[track_caller]
fn told(name: &str, counts: impl Fn(&[&str]) -> bool) -> Told {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/linter").join(name);
    let labels = std::fs::read_to_string(folder.join("labels.tsv")).unwrap();
    let mut said = String::from("file\tsaid\n");
    let mut told = Told::default();
    let labels: BTreeMap<&str, Vec<&str>> =
        labels.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>()).map(|labels| (labels[0], labels)).collect();
    assert_eq!(labels.keys().map(|file| folder.join(file)).collect::<Vec<_>>(), configurations(&folder));
    for (file, labels) in labels {
        let ids = ids(&folder.join(file));
        writeln!(said, "{file}\t{}", if ids.is_empty() { "-".to_owned() } else { ids.join(" ") }).unwrap();
        if !counts(&labels) {
            continue;
        }
        match (labels[1], ids.is_empty()) {
            ("open" | "spoofed", is_missed) => {
                told.open += 1;
                told.found += usize::from(!is_missed);
                if is_missed {
                    told.wrong.push(file.to_owned());
                }
            }
            ("closed", is_right) => {
                told.closed += 1;
                told.alarms += usize::from(!is_right);
                if !is_right {
                    told.wrong.push(format!("{file}: {}", ids.join(" ")));
                }
            }
            (verdict, _) => assert_eq!(verdict, "rejected"),
        }
    }
    let path = folder.join("said.tsv");
    if std::env::var_os("GATEWRIGHT_WRITE_SAID").is_some() {
        std::fs::write(&path, said).unwrap();
    } else {
        assert_eq!(std::fs::read_to_string(&path).unwrap(), said);
    }
    told
}

fn configurations(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|extension| extension == "conf")).collect();
    files.sort();
    files
}

/// The rules that speak at high or critical.
fn ids(file: &Path) -> Vec<&'static str> {
    let report = lint(file.as_os_str().as_encoded_bytes(), &Disk, Intent::default()).unwrap();
    let mut ids: Vec<_> =
        report.findings.iter().filter(|finding| finding.severity >= Severity::High).map(|finding| finding.lint.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
