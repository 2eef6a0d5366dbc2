//! What a configuration of nginx does with a request: which server and location take it, which directives are in force there, whether
//! the gate is asked first, and where nginx goes on by itself.
//!
//! It is meant to be asked by rules. Where the configuration does not say (a variable that is a header, an expression that only PCRE
//! knows) the answer says so too.

#[cfg(all(test, unix))]
mod agreement;
mod answer;
mod content;
mod location;
mod pattern;
mod reach;
mod redirect;
mod scope;
mod server;
mod upstream;
mod variables;

use std::collections::HashMap;

pub(crate) use answer::{By, Path};
pub(crate) use content::{Content, Return};
pub(crate) use location::{Location, LocationId, Matcher};
pub(crate) use pattern::Pattern;
pub(crate) use reach::{Step, Way};
pub(crate) use redirect::{ErrorPage, Flag, Response, Target};
pub(crate) use scope::{Block, ScopeId, Scopes};
pub(crate) use server::{Fit, Server, ServerId, listen};
pub(crate) use upstream::{Pass, Upstreams, address, split};
pub(crate) use variables::{Definition, Variables, is_clients, is_credential, names};

use crate::nginx::{Cause, Configuration, Directive};
use location::Finder;
use reach::Reach;

/// A configuration, understood.
#[derive(Debug)]
pub(crate) struct Model<'c> {
    pub(crate) configuration: &'c Configuration,
    pub(crate) scopes: Scopes<'c>,
    pub(crate) upstreams: Upstreams<'c>,
    pub(crate) variables: Variables<'c>,
    servers: Vec<Server<'c>>,
    locations: Vec<Location<'c>>,
    named: HashMap<(ServerId, &'c [u8]), LocationId>,
    finder: Finder,
    contents: Vec<Vec<Content<'c>>>,
    auth_requests: Vec<Option<AuthRequest<'c>>>,
    reach: Reach<'c>,
}

/// How the gate is asked in a location.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthRequest<'c> {
    pub(crate) directive: &'c Directive,
    /// The path of the subrequest, as it is written.
    pub(crate) path: &'c [u8],
    /// The location that takes the subrequest.
    pub(crate) location: LocationId,
    /// Whether the server makes another path of it before it searches a location.
    pub(crate) is_rewritten: bool,
    /// Whether nginx redirects instead, to the same path with a slash behind it.
    pub(crate) is_redirected: bool,
}

impl<'c> Model<'c> {
    /// Understands a configuration. A file without `http` is taken for one that is included there, one with locations outside of
    /// any server for one that is included in a server.
    pub(crate) fn new(configuration: &'c Configuration) -> Self {
        let mut builder = Builder::default();
        let outermost: Vec<_> = configuration.directives().collect();
        let https = outermost.iter().filter(|directive| directive.is("http"));
        let mut has_http = false;
        for http in https {
            has_http = true;
            builder.http(Some(http), http.directives());
        }
        if !has_http {
            builder.http(None, outermost.iter().copied());
        }
        let unread = configuration.faults().iter().filter(|fault| matches!(fault.cause, Cause::Unreadable(_)));
        let unread = unread.map(|fault| fault.span).filter(|span| !configuration.sources().text(*span).ends_with(b"mime.types"));
        unread.take(MOST_UNREAD).for_each(|include| builder.scopes.note_unread(include));
        let finder = Finder::new(&builder.locations);
        let mut model = Self {
            configuration,
            scopes: builder.scopes,
            upstreams: builder.upstreams,
            variables: builder.variables,
            servers: builder.servers,
            locations: builder.locations,
            named: builder.named,
            finder,
            contents: Vec::new(),
            auth_requests: Vec::new(),
            reach: Reach::default(),
        };
        model.contents = model.locations().map(|(id, _)| model.read_contents(id)).collect();
        model.auth_requests = model.locations().map(|(id, _)| model.read_auth_request(id)).collect();
        model.reach = Reach::new(&model);
        model
    }

    pub(crate) fn servers(&self) -> impl Iterator<Item = (ServerId, &Server<'c>)> {
        self.servers.iter().enumerate().map(|(index, server)| (ServerId(index), server))
    }

    /// Every location; each server itself is one as well.
    pub(crate) fn locations(&self) -> impl Iterator<Item = (LocationId, &Location<'c>)> {
        self.locations.iter().enumerate().map(|(index, location)| (LocationId(index), location))
    }

