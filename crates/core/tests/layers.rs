//! The modules of the core are layers: each uses only those declared above it in `lib.rs`.
//!
//! The order is the reading order and the reason why no import cycle can creep in. Test modules are exempt: a test may
//! build its request with whatever lies above. The check works on tokens, so comments and strings do not count.

#![expect(clippy::disallowed_methods, reason = "the sources under test are files; the core itself reads none")]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_module_uses_only_modules_declared_above_it() {
    let order = declared_modules(&read(&source_folder().join("lib.rs")));
    let violations: Vec<String> = module_files()
        .iter()
        .flat_map(|file| {
            let shown = file.strip_prefix(source_folder()).unwrap().display().to_string();
            violations(&order, &module_path(file), &read(file)).into_iter().map(move |violation| format!("{shown}: {violation}"))
        })
        .collect();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn every_file_belongs_to_a_declared_module() {
    let order = declared_modules(&read(&source_folder().join("lib.rs")));
    for file in module_files() {
        let module = module_path(&file).remove(0);
        assert!(order.contains(&module), "`{}` belongs to no module that lib.rs declares", file.display());
    }
}

#[test]
fn the_core_forbids_unsafe_code() {
    let forbid = tokens("#![forbid(unsafe_code)]");
    let root = tokens(&read(&source_folder().join("lib.rs")));
    assert!(root.windows(forbid.len()).any(|window| window == forbid), "lib.rs must say #![forbid(unsafe_code)]");
}

#[test]
fn use_of_a_later_module_is_found() {
    for planted in [
        "use crate::policy::Policy;",
        "use crate::{time::UnixTime, policy::{self, Policy}};",
        "use super::policy;",
        "fn f() { crate::policy::compile(); }",
        "mod inner { use super::super::policy; }",
        "pub(crate) fn f(p: &crate::policy::Policy) {}",
        "macro_rules! m { () => { $crate::policy::x() } }",
    ] {
        assert_eq!(violations_in(planted), ["uses `policy`, which is declared below `path`"], "{planted}");
    }
}

#[test]
fn use_through_the_crate_root_is_found() {
    assert_eq!(violations_in("use crate::Policy;"), ["uses `crate::Policy`: name the module it comes from"]);
    assert_eq!(violations_in("use crate::*;"), ["uses `crate::*`: name the module it comes from"]);
}

#[test]
fn use_of_an_earlier_module_of_its_own_parts_and_in_tests_is_fine() {
    for allowed in [
        "use crate::time::UnixTime;",
        "use crate::path::segment::Segment;",
        "use self::segment::Segment;",
        "mod inner { use super::Segment; }",
        "// use crate::policy::Policy;\n/* crate::policy /* nested */ */",
        "const TEXT: &str = \"crate::policy::x\"; const RAW: &str = r#\"crate::policy\"#;",
        "fn f<'a>(c: char) -> bool { c == '\"' || c == '\\'' }",
        "#[cfg(test)]\nmod tests { use super::*; use crate::policy::Policy; }",
        "#[cfg(test)] use crate::policy::Policy;",
    ] {
        assert_eq!(violations_in(allowed), Vec::<String>::new(), "{allowed}");
    }
}

#[test]
fn a_part_of_a_module_reaches_its_siblings_through_super() {
    let order = ["time", "path", "policy"].map(str::to_owned);
    let part = ["path", "segment"].map(str::to_owned);
    assert_eq!(violations(&order, &part, "use super::escape::decode;"), Vec::<String>::new());
    assert_eq!(violations(&order, &part, "use super::super::policy::Policy;").len(), 1);
}

fn violations_in(source: &str) -> Vec<String> {
    violations(&["time", "path", "policy"].map(str::to_owned), &["path".to_owned()], source)
}

/// Says which modules the file at `module` uses although they are declared below it.
fn violations(order: &[String], module: &[String], source: &str) -> Vec<String> {
    let place = |name: &str| order.iter().position(|declared| declared == name);
    let own = &module[0];
    crate_paths(module, source)
        .iter()
        .filter_map(|used| match (place(used), place(own)) {
            (None, _) => Some(format!("uses `crate::{used}`: name the module it comes from")),
            (Some(theirs), Some(ours)) if theirs > ours => Some(format!("uses `{used}`, which is declared below `{own}`")),
            _ => None,
        })
        .collect()
}

