//! What has happened to a request on its way.

use super::super::declared::Paths;
use crate::source::Span;

/// Whether somebody has been asked about the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    No,
    /// About some requests only.
    Partly(Part),
    Yes,
}

/// Of which requests somebody is asked about, where not of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Patterns of paths about which is asked; none if something else decides.
    pub(super) paths: Vec<String>,
    /// Patterns of paths about which is not asked; none if something else decides.
    pub(super) not_paths: Vec<String>,
    /// The condition.
    pub(super) span: Span,
}

/// What has happened to a request on its way.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) hosts: Vec<String>,
    pub(super) paths: Paths,
    pub(super) asked: Asked,
    /// The gate that was asked, by its number.
    pub(super) gate: Option<usize>,
    /// Patterns of headers that have been removed or written before the gate was asked.
    pub(super) taken_before: Vec<String>,
    /// The same since, each with its place.
    pub(super) taken_after: Vec<(String, Span)>,
    /// Where the path was changed before the gate was asked, and whether it became another one for all.
    pub(super) rewritten: Option<(Span, bool)>,
    /// Whether the request failed before, and this is about its error.
    pub(super) is_error: bool,
}

impl State {
    pub(super) fn new(is_error: bool) -> Self {
        Self {
            hosts: Vec::new(),
            paths: Paths::Below("/".to_owned()),
            asked: Asked::No,
            gate: None,
            taken_before: Vec::new(),
            taken_after: Vec::new(),
            rewritten: None,
            is_error,
        }
    }

    /// Whether a header of the client is gone before the gate is asked.
    pub(super) fn is_taken_before(&self, name: &str) -> bool {
        self.taken_before.iter().any(|pattern| covers(pattern, name))
    }

    /// Where a header is removed or written after the gate was asked.
    pub(super) fn taken_after(&self, name: &str) -> Option<Span> {
        self.taken_after.iter().find(|(pattern, _)| covers(pattern, name)).map(|(_, span)| *span)
    }

    /// Whether a header of the client is gone when the application is reached.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.is_taken_before(name) || self.taken_after(name).is_some()
    }
}

/// Whether a name is one that Caddy means by a pattern, with `*` at its start or end.
pub(super) fn covers(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => name.contains(rest.strip_suffix('*').unwrap_or_default()),
        (Some(suffix), None) => name.ends_with(suffix),
        (None, Some(prefix)) => name.starts_with(prefix),
        (None, None) => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_stars_at_their_ends() {
        for (pattern, name) in [("X-User", "x-user"), ("X-*", "x-user"), ("*_*", "x_user"), ("*User", "x-user"), ("*", "a")] {
            assert!(covers(pattern, name), "{pattern}");
        }
        for (pattern, name) in [("X-User", "x-user2"), ("X-*", "y-user"), ("*_*", "x-user")] {
            assert!(!covers(pattern, name), "{pattern}");
        }
    }
}