    #[expect(clippy::indexing_slicing, reason = "ids are made here alone, and nothing is taken out")]
    pub(crate) fn server(&self, id: ServerId) -> &Server<'c> {
        &self.servers[id.0]
    }

    #[expect(clippy::indexing_slicing, reason = "ids are made here alone, and nothing is taken out")]
    pub(crate) fn location(&self, id: LocationId) -> &Location<'c> {
        &self.locations[id.0]
    }

    /// The location of a server that takes a path.
    pub(crate) fn find(&self, server: ServerId, path: &[u8]) -> LocationId {
        self.finder.find(self.server(server).rest, path, &self.locations)
    }

    /// Whether nginx answers a path by a redirect to the same with a slash at its end: that one is passed on to a program, and this
    /// one is no location of its own.
    fn adds_a_slash(&self, server: ServerId, path: &[u8]) -> bool {
        let rest = self.server(server).rest;
        let with_slash = self.finder.written(rest, &[path, b"/"].concat());
        self.finder.written(rest, path).is_none() && with_slash.is_some_and(|id| self.passes(id).next().is_some())
    }

    fn named(&self, server: ServerId, name: &[u8]) -> Option<LocationId> {
        self.named.get(&(server, name)).copied()
    }

    /// How the gate is asked before a location answers; `None` if it is not.
    pub(crate) fn auth_request(&self, id: LocationId) -> Option<AuthRequest<'c>> {
        self.auth_requests.get(id.0).copied().flatten()
    }

    fn read_auth_request(&self, id: LocationId) -> Option<AuthRequest<'c>> {
        let location = self.location(id);
        let directive = self.scopes.value(location.scope, "auth_request")?;
        let path = directive.argument(0).filter(|path| *path != b"off")?;
        let taken = self.rewritten_by_server(location.server, path);
        Some(AuthRequest {
            directive,
            path,
            location: self.find(location.server, &taken),
            is_rewritten: taken != path,
            is_redirected: self.adds_a_slash(location.server, &taken),
        })
    }

    /// Whether the gate is asked before a location answers.
    pub(crate) fn is_protected(&self, id: LocationId) -> bool {
        self.auth_request(id).is_some()
    }

    /// Whether no client gets there by a path of its own.
    pub(crate) fn is_internal(&self, id: LocationId) -> bool {
        let location = self.location(id);
        location.is_named() || self.scopes.outward(location.scope).any(|scope| !self.scopes.own(scope, "internal").is_empty())
    }
}

/// What is put together while blocks are walked through.
#[derive(Default)]
struct Builder<'c> {
    scopes: Scopes<'c>,
    upstreams: Upstreams<'c>,
    variables: Variables<'c>,
    servers: Vec<Server<'c>>,
    locations: Vec<Location<'c>>,
    named: HashMap<(ServerId, &'c [u8]), LocationId>,
}

impl<'c> Builder<'c> {
    fn http(&mut self, directive: Option<&'c Directive>, own: impl Iterator<Item = &'c Directive>) {
        let own: Vec<_> = own.collect();
        let scope = self.scopes.add(Block::Http, None, directive, own.iter().copied());
        let mut has_locations = false;
        for directive in &own {
            self.variables.define(directive);
            match directive.name() {
                b"server" => self.server(Some(directive), directive.directives(), scope),
                b"upstream" => self.upstreams.add(directive),
                b"location" => has_locations = true,
                _ => {}
            }
        }
        if has_locations {
            self.server(None, own.iter().copied(), scope);
        }
    }

    fn server(&mut self, directive: Option<&'c Directive>, own: impl Iterator<Item = &'c Directive>, http: ScopeId) {
        let own: Vec<_> = own.collect();
        let scope = self.scopes.add(Block::Server, Some(http), directive, own.iter().copied());
        let id = ServerId(self.servers.len());
        let rest = LocationId(self.locations.len());
        self.locations.push(Location {
            scope,
            server: id,
            matcher: Matcher::Rest,
            pattern: b"/",
            directive,
            parent: None,
            inner: Vec::new(),
        });
        let names = self.scopes.own(scope, "server_name").iter().flat_map(|line| line.arguments());
        let names = names.map(|name| server::name(name.value())).collect();
        let listens = self.scopes.own(scope, "listen");
        let is_default = listens.iter().any(|line| line.arguments().iter().any(|word| word.value().starts_with(b"default")));
        let listens = listens.iter().filter_map(|line| line.argument(0)).map(listen).collect();
        self.servers.push(Server { scope, rest, directive, names, listens, is_default });
        self.inside(&own, scope, rest);
    }

    /// Takes in what stands in a server or location. Blocks nest at most as deep as the parser lets them.
    fn inside(&mut self, own: &[&'c Directive], scope: ScopeId, outer: LocationId) {
        for directive in own {
            self.variables.define(directive);
            let block = match directive.name() {
                b"location" => Block::Location,
                b"if" => Block::If,
                b"limit_except" => Block::LimitExcept,
                _ => continue,
            };
            let own: Vec<_> = directive.directives().collect();
            let scope = self.scopes.add(block, Some(scope), Some(directive), own.iter().copied());
            if block != Block::Location {
                own.iter().for_each(|directive| self.variables.define(directive));
                continue;
            }
            let Some(server) = self.locations.get(outer.0).map(|location| location.server) else { continue };
            let (matcher, pattern) = Location::matcher(directive);
            let id = LocationId(self.locations.len());
            if matches!(matcher, Matcher::Named) {
                self.named.entry((server, pattern)).or_insert(id);
            }
            self.locations.push(Location {
                scope,
                server,
                matcher,
                pattern,
                directive: Some(directive),
                parent: Some(outer),
                inner: Vec::new(),
            });
            if let Some(outer) = self.locations.get_mut(outer.0) {
                outer.inner.push(id);
            }
            self.inside(&own, scope, id);
        }
    }
}

/// How many missing files are placed in their blocks; each is searched for in all of them.
const MOST_UNREAD: usize = 100;