/// Lists the first segments, seen from the crate root, of all paths in a file, those in test items aside.
fn crate_paths(module: &[String], source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    let mut here: Vec<String> = module.to_vec();
    let mut inline_modules: Vec<usize> = Vec::new(); // the brace depth at which each one ends
    let mut depth = 0;
    let mut at = 0;
    while at < tokens.len() {
        if let Some(end) = test_item(&tokens, at) {
            at = end;
            continue;
        }
        match tokens[at].as_str() {
            "mod" if tokens.get(at + 2).is_some_and(|token| token == "{") => {
                here.push(tokens[at + 1].clone());
                inline_modules.push(depth);
                depth += 1;
                at += 3;
                continue;
            }
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inline_modules.last() == Some(&depth) {
                    inline_modules.pop();
                    here.pop();
                }
            }
            "crate" | "self" | "super" if is(&tokens, at + 1, "::") && (at == 0 || tokens[at - 1] != "::") => {
                let mut base = if tokens[at] == "crate" { Vec::new() } else { here.clone() };
                while is(&tokens, at + 1, "::") && ["crate", "self", "super"].contains(&tokens[at].as_str()) {
                    if tokens[at] == "super" {
                        base.pop();
                    }
                    at += 2;
                }
                if base.is_empty() {
                    at = first_segments(&tokens, at, &mut found);
                    continue;
                }
                at -= 1;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Collects the first segment of the use tree at `at`, or of each branch of a group; returns where to go on.
fn first_segments(tokens: &[String], mut at: usize, found: &mut Vec<String>) -> usize {
    if !is(tokens, at, "{") {
        found.push(tokens[at].clone());
        return at + 1;
    }
    let mut depth = 0;
    let mut branch_starts = false;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => {
                depth += 1;
                branch_starts = depth == 1;
            }
            "}" => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            "," => branch_starts = depth == 1,
            name if branch_starts => {
                found.push(name.to_owned());
                branch_starts = false;
            }
            _ => {}
        }
        at += 1;
    }
    at
}

/// If `#[cfg(test)]` stands at `at`, returns where the item it belongs to ends.
fn test_item(tokens: &[String], at: usize) -> Option<usize> {
    let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
    if tokens.get(at..at + attribute.len())? != attribute {
        return None;
    }
    let mut open = 0;
    for (index, token) in tokens.iter().enumerate().skip(at + attribute.len()) {
        match token.as_str() {
            "{" | "(" | "[" => open += 1,
            "}" if open <= 1 => return Some(index + 1),
            "}" | ")" | "]" => open -= 1,
            ";" if open == 0 => return Some(index + 1),
            _ => {}
        }
    }
    Some(tokens.len())
}

fn is(tokens: &[String], at: usize, token: &str) -> bool {
    tokens.get(at).is_some_and(|found| found == token)
}

/// Lists the modules that `lib.rs` declares, bottom to top.
fn declared_modules(root: &str) -> Vec<String> {
    let tokens = tokens(root);
    tokens.windows(3).filter(|window| window[0] == "mod" && window[2] == ";").map(|window| window[1].clone()).collect()
}

/// Splits Rust source into words and punctuation; comments, strings and characters are left out, `::` is one token.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(length) = comment(rest).or_else(|| literal(rest)) {
            length
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            if !first.is_whitespace() {
                tokens.push(rest[..length].to_owned());
            }
            length
        };
        rest = &rest[length..];
    }
    tokens
}

/// Returns the length of the comment that `text` starts with.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let mut depth = 0;
    for (at, _) in text.char_indices() {
        if text[at..].starts_with("/*") {
            depth += 1;
        } else if at > 0 && text[..at].ends_with("*/") && at > 2 {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    Some(text.len())
}

/// Returns the length of the string or character that `text` starts with; a lifetime is no character.
fn literal(text: &str) -> Option<usize> {
    let body = text.trim_start_matches(['b', 'c', 'r']);
    let prefix = text.len() - body.len();
    let hashes = body.len() - body.trim_start_matches('#').len();
    if prefix > 0 && text[..prefix].contains('r') && body[hashes..].starts_with('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        let start = prefix + hashes + 1;
        return Some(text[start..].find(&end).map_or(text.len(), |length| start + length + end.len()));
    }
    let quote = body.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    if quote == '\'' && !body[1..].starts_with('\\') && body.char_indices().nth(2).is_none_or(|(_, c)| c != '\'') {
        return None;
    }
    let mut escaped = false;
    for (at, c) in body.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(prefix + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

fn module_path(file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(source_folder()).unwrap().with_extension("");
    let mut path: Vec<String> = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    path
}

/// Lists every Rust file of the core but `lib.rs`.
fn module_files() -> Vec<PathBuf> {
    let mut folders = vec![source_folder()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && path != source_folder().join("lib.rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}
