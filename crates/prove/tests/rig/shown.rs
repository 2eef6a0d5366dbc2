//! Configurations of which a real nginx has shown whether a request gets past the gate: the rig shows the same, by itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use gatewright_prove::nginx::Disk;
use gatewright_prove::{Intent, Trial, rig};

use crate::support::has_nginx;

#[test]
fn every_configuration_of_the_catalogue_does_what_it_is_known_to_do() {
    let Some(tried) = Tried::new("catalogue", |_| true) else { return };
    assert!(tried.trials.len() == 58 && tried.differ(&[]).is_empty(), "{}", tried.differ(&[]));
}

/// Those are left out that open only together with an application, a gate or an intention that the file does not show.
#[test]
fn every_configuration_of_the_field_does_what_it_is_known_to_do() {
    let Some(tried) = Tried::new("field", |labels| labels[4] == "-") else { return };
    assert!(tried.differ(KNOWN).is_empty(), "{}", tried.differ(KNOWN));
}

/// The others: what opens only with such a gate or application is said beside the verdict.
#[test]
fn what_opens_only_with_an_odd_gate_or_application_is_a_remark() {
    let Some(tried) = Tried::new("field", |labels| REMARKS.iter().any(|(file, _)| labels[0].starts_with(file))) else { return };
    for (start, word) in REMARKS {
        let (file, trial) = tried.trials.iter().find(|(file, _)| file.starts_with(start)).unwrap();
        let remarks = || trial.remarks.iter().map(|remark| format!("{}: {}", remark.gate, remark.what));
        assert!(remarks().any(|remark| remark.contains(word)), "{file}: {:?}", remarks().collect::<Vec<_>>());
    }
}

#[test]
fn open_path_that_is_declared_is_no_hole_but_tells_the_application_who_asks() {
    if !has_nginx() {
        return;
    }
    let open = ["/profiles/*".to_owned()];
    let mut intent = Intent::default();
    intent.open = &open;
    for (file, word) in [
        ("u159-open-path-identity.conf", "spoofed"),
        ("u160-open-path-stripped.conf", "closed"),
        ("u161-open-path-inherited.conf", "closed"),
    ] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/linter/field").join(file);
        let trial = rig(file.to_str().unwrap().as_bytes(), &Disk, intent, None).unwrap();
        assert_eq!(trial.outcome.word(), word, "{:?}", trial.shown);
    }
}

/// What the label says of these is said otherwise, or only with what somebody declares.
const KNOWN: &[&str] = &[
    "u159-open-path-identity.conf", // a location that only lacks the gate: without a word, nobody has meant it
    "u161-open-path-inherited.conf", // the gate is switched off for a tree of the application: that is open unless it is declared
    "u184-accel-files-b.conf",      // the gate is switched off for files: that they are private only their name tells
];

const REMARKS: [(&str, &str); 9] = [
    ("u023", "by the path"),
    ("u025", "by the method"),
    ("u026", "by the path"),
    ("u027", "by the path"),
    ("u029", "by the host"),
    ("u032", "X-Accel-Redirect"),
    ("u145", "without identity"),
    ("u150", "some applications"),
    ("u151", "some applications"),
];

struct Tried {
    labels: BTreeMap<String, String>,
    trials: BTreeMap<String, Trial>,
}

impl Tried {
    /// Runs those of a folder that are chosen; `None` where nginx is missing.
    fn new(name: &str, is_chosen: impl Fn(&[&str]) -> bool) -> Option<Self> {
        if !has_nginx() {
            return None;
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/linter").join(name);
        let labels = std::fs::read_to_string(folder.join("labels.tsv")).unwrap();
        let labels = labels.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
        let labels = labels.filter(|labels| is_chosen(labels)).map(|labels| (labels[0].to_owned(), labels[1].to_owned()));
        let labels: BTreeMap<_, _> = labels.collect();
        let trials = trials(&labels.keys().map(|file| folder.join(file)).collect::<Vec<_>>());
        Some(Self { labels, trials })
    }

    /// Those that came out otherwise, but for the known ones, and the known ones that did not.
    fn differ(&self, known: &[&str]) -> String {
        let mut said = String::new();
        for (file, label) in &self.labels {
            let trial = &self.trials[file];
            if (trial.outcome.word() == label) == known.contains(&file.as_str()) {
                writeln!(said, "{file} is {label}, and came out {}: {:?}", trial.outcome, trial.shown.first()).unwrap();
            }
        }
        said
    }
}

/// Runs them, a few at once: much of the time is waiting.
fn trials(files: &[PathBuf]) -> BTreeMap<String, Trial> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
                    let trial = rig(file.to_str().unwrap().as_bytes(), &Disk, Intent::default(), None);
                    let trial = trial.unwrap_or_else(|error| panic!("{name}: {error}"));
                    done.lock().unwrap().insert(name, trial);
                }
            });
        }
    });
    done.into_inner().unwrap()
}
