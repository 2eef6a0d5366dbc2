//! Where nginx goes on with a request by itself: `error_page`, `try_files`, `rewrite`, `index`.

use super::pattern::Pattern;
use super::scope::ScopeId;
use super::server::ServerId;
use super::{LocationId, Model};
use crate::nginx::Directive;

/// A line of `error_page`.
#[derive(Clone, Debug)]
pub(crate) struct ErrorPage<'c> {
    pub(crate) directive: &'c Directive,
    pub(crate) codes: Vec<u16>,
    pub(crate) response: Response,
    /// Where to go on; a variable may be in it.
    pub(crate) page: &'c [u8],
}

/// With which status an error page is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    /// That of the error.
    Kept,
    /// `=`: that of the page.
    OfPage,
    /// `=200`
    Fixed(u16),
}

/// Where a request goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Location(LocationId),
    /// `=404`
    Status(u16),
    /// Another address, to which the client is sent.
    Elsewhere,
    /// A name that no location has.
    Unknown,
}

/// A line of `rewrite`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rewrite<'c> {
    pub(crate) directive: &'c Directive,
    pub(crate) replacement: &'c [u8],
    pub(crate) flag: Flag,
    /// The block that it stands in: the location, or an `if` in it.
    pub(crate) scope: ScopeId,
}

/// What a `rewrite` does behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    /// Searches a location for the new path.
    Search,
    /// `break`: stays in the location.
    Stay,
    /// The client is sent elsewhere.
    Redirect,
}

impl Flag {
    /// Reads what `rewrite EXPRESSION REPLACEMENT [FLAG]` does.
    pub(crate) fn read(directive: &Directive) -> Option<Self> {
        let replacement = directive.argument(1)?;
        let is_address = [&b"http://"[..], b"https://", b"$scheme"].iter().any(|start| replacement.starts_with(start));
        Some(match directive.argument(2) {
            Some(b"redirect" | b"permanent") => Self::Redirect,
            _ if is_address => Self::Redirect,
            Some(b"break") => Self::Stay,
            _ => Self::Search,
        })
    }
}

impl<'c> ErrorPage<'c> {
    pub(crate) fn read(directive: &'c Directive) -> Option<Self> {
        let (page, before) = directive.arguments().split_last()?;
        let mut codes = Vec::new();
        let mut response = Response::Kept;
        for word in before {
            match word.value() {
                b"=" => response = Response::OfPage,
                [b'=', code @ ..] => response = Response::Fixed(number(code)?),
                code => codes.extend(number(code)),
            }
        }
        Some(Self { directive, codes, response, page: page.value() })
    }

    /// Whether it is for one of these codes.
    pub(crate) fn is_for(&self, codes: &[u16]) -> bool {
        self.codes.iter().any(|code| codes.contains(code))
    }
}

fn number(text: &[u8]) -> Option<u16> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

impl<'c> Model<'c> {
    /// The error pages that are in force in a block.
    pub(crate) fn error_pages(&self, scope: ScopeId) -> Vec<ErrorPage<'c>> {
        self.scopes.effective(scope, "error_page").iter().filter_map(|line| ErrorPage::read(line)).collect()
    }

    /// The last word of a location's `try_files`, which is not inherited.
    pub(crate) fn try_files(&self, id: LocationId) -> Option<(&'c Directive, &'c [u8])> {
        let line = *self.scopes.own(self.location(id).scope, "try_files").last()?;
        Some((line, line.arguments().last()?.value()))
    }

    /// The rewrites of a location and of its `if` blocks; for a server itself, those that come before any location is searched.
    pub(crate) fn rewrites(&self, id: LocationId) -> Vec<Rewrite<'c>> {
        self.rewrites_in(self.location(id).scope)
    }

    fn rewrites_in(&self, scope: ScopeId) -> Vec<Rewrite<'c>> {
        let scopes = std::iter::once(scope).chain(self.scopes.conditions(scope).map(|(condition, _)| condition));
        let read = |scope: ScopeId, directive: &'c Directive| {
            Some(Rewrite { directive, replacement: directive.argument(1)?, flag: Flag::read(directive)?, scope })
        };
        scopes.flat_map(|scope| self.scopes.own(scope, "rewrite").iter().filter_map(move |line| read(scope, line))).collect()
    }

    /// What the server makes of a path before it searches a location: its rewrites are for subrequests as well.
    ///
    /// An `if` counts if it is about files that are not there, as the path of a subrequest is none.
    pub(crate) fn rewritten_by_server(&self, server: ServerId, path: &[u8]) -> Vec<u8> {
        let scope = self.server(server).scope;
        let mut path = path.to_vec();
        for rewrite in self.rewrites_in(scope).into_iter().filter(|rewrite| rewrite.flag != Flag::Redirect) {
            let condition = (rewrite.scope != scope).then(|| self.scopes.directive(rewrite.scope)).flatten();
            let is_taken = condition.is_none_or(|condition| {
                condition
                    .argument(0)
                    .is_some_and(|test| matches!(test.strip_prefix(b"(").unwrap_or(test), b"!-e" | b"!-f" | b"!-d"))
            });
            let Some(expression) = rewrite.directive.argument(0).filter(|_| is_taken) else { continue };
            if Pattern::new(expression, false).matches(&path) {
                path = sample(rewrite.replacement);
                if rewrite.directive.argument(2).is_some() {
                    break;
                }
            }
        }
        path
    }

    /// The files that a location of files goes on with for a path that ends in `/`.
    pub(crate) fn index_files(&self, id: LocationId) -> Vec<&'c [u8]> {
        let lines = self.scopes.effective(self.location(id).scope, "index");
        if lines.is_empty() {
            return vec![b"index.html"];
        }
        lines.iter().flat_map(|line| line.arguments()).map(|word| word.value()).collect()
    }

    /// Where a server goes on with a path, a `@name`, a `=code` or an address.
    pub(crate) fn target(&self, server: ServerId, page: &[u8]) -> Target {
        match page {
            [b'@', ..] => self.named(server, page).map_or(Target::Unknown, Target::Location),
            [b'=', code @ ..] => number(code).map_or(Target::Unknown, Target::Status),
            [b'/', ..] => Target::Location(self.find(server, &sample(page))),
            [b'$', ..] => Target::Unknown,
            _ if page.windows(3).any(|window| window == b"://") => Target::Elsewhere,
            _ => Target::Location(self.find(server, &sample(page))),
        }
    }
}

/// A path that stands for one with variables in it, without its arguments.
fn sample(page: &[u8]) -> Vec<u8> {
    let end = page.iter().position(|byte| matches!(byte, b'$' | b'?')).unwrap_or(page.len());
    let literal = page.get(..end).unwrap_or(page);
    let rest = page.get(end..).unwrap_or_default();
    let is_path = PATHS.iter().any(|path| rest.starts_with(path));
    match rest.first() {
        Some(b'$') if is_path && !literal.ends_with(b"/") => [literal, b"/gatewright-sample"].concat(),
        Some(b'$') => [literal, b"gatewright-sample"].concat(),
        _ => literal.to_vec(),
    }
}

/// Variables that start with a slash.
const PATHS: [&[u8]; 4] = [b"$uri", b"$document_uri", b"$request_uri", b"${uri}"];
