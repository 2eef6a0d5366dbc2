//! Locations, and which of them nginx takes for a path.

use std::cell::RefCell;
use std::collections::HashMap;

use super::pattern::Pattern;
use super::scope::ScopeId;
use super::server::ServerId;
use crate::nginx::Directive;

/// One of the locations of a [`super::Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LocationId(pub(super) usize);

/// What a location is for.
#[derive(Clone, Debug)]
pub(crate) enum Matcher {
    /// The server itself: what no location is for.
    Rest,
    /// `= /path`
    Exact,
    /// `/path`
    Prefix,
    /// `^~ /path`: no regular expression is asked when this is the longest prefix.
    Final,
    /// `~` and `~*`
    Regex(Box<Pattern>),
    /// `@name`
    Named,
}

/// A location, or the server itself.
#[derive(Debug)]
pub(crate) struct Location<'c> {
    pub(crate) scope: ScopeId,
    pub(crate) server: ServerId,
    pub(crate) matcher: Matcher,
    /// The path, the expression or the name with its `@`.
    pub(crate) pattern: &'c [u8],
    /// The `location`; of a server the `server`.
    pub(crate) directive: Option<&'c Directive>,
    pub(crate) parent: Option<LocationId>,
    /// The locations directly in it, in the order of the file.
    pub(crate) inner: Vec<LocationId>,
}

impl<'c> Location<'c> {
    /// Reads what stands behind `location`. `location ~x` is `location ~ x`, as nginx takes it.
    pub(super) fn matcher(directive: &'c Directive) -> (Matcher, &'c [u8]) {
        let regex = |pattern: &'c [u8], caseless| (Matcher::Regex(Box::new(Pattern::new(pattern, caseless))), pattern);
        match (directive.argument(0), directive.argument(1)) {
            (Some(b"="), Some(path)) => (Matcher::Exact, path),
            (Some(b"^~"), Some(path)) => (Matcher::Final, path),
            (Some(b"~"), Some(pattern)) => regex(pattern, false),
            (Some(b"~*"), Some(pattern)) => regex(pattern, true),
            (Some([b'=', path @ ..]), None) => (Matcher::Exact, path),
            (Some([b'^', b'~', path @ ..]), None) => (Matcher::Final, path),
            (Some([b'~', b'*', pattern @ ..]), None) => regex(pattern, true),
            (Some([b'~', pattern @ ..]), None) => regex(pattern, false),
            (Some(name @ [b'@', ..]), None) => (Matcher::Named, name),
            (path, _) => (Matcher::Prefix, path.unwrap_or_default()),
        }
    }

    pub(crate) const fn is_named(&self) -> bool {
        matches!(self.matcher, Matcher::Named)
    }

    pub(crate) const fn is_exact(&self) -> bool {
        matches!(self.matcher, Matcher::Exact)
    }

    /// Whether paths are compared with a prefix.
    pub(crate) const fn is_prefix(&self) -> bool {
        matches!(self.matcher, Matcher::Prefix | Matcher::Final)
    }

    pub(crate) const fn regex(&self) -> Option<&Pattern> {
        match &self.matcher {
            Matcher::Regex(pattern) => Some(pattern),
            _ => None,
        }
    }
}

/// The locations directly within a server or a location, ready to be asked.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Those with a path, sorted by it.
    exact: HashMap<Vec<u8>, LocationId>,
    prefixes: HashMap<Vec<u8>, LocationId>,
    longest: usize,
    /// In the order of the file.
    regexes: Vec<LocationId>,
}

/// Finds locations; remembers what it has found.
#[derive(Debug)]
pub(super) struct Finder {
    indexes: Vec<Index>,
    found: RefCell<HashMap<(LocationId, Vec<u8>), LocationId>>,
}

/// What a level says of a path.
enum Found {
    No,
    Prefix(LocationId),
    Final(LocationId),
}

