//! The page of advisories and the tests of both crates say the same, and the page is complete.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// How many identifiers of each kind the page has. One that is added is counted here; none is ever taken away.
const IDENTIFIERS: [(&str, usize); 3] = [("CVE", 239), ("GHSA", 129), ("RUSTSEC", 31)];

/// A row of a table of the page.
struct Row {
    ids: Vec<String>,
    cause: String,
    here: Here,
}

/// What a row says of this software.
enum Here {
    /// The crate's short name and the function's.
    Test(String, String),
    Reason(String),
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rows() -> Vec<Row> {
    let page = fs::read_to_string(root().join("docs/src/security/advisories.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| id ")).map(row);
    rows.collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [ids, cause, here] = cells[..] else { panic!("{} cells instead of three: {line}", cells.len()) };
    let test = here.split_once(": `advisories::").map(|(place, name)| (place, name.strip_suffix('`').unwrap()));
    let here = match test {
        Some((place, name)) => Here::Test(place.to_owned(), name.to_owned()),
        None => Here::Reason(here.to_owned()),
    };
    Row { ids: ids.split(", ").map(str::to_owned).collect(), cause: cause.to_owned(), here }
}

/// The start of a test's name for an advisory.
fn prefix(id: &str) -> String {
    format!("{}_", id.to_ascii_lowercase().replace('-', "_"))
}

/// The tests of both crates that are named after an advisory, by name, with the crate.
fn tests() -> HashMap<String, &'static str> {
    let mut tests = HashMap::new();
    for place in ["core", "http"] {
        for file in fs::read_dir(root().join(format!("crates/{place}/tests/advisories"))).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            for test in text.split("#[test]\nfn ").skip(1) {
                let name = test.split_once('(').unwrap().0;
                if name.starts_with("cve_") || name.starts_with("ghsa_") {
                    assert_eq!(tests.insert(name.to_owned(), place), None, "{name} is there twice");
                }
            }
        }
    }
    tests
}

#[test]
fn every_row_names_a_test_that_is_there_or_says_why_there_is_none() {
    let tests = tests();
    for Row { ids, cause, here } in rows() {
        assert!(cause.ends_with('.') && cause.len() > 10, "{ids:?} does not say what went wrong: {cause:?}");
        match here {
            Here::Test(place, name) => {
                assert_eq!(tests.get(&name).copied(), Some(place.as_str()), "{ids:?}: no test `{name}` in {place}");
                assert!(ids.iter().any(|id| name.starts_with(&prefix(id))), "{ids:?}: `{name}` is another's");
            }
            Here::Reason(reason) => {
                assert!(reason.len() > 10 && !reason.contains("advisories::"), "{ids:?} has neither test nor reason: {reason:?}");
                let own = tests.keys().find(|name| ids.iter().any(|id| name.starts_with(&prefix(id))));
                assert_eq!(own, None, "{ids:?} has a test, and the page says why it has none");
            }
        }
    }
}

#[test]
fn every_test_stands_in_one_row() {
    let mut named = HashMap::<String, usize>::new();
    for row in rows() {
        if let Here::Test(_, name) = row.here {
            *named.entry(name).or_default() += 1;
        }
    }
    for (name, place) in tests() {
        assert_eq!(named.get(&name), Some(&1), "{place}: `{name}` on docs/src/security/advisories.md");
    }
}

#[test]
fn every_identifier_is_there_once() {
    let (mut seen, mut counts) = (HashSet::new(), HashMap::<String, usize>::new());
    for id in rows().into_iter().flat_map(|row| row.ids) {
        let (kind, number) = id.split_once('-').unwrap_or_else(|| panic!("{id:?} is no identifier"));
        assert!(number.contains('-') && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{id:?}");
        *counts.entry(kind.to_owned()).or_default() += 1;
        assert!(seen.insert(id.clone()), "{id} is there twice");
    }
    let expected = IDENTIFIERS.map(|(kind, count)| (kind.to_owned(), count));
    assert_eq!(counts, HashMap::from(expected));
}

/// The versions of a crate in Cargo.lock.
fn locked<'l>(lock: &'l str, name: &str) -> Vec<&'l str> {
    let entry = format!("name = \"{name}\"\nversion = \"");
    lock.split(&entry).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn version(text: &str) -> [u64; 3] {
    let mut parts = text.split(['-', '+']).next().unwrap().split('.').map(|part| part.parse().unwrap());
    [parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap()]
}

#[test]
fn what_the_page_says_of_cargo_lock_is_so() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let mut compared = 0;
    for row in rows() {
        let Here::Reason(reason) = row.here else { continue };
        let named = |text: &str| text.split('`').nth(1).unwrap().to_owned();
        if reason.ends_with("is not in Cargo.lock") {
            assert_eq!(locked(&lock, &named(&reason)), Vec::<&str>::new(), "{:?}: {reason}", row.ids);
        } else if let Some(fixed) = reason.strip_suffix("; Cargo.lock has nothing older") {
            let name = named(fixed);
            // One version, or one for each line of releases, ascending.
            let fixed: Vec<_> = fixed.rsplit_once("` ").unwrap().1.split(", ").map(version).collect();
            let found = locked(&lock, &name);
            assert!(!found.is_empty(), "{:?}: `{name}` is not in Cargo.lock any more", row.ids);
            for found in found {
                let version = version(found);
                let line = fixed.iter().find(|fix| fix[..2] == version[..2]).or(fixed.last()).unwrap();
                assert!(version >= *line, "{:?}: Cargo.lock has `{name}` {found}", row.ids);
            }
        } else {
            continue;
        }
        compared += 1;
    }
    assert_eq!(compared, 32);
}
