//! What a location answers to the subrequest that asks the gate. Nothing is asked before it: subrequests skip the access phase.

use super::content::Content;
use super::pattern::Pattern;
use super::redirect::{ErrorPage, Flag, Response, Target};
use super::{LocationId, Model};
use crate::nginx::Directive;

/// An answer, and the location that gives it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'c> {
    pub(crate) location: LocationId,
    pub(crate) by: By<'c>,
}

/// Who answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'c> {
    /// Another program, with any status.
    Program(&'c Directive),
    /// nginx itself, with a success that comes from this line; without one, from a file in its own folder.
    Success(Option<&'c Directive>),
    /// A program within nginx, which is not looked into.
    Opaque(&'c Directive),
    /// nginx itself, with a status that is no success.
    Status(u16),
}

/// A path, and whether there is likely a file for it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'p> {
    /// Written to be served: an error page, a fallback.
    OfFile(&'p [u8]),
    /// Made up for a subrequest.
    OfRequest(&'p [u8]),
}

impl<'p> Path<'p> {
    const fn bytes(self) -> &'p [u8] {
        match self {
            Self::OfFile(path) | Self::OfRequest(path) => path,
        }
    }

    /// The path of a page: itself, but for `@name`, which keeps the one before.
    fn of<'q>(self, page: &'q [u8]) -> Path<'q>
    where
        'p: 'q,
    {
        if page.starts_with(b"@") { self } else { Path::OfFile(page) }
    }
}

impl Answer<'_> {
    /// Whether it can be 2xx.
    pub(crate) const fn can_succeed(&self) -> bool {
        !matches!(self.by, By::Status(_))
    }
}

/// Whether error pages still apply: nginx does not look for one while it serves one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ErrorPages {
    Apply,
    Are,
}