impl Finder {
    pub(super) fn new(locations: &[Location<'_>]) -> Self {
        let indexes = locations.iter().map(|outer| Index::new(outer, locations)).collect();
        Self { indexes, found: RefCell::default() }
    }

    /// The location within `root` that nginx takes for a path, as `ngx_http_core_find_location` does; `root` itself if none.
    pub(super) fn find(&self, root: LocationId, path: &[u8], locations: &[Location<'_>]) -> LocationId {
        let key = (root, path.to_vec());
        if let Some(found) = self.found.borrow().get(&key) {
            return *found;
        }
        let found = match self.level(root, path, locations) {
            Found::No => root,
            Found::Prefix(found) | Found::Final(found) => found,
        };
        self.found.borrow_mut().insert(key, found);
        found
    }

    /// The location directly in `root` that is written for just this path or prefix.
    pub(super) fn written(&self, root: LocationId, path: &[u8]) -> Option<LocationId> {
        let index = self.indexes.get(root.0)?;
        index.exact.get(path).or_else(|| index.prefixes.get(path)).copied()
    }

    /// Blocks nest at most as deep as the parser lets them.
    fn level(&self, outer: LocationId, path: &[u8], locations: &[Location<'_>]) -> Found {
        let Some(index) = self.indexes.get(outer.0) else { return Found::No };
        if let Some(exact) = index.exact.get(path) {
            return Found::Final(*exact);
        }
        let longest = (0..=path.len().min(index.longest)).rev();
        let longest = longest.filter_map(|length| index.prefixes.get(path.get(..length)?)).next().copied();
        let mut found = Found::No;
        let mut asks_regexes = true;
        if let Some(prefix) = longest {
            asks_regexes = !matches!(locations.get(prefix.0).map(|location| &location.matcher), Some(Matcher::Final));
            found = match self.level(prefix, path, locations) {
                Found::Final(inner) => return Found::Final(inner),
                Found::Prefix(inner) => Found::Prefix(inner),
                Found::No => Found::Prefix(prefix),
            };
        }
        if asks_regexes {
            for regex in &index.regexes {
                let pattern = locations.get(regex.0).and_then(Location::regex);
                if pattern.is_some_and(|pattern| pattern.matches(path)) {
                    return match self.level(*regex, path, locations) {
                        Found::No => Found::Final(*regex),
                        Found::Prefix(inner) | Found::Final(inner) => Found::Final(inner),
                    };
                }
            }
        }
        found
    }
}

impl Index {
    fn new(outer: &Location<'_>, locations: &[Location<'_>]) -> Self {
        let mut index = Self::default();
        for id in &outer.inner {
            let Some(location) = locations.get(id.0) else { continue };
            match location.matcher {
                // nginx takes these in, but never looks for them.
                Matcher::Exact | Matcher::Prefix | Matcher::Final if outer.regex().is_some() => {}
                Matcher::Exact => drop(index.exact.entry(location.pattern.to_vec()).or_insert(*id)),
                Matcher::Prefix | Matcher::Final => {
                    index.longest = index.longest.max(location.pattern.len());
                    index.prefixes.entry(location.pattern.to_vec()).or_insert(*id);
                }
                Matcher::Regex(_) => index.regexes.push(*id),
                Matcher::Rest | Matcher::Named => {}
            }
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::super::scope::{Block, Scopes};
    use super::*;

    #[test]
    fn location_with_expression_has_only_expressions_in_it() {
        let scope = Scopes::default().add(Block::Server, None, None, std::iter::empty());
        let location = |matcher, pattern: &'static [u8], inner: &[usize]| {
            let inner = inner.iter().copied().map(LocationId).collect();
            Location { scope, server: ServerId(0), matcher, pattern, directive: None, parent: None, inner }
        };
        let regex = |pattern: &'static [u8], inner: &[usize]| {
            location(Matcher::Regex(Box::new(Pattern::new(pattern, false))), pattern, inner)
        };
        let locations = [
            location(Matcher::Rest, b"/", &[1]),
            regex(b"/a", &[2, 3, 4]),
            location(Matcher::Exact, b"/a/b", &[]),
            location(Matcher::Final, b"/a/", &[]),
            regex(b"b$", &[]),
        ];
        let finder = Finder::new(&locations);
        let find = |path: &[u8]| finder.find(LocationId(0), path, &locations).0;
        assert_eq!((find(b"/a/b"), find(b"/a/c"), find(b"/c")), (4, 1, 0));
    }
}
