//! Every rule has a page in the manual, whose examples are what the rule says.

use std::path::{Path, PathBuf};

use gatewright::{Authorizer, Config};
use gatewright_prove::{Finding, Intent, Lint, data_lints};

use crate::support::findings;

/// A block of a page.
struct Block {
    language: String,
    kind: String,
    text: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/lints")
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some((language, kind)) = line.strip_prefix("```").and_then(|info| info.split_once(' ')) else { continue };
        let text = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        blocks.push(Block { language: language.to_owned(), kind: kind.to_owned(), text });
    }
    blocks
}

fn speaks(lint: &Lint, block: &Block) -> bool {
    let identity = ["X-User".to_owned()];
    let config = Config::from_toml("version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n").unwrap();
    let authorizer = Authorizer::new(&config).unwrap();
    let mut intent = Intent::default();
    intent.policy = Some((&config, &authorizer));
    intent.identity = &identity;
    let (_, found): (_, Vec<Finding>) = findings(&format!("{}.{}", lint.id, block.language), &block.text, &intent);
    found.iter().any(|finding| finding.lint.id == lint.id)
}

#[test]
fn every_rule_has_a_page_with_a_mistake_and_its_repair() {
    for lint in data_lints() {
        let path = folder().join(format!("{}.md", lint.id));
        let page = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(page.starts_with(&format!("# {}\n\nSeverity: {}", lint.id, lint.severity)), "{}", lint.id);
        let blocks = blocks(&page);
        assert_eq!(blocks.iter().map(|block| block.kind.as_str()).collect::<Vec<_>>(), ["bad", "good"], "{}", lint.id);
        assert!(speaks(lint, &blocks[0]), "{}: the mistake is not found", lint.id);
        assert!(!speaks(lint, &blocks[1]), "{}: the repair is called a mistake", lint.id);
    }
}

#[test]
fn every_page_has_a_rule() {
    let known: Vec<&str> = data_lints().map(|lint| lint.id).collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let id = name.trim_end_matches(".md");
        let ours = ["envoy-", "traefik-", "caddy-", "ingress-"].iter().any(|prefix| id.starts_with(prefix));
        assert!(!ours || known.contains(&id), "{name}");
    }
}
