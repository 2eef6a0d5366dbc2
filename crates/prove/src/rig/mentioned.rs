//! What a configuration names in whatever language it is written: headers, paths, ends of paths.

use std::collections::BTreeSet;

use regex::Regex;

use super::ground::USUAL;
use crate::lint::Intent;

/// The headers by which applications are told who is asking: what is declared, and those among the usual that the files name.
pub(super) fn told(intent: &Intent<'_>, texts: &[String]) -> Vec<String> {
    let mut told = intent.identity.to_vec();
    if let Some((_, authorizer)) = intent.policy {
        told.extend(authorizer.identity_header_names().map(str::to_owned));
    }
    for name in USUAL {
        let is_named = texts.iter().any(|text| names(text, name));
        if is_named && !told.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            told.push(name.to_owned());
        }
    }
    told
}

/// Whether a text names a header: with nothing at its ends that would make it another.
fn names(text: &str, name: &str) -> bool {
    let expression = format!("(?i)(^|[^A-Za-z0-9-]){}($|[^A-Za-z0-9-])", regex::escape(name));
    Regex::new(&expression).is_ok_and(|expression| expression.is_match(text))
}

/// Paths that the files name.
pub(super) fn paths(texts: &[String]) -> Vec<String> {
    let Ok(expression) = Regex::new(r#"(?m)(?:^|[\s"'`(,|^=])(/[A-Za-z0-9_][A-Za-z0-9._~/-]*)"#) else { return Vec::new() };
    let mut seen = BTreeSet::new();
    let found = texts.iter().flat_map(|text| expression.captures_iter(text));
    let found = found.filter_map(|found| found.get(1)).map(|path| path.as_str().to_owned());
    let is_file = |path: &String| {
        ["/etc/", "/run/", "/var/", "/usr/", "/tmp/", "/dev/", "/opt/"].iter().any(|start| path.starts_with(start))
    };
    found.filter(|path| !is_file(path) && seen.insert(path.clone())).take(MOST_MENTIONED).collect()
}

/// Ends of paths that the files name, as `*.css` or `\.css`.
pub(super) fn ends(texts: &[String]) -> Vec<String> {
    let Ok(expression) = Regex::new(r#"(?:\*|\\)(\.[a-z0-9]{1,5})\b"#) else { return Vec::new() };
    let found = texts.iter().flat_map(|text| expression.captures_iter(text)).filter_map(|found| found.get(1));
    let found: BTreeSet<String> = found.map(|end| end.as_str().to_owned()).collect();
    found.into_iter().take(MOST_MENTIONED).collect()
}

/// How many of the paths and ends are tried that the files name.
const MOST_MENTIONED: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_ends_and_headers_are_found_in_what_is_written() {
        let text = "acl a path_beg /static /api/v2\nrule: \"Path(`/health`)\" file /etc/x http://h/no *.css \\.js$ X-User-Agent remote-user".to_owned();
        let texts = [text];
        assert_eq!(paths(&texts), ["/static", "/api/v2", "/health"]);
        assert_eq!(ends(&texts), [".css", ".js"]);
        assert!(names(&texts[0], "Remote-User") && !names(&texts[0], "X-User"));
    }
}
