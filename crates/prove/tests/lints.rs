//! Every rule of the linter has a page, and what the page says holds: the bad example gives the finding, the good one does not.
//!
//! A page is `docs/src/lints/ID.md`: its first line is `# ID`, a line `Severity: WORD` names the worst that the rule reports, and it
//! has blocks of `nginx`, `yaml`, `json` or `toml` that are marked `bad` or `good` (```` ```nginx bad ````), at least one of each. A
//! block that is marked `toml policy` is the policy of the gate for all of them; `X-User` is declared for those that are not nginx. `GATEWRIGHT_WRITE_LINTS=1 cargo test -p
//! gatewright-prove --test lints` writes the table of all rules and their list in the summary anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use gatewright::{Authorizer, Config};
use gatewright_prove::nginx::Files;
use gatewright_prove::{Intent, Lint, lint, lints};

#[test]
fn ids_are_words_and_stand_once() {
    let ids: BTreeSet<&str> = lints().iter().map(|lint| lint.id).collect();
    assert_eq!(ids.len(), lints().len());
    for lint in lints() {
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        assert!(lint.id.split('-').all(is_word), "{}", lint.id);
        let title = lint.title;
        assert!(!title.is_empty() && !title.ends_with('.') && !title.contains('\n'), "{}: {title}", lint.id);
    }
}

#[test]
fn every_rule_has_a_page_and_every_page_is_of_a_rule() {
    let rules: BTreeSet<String> = lints().iter().map(|lint| lint.id.to_owned()).collect();
    let pages: BTreeSet<String> = pages().into_keys().collect();
    let missing = rules.difference(&pages).map(|id| format!("no page docs/src/lints/{id}.md"));
    let foreign = pages.difference(&rules).map(|id| format!("no rule for docs/src/lints/{id}.md"));
    none_is_wrong(&missing.chain(foreign).collect::<Vec<_>>());
}

#[test]
fn page_names_the_rule_and_its_severity() {
    let mut wrong = Vec::new();
    for (lint, page) in described() {
        let Lint { id, severity, .. } = *lint;
        if page.lines().next() != Some(&format!("# {id}")) {
            wrong.push(format!("{id}: the first line is not `# {id}`"));
        }
        let said = page.lines().find_map(|line| line.strip_prefix("Severity: ")?.strip_prefix(severity.name()));
        if said.is_none_or(|rest| rest.starts_with(|letter: char| letter.is_ascii_alphanumeric())) {
            wrong.push(format!("{id}: no line `Severity: {severity}`"));
        }
    }
    none_is_wrong(&wrong);
}

#[test]
fn bad_examples_give_the_finding_and_good_ones_do_not() {
    let mut wrong = Vec::new();
    for (lint, page) in described() {
        let blocks = blocks(&page);
        for (word, is_found) in [("bad", true), ("good", false)] {
            let examples: Vec<_> = blocks.iter().filter(|block| block.mark == word).collect();
            if examples.is_empty() {
                wrong.push(format!("{}: no example that is {word}", lint.id));
            }
            for (number, block) in (1..).zip(examples) {
                match findings(block, &blocks) {
                    Ok(found) if found.contains(&lint.id) == is_found => {}
                    Ok(found) => wrong.push(format!("{}: {word} example {number} gives {found:?}", lint.id)),
                    Err(error) => wrong.push(format!("{}: {word} example {number}: {error}", lint.id)),
                }
            }
        }
    }
    none_is_wrong(&wrong);
}

#[test]
fn table_has_every_rule() {
    let rows = lints().into_iter().fold(String::new(), |mut rows, lint| {
        writeln!(rows, "| [{0}]({0}.md) | {1} | {2} |", lint.id, lint.severity, lint.title.replace('|', "\\|")).unwrap();
        rows
    });
    let head = "| rule | at its worst | finds |\n|---|---|---|\n";
    keep(&folder().join("index.md"), head, &rows);
}

#[test]
fn summary_has_every_rule() {
    let rows = lints().into_iter().fold(String::new(), |mut rows, lint| {
        writeln!(rows, "- [{0}](lints/{0}.md)", lint.id).unwrap();
        rows
    });
    keep(&folder().join("../SUMMARY.md"), "# Lints\n\n- [All rules](lints/index.md)\n", &rows);
}

/// Fails unless in a page these lines stand behind the head, up to an empty line or the end; or writes them there.
fn keep(path: &Path, head: &str, rows: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    let (before, behind) = text.split_once(head).unwrap_or_else(|| panic!("{} has no\n{head}", path.display()));
    let end = if behind.starts_with('\n') { 0 } else { behind.find("\n\n").map_or(behind.len(), |at| at + 1) };
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(path, [before, head, rows, &behind[end..]].concat()).unwrap();
        return;
    }
    assert!(&behind[..end] == rows, "{} should have ({WRITE}=1 writes it):\n{head}{rows}", path.display());
}

fn none_is_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every rule that has a page, with it.
fn described() -> Vec<(&'static Lint, String)> {
    let mut pages = pages();
    lints().into_iter().filter_map(|lint| Some((lint, pages.remove(lint.id)?))).collect()
}

/// The text of every page by its name.
fn pages() -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap());
    entries.map(read).filter(|(name, _)| name != "index").collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/lints")
}

/// A fenced block of a page that says what it is.
#[derive(Debug)]
struct Block {
    language: String,
    mark: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let text: String = lines.by_ref().take_while(|line| !line.starts_with("```")).flat_map(|line| [line, "\n"]).collect();
        if let Some((language, mark)) = info.split_once(' ') {
            found.push(Block { language: language.to_owned(), mark: mark.trim().to_owned(), text });
        }
    }
    found
}

/// The rules that speak of a block.
fn findings(block: &Block, blocks: &[Block]) -> Result<Vec<&'static str>, String> {
    let is_data = block.language != "nginx";
    let named = blocks.iter().find(|block| block.mark == "policy").map(|block| block.text.as_str());
    let policy = named.or(is_data.then_some(POLICY)).map(|text| {
        let config = Config::from_toml(text).map_err(|error| error.to_string())?;
        let authorizer = Authorizer::new(&config).map_err(|error| error.to_string())?;
        Ok::<_, String>((config, authorizer))
    });
    let policy = policy.transpose()?;
    let mut intent = Intent::default();
    intent.policy = policy.as_ref().map(|(config, authorizer)| (config, authorizer));
    let identity = ["X-User".to_owned()];
    intent.identity = if is_data { &identity } else { &[] };
    let name = match block.language.as_str() {
        "nginx" => "example.conf",
        "yaml" => "example.yaml",
        "json" => "example.json",
        "toml" => "example.toml",
        language => return Err(format!("`{language}` is none of nginx, yaml, json, toml")),
    };
    let report = lint(name.as_bytes(), &One { name, text: &block.text }, intent).map_err(|error| error.to_string())?;
    Ok(report.findings.iter().map(|finding| finding.lint.id).collect())
}

/// The only file there is.
struct One<'t> {
    name: &'t str,
    text: &'t str,
}

impl Files for One<'_> {
    fn read(&self, name: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        if name == self.name.as_bytes() { Ok(self.text.as_bytes().to_vec()) } else { Err(io::ErrorKind::NotFound) }
    }

    fn names(&self, _: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }
}

/// What is given with the examples of other proxies than nginx, which show no more than a part of a configuration.
const POLICY: &str = "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n";

const WRITE: &str = "GATEWRIGHT_WRITE_LINTS";
