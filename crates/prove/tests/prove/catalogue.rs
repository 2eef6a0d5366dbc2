//! Configurations of which a real nginx has shown whether they open, asked from outside.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use gatewright_prove::nginx::Disk;
use gatewright_prove::{Intent, Outcome, Stage, Staged};

/// A configuration, what is known of it, and what was seen.
struct Asked {
    file: String,
    label: String,
    outcome: Option<Outcome>,
    why: String,
}

fn ask_all() -> Vec<Asked> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/linter/catalogue");
    let labels = std::fs::read_to_string(folder.join("labels.tsv")).unwrap();
    let rows: Vec<(&str, &str)> = labels
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?, cells.next()?))
        })
        .filter(|(_, label)| *label != "rejected")
        .collect();
    let (next, asked) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((file, label)) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let one = ask(&folder.join(file), file, label);
                    asked.lock().unwrap().push(one);
                }
            });
        }
    });
    let mut asked = asked.into_inner().unwrap();
    asked.sort_by(|left, right| left.file.cmp(&right.file));
    asked
}

fn ask(path: &Path, file: &str, label: &str) -> Asked {
    let (file, label) = (file.to_owned(), label.to_owned());
    match Stage::start(path.to_str().unwrap().as_bytes(), &Disk, Intent::default(), None).unwrap() {
        Staged::Refused(trial) => Asked { file, label, outcome: None, why: format!("{trial:?}") },
        Staged::Runs(stage) => {
            let outside = stage.outside(|_| ());
            let checks = outside.reports.iter().flat_map(|report| &report.checks);
            let fails = checks.filter(|check| check.verdict.is_fail());
            let why = fails.map(|check| format!("{} {} {}: {}", check.probe, check.path, check.variant, check.evidence));
            Asked { file, label, outcome: outside.outcome, why: why.take(3).collect::<Vec<_>>().join(", ") }
        }
    }
}

#[test]
fn open_configurations_of_the_catalogue_are_found_and_no_closed_one_is_called_open() {
    if !has_nginx() {
        return;
    }
    let asked = ask_all();
    let is_missed = |one: &&Asked| one.label != "closed" && one.outcome.is_none_or(|outcome| outcome.word() != one.label);
    let missed: Vec<&str> = asked.iter().filter(is_missed).map(|one| one.file.as_str()).collect();
    assert_eq!(missed, MISSED.map(|(file, _)| file));
    let open = asked.iter().filter(|one| one.label == "open").count();
    assert_eq!((open, asked.len()), (22, 57));
    let is_alarm = |one: &&Asked| one.label == "closed" && matches!(one.outcome, Some(Outcome::Open | Outcome::Spoofed));
    let alarms: Vec<String> = asked.iter().filter(is_alarm).map(|one| format!("{}: {}", one.file, one.why)).collect();
    assert_eq!(alarms, [""; 0]);
}

#[test]
fn identity_that_the_configuration_does_not_name_is_tried_when_somebody_names_it() {
    if !has_nginx() {
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/linter/catalogue").join(MISSED[0].0);
    let staged = Stage::start(file.to_str().unwrap().as_bytes(), &Disk, Intent::default(), None).unwrap();
    let Staged::Runs(stage) = staged else { panic!("{staged:?}") };
    let outside = stage.outside(|options| options.identity = vec!["X-User".to_owned()]);
    assert_eq!(outside.outcome, Some(Outcome::Spoofed));
}

/// What is not found from outside, and why.
const MISSED: [(&str, &str); 2] = [
    ("13-try-files-falls-to-unprotected-app-auth-in-first.conf", "nothing in it says that the application believes `X-User`"),
    ("32-internal-on-protected-location-error-page.conf", "nobody knows of `/miss` who has not read it"),
];

/// Whether there is an nginx to run; `GATEWRIGHT_REQUIRE_PROXIES` makes it a failure if there is none.
fn has_nginx() -> bool {
    let has = Path::new("/usr/sbin/nginx").exists();
    assert!(has || std::env::var_os("GATEWRIGHT_REQUIRE_PROXIES").is_none(), "nginx is not installed");
    if !has {
        eprintln!("skipped: nginx is not installed");
    }
    has
}
