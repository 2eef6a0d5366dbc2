//! What a location answers with, once the request may pass.

use super::location::Matcher;
use super::scope::ScopeId;
use super::upstream::Pass;
use super::{LocationId, Model};
use crate::nginx::Directive;
use crate::source::Span;

/// Where an answer comes from.
#[derive(Clone, Debug)]
pub(crate) enum Content<'c> {
    /// Another program.
    Passed(Pass<'c>),
    /// Files below a folder, or, with `alias`, in its place.
    Files(Files<'c>),
    /// `return`
    Returned(Return<'c>),
    /// A module of nginx: `stub_status`, `empty_gif`.
    Built(&'c Directive),
    /// A program within nginx, which is not looked into: Lua, JavaScript, Perl.
    Opaque(&'c Directive),
}

/// Files of this machine.
#[derive(Clone, Debug)]
pub(crate) struct Files<'c> {
    /// Where the files of the location lie: for `root`, its path with the location's.
    pub(crate) folder: Vec<u8>,
    /// The `root` or `alias` that says so; none if it is nginx's own `html`.
    pub(crate) directive: Option<&'c Directive>,
}

/// A `return`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Return<'c> {
    pub(crate) directive: &'c Directive,
    pub(crate) status: u16,
    /// The body, or where to go.
    pub(crate) text: Option<&'c [u8]>,
}

impl<'c> Return<'c> {
    /// Reads `return [code] [text]`.
    pub(crate) fn read(directive: &'c Directive) -> Option<Self> {
        let first = directive.argument(0)?;
        match std::str::from_utf8(first).ok().and_then(|code| code.parse().ok()) {
            Some(status) => Some(Self { directive, status, text: directive.argument(1) }),
            None => Some(Self { directive, status: 302, text: Some(first) }),
        }
    }

    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    pub(crate) const fn is_redirect(&self) -> bool {
        matches!(self.status, 300..=399)
    }

    /// Whether it says more than a status.
    pub(crate) fn has_body(&self) -> bool {
        self.text.is_some_and(|text| !text.is_empty())
    }
}

impl<'c> Model<'c> {
    /// The `return` that ends every request to a location, if there is one; that of its server comes first.
    pub(crate) fn returned(&self, id: LocationId) -> Option<Return<'c>> {
        let location = self.location(id);
        let server = self.server(location.server).scope;
        [server, location.scope]
            .iter()
            .find_map(|scope| self.scopes.own(*scope, "return").first().and_then(|line| Return::read(line)))
    }

    /// What a location answers with: one thing, and what its `if` blocks pass on elsewhere.
    pub(crate) fn contents(&self, id: LocationId) -> &[Content<'c>] {
        self.contents.get(id.0).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn read_contents(&self, id: LocationId) -> Vec<Content<'c>> {
        if let Some(returned) = self.returned(id) {
            return vec![Content::Returned(returned)];
        }
        let scope = self.location(id).scope;
        let own = self.handler(scope).unwrap_or_else(|| Content::Files(self.files(id)));
        let conditions = self.scopes.conditions(scope).filter_map(|(condition, _)| self.handler(condition));
        std::iter::once(own).chain(conditions).collect()
    }

    /// The programs that a location passes requests on to.
    pub(crate) fn passes(&self, id: LocationId) -> impl Iterator<Item = &Pass<'c>> {
        self.contents(id).iter().filter_map(|content| match content {
            Content::Passed(pass) => Some(pass),
            _ => None,
        })
    }

    /// What a block itself hands requests to.
    fn handler(&self, scope: ScopeId) -> Option<Content<'c>> {
        self.scopes.all_own(scope).iter().rev().find_map(|line| match line.name() {
            b"proxy_pass" | b"fastcgi_pass" | b"uwsgi_pass" | b"scgi_pass" | b"grpc_pass" | b"memcached_pass" => {
                Some(Content::Passed(self.upstreams.pass(line, &self.variables, &self.around(scope))))
            }
            b"stub_status" | b"empty_gif" | b"status" | b"api" => Some(Content::Built(line)),
            b"js_content" | b"perl" => Some(Content::Opaque(line)),
            name if name.starts_with(b"content_by_lua") => Some(Content::Opaque(line)),
            _ => None,
        })
    }

    /// The blocks around, innermost first, up to the server.
    fn around(&self, scope: ScopeId) -> Vec<Span> {
        let directives = self.scopes.outward(scope).filter_map(|scope| self.scopes.directive(scope));
        directives.filter(|directive| !directive.is("http")).map(Directive::span).collect()
    }

    fn files(&self, id: LocationId) -> Files<'c> {
        let location = self.location(id);
        if let Some(alias) = self.scopes.own(location.scope, "alias").last() {
            let folder = alias.argument(0).unwrap_or_default();
            let end = folder.iter().position(|byte| *byte == b'$').unwrap_or(folder.len());
            return Files { folder: folder.get(..end).unwrap_or_default().to_vec(), directive: Some(alias) };
        }
        let root = self.scopes.value(location.scope, "root");
        let folder = root.and_then(|root| root.argument(0)).unwrap_or(b"html");
        let folder = folder.strip_suffix(b"/").unwrap_or(folder);
        let path = match location.matcher {
            Matcher::Exact | Matcher::Prefix | Matcher::Final => location.pattern,
            Matcher::Rest | Matcher::Regex(_) | Matcher::Named => b"/",
        };
        Files { folder: [folder, path].concat(), directive: root }
    }
}