impl<'c> Model<'c> {
    /// What a location answers to a subrequest for a path, without its `if` blocks.
    pub(crate) fn answer(&self, id: LocationId, path: Path<'_>) -> Answer<'c> {
        self.answer_within(id, path, ErrorPages::Apply, MOST)
    }

    /// The error page for a status that an answer in a location has, and what comes of it, if that can be 2xx.
    pub(crate) fn pardon(&self, id: LocationId, path: Path<'_>, status: u16) -> Option<(ErrorPage<'c>, Answer<'c>)> {
        self.pardon_within(id, path, status, MOST)
    }

    fn answer_within(&self, id: LocationId, path: Path<'_>, pages: ErrorPages, left: usize) -> Answer<'c> {
        let status = |status| Answer { location: id, by: By::Status(status) };
        let Some(left) = left.checked_sub(1) else { return status(500) };
        let rewritten = || self.rewritten(id, path, pages, left);
        let index = || self.index(id, path, pages, left);
        let answer = rewritten().or_else(index).unwrap_or_else(|| self.served(id, path, pages, left));
        match answer.by {
            By::Status(code) if pages == ErrorPages::Apply && answer.location == id => {
                self.pardon_within(id, path, code, left).map_or(answer, |(_, answer)| answer)
            }
            _ => answer,
        }
    }

    /// What a `rewrite` makes of it, if one in the location itself takes the path.
    fn rewritten(&self, id: LocationId, path: Path<'_>, pages: ErrorPages, left: usize) -> Option<Answer<'c>> {
        let location = self.location(id);
        let own = self.rewrites(id).into_iter().filter(|rewrite| rewrite.scope == location.scope);
        let takes = |directive: &Directive| Pattern::new(directive.argument(0).unwrap_or_default(), false).matches(path.bytes());
        let rewrite = own.into_iter().find(|rewrite| takes(rewrite.directive))?;
        if self.returned(id).is_some_and(|returned| returned.directive.span() < rewrite.directive.span()) {
            return None;
        }
        let next = if rewrite.replacement.contains(&b'$') { path } else { Path::OfFile(rewrite.replacement) };
        match rewrite.flag {
            Flag::Redirect => Some(Answer { location: id, by: By::Status(302) }),
            Flag::Stay => Some(self.content(id, next, Some(rewrite.directive))),
            Flag::Search => match self.target(location.server, rewrite.replacement) {
                Target::Location(target) if target != id => Some(self.answer_within(target, next, pages, left)),
                _ => None,
            },
        }
    }

    fn served(&self, id: LocationId, path: Path<'_>, pages: ErrorPages, left: usize) -> Answer<'c> {
        let answer = |by| Answer { location: id, by };
        if let Some(returned) = self.returned(id) {
            let by = if returned.is_success() { By::Success(Some(returned.directive)) } else { By::Status(returned.status) };
            return answer(by);
        }
        let Some((line, last)) = self.try_files(id) else { return self.content(id, path, None) };
        let tried = line.arguments().split_last().map(|(_, tried)| tried).unwrap_or_default();
        let is_success = matches!(self.target(self.location(id).server, last), Target::Status(200..=299));
        let has_ending = |file: &[u8]| file.rsplit(|byte| *byte == b'/').next().is_some_and(|name| name.contains(&b'.'));
        let is_there = |file: &[u8]| match path {
            _ if file.ends_with(b"/") => false,
            // It stands there so that the line may end in the status.
            Path::OfRequest(_) if is_success && !has_ending(file) => false,
            Path::OfFile(_) => true,
            Path::OfRequest(_) => !file.contains(&b'$'),
        };
        if tried.iter().any(|file| is_there(file.value())) {
            return self.content(id, Path::OfFile(path.bytes()), Some(line));
        }
        match self.target(self.location(id).server, last) {
            // nginx sends an answer for these by itself; for other successes it sends none.
            Target::Status(201 | 204) => answer(By::Success(Some(line))),
            Target::Status(code) => answer(By::Status(code)),
            Target::Location(target) => self.answer_within(target, path.of(last), pages, left),
            Target::Elsewhere | Target::Unknown => answer(By::Status(500)),
        }
    }

    /// What comes of an index file, if the path is that of a folder, and the location is one of files for this very path.
    fn index(&self, id: LocationId, path: Path<'_>, pages: ErrorPages, left: usize) -> Option<Answer<'c>> {
        let location = self.location(id);
        let Path::OfRequest(folder) = path else { return None };
        let lines = ["index", "alias", "root"].into_iter().filter_map(|name| self.scopes.own(location.scope, name).last());
        let line = lines.copied().next().filter(|_| folder.ends_with(b"/") && location.pattern == folder)?;
        let is_of_files = self.returned(id).is_none()
            && self.try_files(id).is_none()
            && matches!(self.content(id, path, None).by, By::Status(_) | By::Success(_));
        let file = *self.index_files(id).first().filter(|_| is_of_files)?;
        let file = if file.starts_with(b"/") { file.to_vec() } else { [folder, file].concat() };
        match self.target(location.server, &file) {
            Target::Location(target) if target != id => Some(self.answer_within(target, Path::OfFile(&file), pages, left)),
            _ => Some(Answer { location: id, by: By::Success(Some(line)) }),
        }
    }

    /// What the location hands it to: a program, or the files. `line` is what made the path one of a file.
    fn content(&self, id: LocationId, path: Path<'_>, line: Option<&'c Directive>) -> Answer<'c> {
        let location = self.location(id);
        let by = |content: &Content<'c>| match content {
            Content::Passed(pass) => Some(By::Program(pass.directive)),
            Content::Built(directive) => Some(By::Success(Some(directive))),
            Content::Opaque(directive) => Some(By::Opaque(directive)),
            Content::Returned(_) | Content::Files(_) => None,
        };
        let is_lua = |line: &&Directive| line.name().windows(7).any(|part| part == b"_by_lua");
        let lua = || self.scopes.all_own(location.scope).iter().copied().find(is_lua);
        let handed = self.contents(id).iter().find_map(by).or_else(|| lua().map(By::Opaque));
        let by = handed.unwrap_or_else(|| match path {
            Path::OfFile(_) => By::Success(line.or_else(|| self.scopes.value(location.scope, "root"))),
            Path::OfRequest(_) => self.own_file(id).map_or(By::Status(404), |line| By::Success(Some(line))),
        });
        Answer { location: id, by }
    }

    /// The line by which a location for one path alone has a file for it.
    fn own_file(&self, id: LocationId) -> Option<&'c Directive> {
        let location = self.location(id);
        let of_name = |name| self.scopes.own(location.scope, name).last().copied();
        let alias = of_name("alias").filter(|alias| alias.argument(0).is_some_and(|file| !file.ends_with(b"/")));
        alias.or_else(|| of_name("root").filter(|_| location.is_exact()))
    }

    fn pardon_within(&self, id: LocationId, path: Path<'_>, status: u16, left: usize) -> Option<(ErrorPage<'c>, Answer<'c>)> {
        let location = self.location(id);
        let page = self.error_pages(location.scope).into_iter().find(|page| page.codes.contains(&status))?;
        let is_fixed = match page.response {
            Response::OfPage => false,
            Response::Fixed(200..=299) => true,
            Response::Kept | Response::Fixed(_) => return None,
        };
        let answers = self.variables.expand(page.page, &[]).into_iter().filter_map(|written| {
            let Target::Location(target) = self.target(location.server, &written) else { return None };
            let answer = self.answer_within(target, path.of(&written), ErrorPages::Are, left);
            // The status of the line takes the place of that of a page with a text.
            let text = self.returned(target).filter(|returned| is_fixed && returned.has_body() && !returned.is_redirect());
            Some(text.map_or(answer, |returned| Answer { by: By::Success(Some(returned.directive)), ..answer }))
        });
        let answer = answers.into_iter().find(Answer::can_succeed)?;
        Some((page, answer))
    }
}

/// How often nginx goes on elsewhere: it stops after ten times itself.
const MOST: usize = 10;
