//! Which requests a route takes.

use super::super::declared::Paths;
use super::items;
use crate::data::Node;

/// The conditions of a route.
#[derive(Clone, Debug, Default)]
pub(super) struct Matcher {
    /// The hosts, if there are any.
    pub(super) hosts: Vec<String>,
    /// Patterns of paths, if these are the only other condition.
    pub(super) paths: Vec<String>,
    /// Patterns of paths of which it takes none, if these are the only other condition.
    pub(super) not_paths: Vec<String>,
    /// Whether there is a condition beside hosts.
    pub(super) is_conditional: bool,
}

impl Matcher {
    /// Reads `match` of a route.
    pub(super) fn of(route: &Node) -> Self {
        let sets = items(route, "match");
        let mut matcher = Self::default();
        for set in sets {
            let texts = |node: &Node| node.texts().into_iter().map(|(text, _)| text.to_owned()).collect::<Vec<_>>();
            matcher.hosts.extend(set.get("host").map(texts).unwrap_or_default());
            let others: Vec<_> = set.entries().iter().filter(|entry| entry.key != "host").collect();
            matcher.is_conditional |= !others.is_empty();
            match others.as_slice() {
                [one] if one.key == "path" => matcher.paths.extend(texts(&one.node)),
                [one] if one.key == "not" => {
                    let only = |set: &Node| set.entries().iter().all(|entry| entry.key == "path");
                    if one.node.items().iter().all(only) {
                        let paths = one.node.items().iter().filter_map(|set| set.get("path"));
                        matcher.not_paths.extend(paths.flat_map(texts));
                    }
                }
                _ => {}
            }
        }
        // Sets are alternatives: what only some of them say is no condition of all.
        let several = sets.len() > 1;
        if several && sets.iter().any(|set| set.get("path").is_none()) {
            matcher.paths.clear();
        }
        if several {
            matcher.not_paths.clear();
        }
        if sets.iter().any(|set| set.get("host").is_none()) {
            matcher.hosts.clear();
        }
        matcher
    }

    /// The paths in the terms of what is declared.
    pub(super) fn declared_paths(&self) -> Paths {
        match self.paths.as_slice() {
            [] if !self.is_conditional => Paths::Below("/".to_owned()),
            [one] => declared(one),
            _ => Paths::Some,
        }
    }
}

/// A pattern of a path in the terms of what is declared.
pub(super) fn declared(pattern: &str) -> Paths {
    match pattern.strip_suffix('*') {
        Some(prefix) if !prefix.contains('*') => Paths::Below(prefix.to_owned()),
        None if !pattern.contains('*') => Paths::One(pattern.to_owned()),
        _ => Paths::Some,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sources;
    use crate::data::{Language, read};

    fn matcher(text: &str) -> Matcher {
        let mut sources = Sources::default();
        let file = sources.add("f", format!("{{\"match\": {text}}}"));
        Matcher::of(&read(&sources, file, Language::Json).unwrap()[0])
    }

    #[test]
    fn conditions_are_told_apart() {
        let host = matcher(r#"[{"host": ["a", "b"]}]"#);
        assert!(host.hosts == ["a", "b"] && !host.is_conditional);
        assert_eq!(matcher(r#"[{"host": ["a"], "path": ["/x/*"]}]"#).declared_paths(), Paths::Below("/x/".to_owned()));
        assert_eq!(matcher(r#"[{"not": [{"path": ["/x"]}]}]"#).not_paths, ["/x"]);
        let several = matcher(r#"[{"path": ["/x"]}, {"method": ["GET"]}]"#);
        assert!(several.is_conditional && several.paths.is_empty());
    }
}
