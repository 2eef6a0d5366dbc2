//! Which locations a stranger gets to without the gate being asked, on which way, and what is behind the gate elsewhere.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::content::Content;
use super::location::Matcher;
use super::pattern::Pattern;
use super::redirect::{Flag, Target};
use super::server::ServerId;
use super::{AuthRequest, ErrorPage, LocationId, Model, Return};
use crate::nginx::Directive;

/// How a stranger gets to a location.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way<'c> {
    /// By asking for a path of it.
    Direct,
    /// nginx goes on there from another location.
    Through { from: LocationId, step: Step, directive: &'c Directive },
}

/// What makes nginx go on in another location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    ErrorPage,
    TryFiles,
    Rewrite,
}

/// What is found out once about all locations.
#[derive(Debug, Default)]
pub(super) struct Reach<'c> {
    /// The locations without the gate that a stranger gets to.
    open: HashMap<LocationId, Way<'c>>,
    /// The locations that ask the gate.
    asking: HashSet<LocationId>,
    /// The locations that people are sent to when they have to log in.
    login: HashSet<LocationId>,
    /// What is behind the gate: each address, with a location that passes it on.
    addresses: HashMap<Vec<u8>, LocationId>,
    /// The same, for each server.
    addresses_in: HashMap<(ServerId, Vec<u8>), LocationId>,
    /// The folders behind the gate, sorted.
    folders: Vec<(Vec<u8>, LocationId)>,
    /// The locations behind the gate, in the order of the file.
    protected: Vec<(LocationId, AuthRequest<'c>)>,
    /// The prefixes behind the gate that an expression can take paths from, by server.
    prefixes: HashMap<ServerId, BTreeMap<&'c [u8], LocationId>>,
    /// The last expression behind the gate in each server.
    last_regex: HashMap<ServerId, LocationId>,
    /// The servers in which something is behind the gate, each with those locations.
    guarded: BTreeMap<ServerId, Vec<LocationId>>,
    /// The locations that take subrequests to the gate, each with the first `auth_request` that leads there.
    asked: BTreeMap<LocationId, AuthRequest<'c>>,
    /// The addresses at which the gate is asked.
    gates: HashSet<Vec<u8>>,
}

impl<'c> Reach<'c> {
    pub(super) fn new(model: &Model<'c>) -> Self {
        let mut reach = Self::default();
        let asked = model.locations().filter_map(|(id, _)| model.auth_request(id));
        // What takes the subrequest, but is there for something else, is no location of the gate's.
        reach.asking = asked.filter(|auth| model.is_dedicated(auth)).map(|auth| auth.location).collect();
        reach.find_login(model);
        reach.find_open(model);
        reach.find_protected(model);
        reach
    }

    fn find_login(&mut self, model: &Model<'c>) {
        for (id, location) in model.locations().filter(|(id, _)| model.is_protected(*id)) {
            for page in model.error_pages(model.location(id).scope).into_iter().filter(|page| page.is_for(&[401])) {
                let Target::Location(target) = model.target(location.server, page.page) else { continue };
                self.login.insert(target);
                let redirects = model.all_returns(target).into_iter().filter(Return::is_redirect);
                for path in redirects.filter_map(|returned| returned.text).filter(|text| text.starts_with(b"/")) {
                    if let Target::Location(form) = model.target(location.server, path) {
                        self.login.insert(form);
                    }
                }
            }
        }
    }

    fn find_open(&mut self, model: &Model<'c>) {
        let mut direct = Vec::new();
        let mut next: Vec<(LocationId, Way<'c>)> = Vec::new();
        for (id, location) in model.locations() {
            if model.is_internal(id) || !model.is_reachable(id) || self.asking.contains(&id) {
                continue;
            }
            if !model.is_protected(id) {
                direct.push((id, Way::Direct));
                continue;
            }
            for (step, directive, page) in model.steps_around_the_gate(id) {
                if let Target::Location(target) = model.target(location.server, page) {
                    next.push((target, Way::Through { from: id, step, directive }));
                }
            }
        }
        for (id, server) in model.servers().filter(|(_, server)| model.scopes.own(server.scope, "return").is_empty()) {
            for rewrite in model.rewrites(server.rest).into_iter().filter(|rewrite| rewrite.flag == Flag::Search) {
                if let Target::Location(target) = model.target(id, rewrite.replacement) {
                    next.push((target, Way::Through { from: server.rest, step: Step::Rewrite, directive: rewrite.directive }));
                }
            }
        }
        // First: what is reached directly is known to be so, whatever else leads there.
        direct.extend(next);
        let mut next = VecDeque::from(direct);
        while let Some((id, way)) = next.pop_front() {
            if self.open.contains_key(&id) || model.is_protected(id) {
                continue;
            }
            self.open.insert(id, way);
            for (step, directive, page) in model.steps(id) {
                if let Target::Location(target) = model.target(model.location(id).server, page) {
                    next.push_back((target, Way::Through { from: id, step, directive }));
                }
            }
        }
    }

    fn find_protected(&mut self, model: &Model<'c>) {
        for (id, location) in model.locations() {
            let auth = model.auth_request(id).filter(|_| !self.asking.contains(&id) && model.is_reachable(id));
            let Some(auth) = auth else { continue };
            self.protected.push((id, auth));
            self.guarded.entry(location.server).or_default().push(id);
            if self.asking.contains(&auth.location) {
                self.asked.entry(auth.location).or_insert(auth);
                self.gates.extend(model.passes(auth.location).flat_map(|pass| pass.addresses.iter().cloned()));
            }
            if matches!(location.matcher, Matcher::Prefix | Matcher::Rest) {
                self.prefixes.entry(location.server).or_default().entry(location.pattern).or_insert(id);
            }
            if location.regex().is_some() {
                self.last_regex.insert(location.server, id);
            }
            let behind = model.steps(id).into_iter().filter_map(|(_, _, page)| match model.target(location.server, page) {
                Target::Location(target) if !self.login.contains(&target) => Some(target),
                _ => None,
            });
            for source in std::iter::once(id).chain(behind) {
                for content in model.contents(source) {
                    match content {
                        Content::Passed(pass) => {
                            for address in &pass.addresses {
                                self.addresses.entry(address.clone()).or_insert(id);
                                self.addresses_in.entry((location.server, address.clone())).or_insert(id);
                            }
                        }
                        Content::Files(files) if source == id => self.folders.push((files.folder.clone(), id)),
                        _ => {}
                    }
                }
            }
        }
        self.folders.sort();
        self.folders.dedup_by(|left, right| left.0 == right.0);
    }
}

impl<'c> Model<'c> {
    /// How a stranger gets to a location that does not ask the gate.
    pub(crate) fn way(&self, id: LocationId) -> Option<Way<'c>> {
        self.reach.open.get(&id).copied()
    }

    /// The locations that a stranger gets to, in the order of the file.
    pub(crate) fn open(&self) -> impl Iterator<Item = (LocationId, Way<'c>)> {
        self.locations().filter_map(|(id, _)| Some((id, self.way(id)?)))
    }

    /// The locations that are behind the gate, without those that ask it.
    pub(crate) fn protected(&self) -> impl Iterator<Item = (LocationId, AuthRequest<'c>)> {
        self.reach.protected.iter().copied()
    }

    /// Whether anything in a server is behind the gate.
    pub(crate) fn is_guarded(&self, server: ServerId) -> bool {
        self.reach.guarded.contains_key(&server)
    }

    /// The servers in which something is behind the gate, each with those locations.
    pub(crate) fn guarded(&self) -> impl Iterator<Item = (ServerId, &[LocationId])> {
        self.reach.guarded.iter().map(|(server, locations)| (*server, locations.as_slice()))
    }

    /// The locations that take subrequests to the gate, each with the first `auth_request` that leads there.
    pub(crate) fn asked(&self) -> impl Iterator<Item = (LocationId, AuthRequest<'c>)> {
        self.reach.asked.iter().map(|(id, auth)| (*id, *auth))
    }

    /// A protected prefix of a server from which an expression can take paths: one without `^~`.
    ///
    /// One that has the same expression inside keeps its paths: inner locations come first. An expression that comes later in the
    /// file is taken from as well.
    pub(crate) fn taken_from(&self, id: LocationId, pattern: &Pattern) -> Option<LocationId> {
        let server = self.location(id).server;
        let has_its_own = |other: LocationId| {
            let inner = &self.location(other).inner;
            inner.iter().any(|inner| *inner != id && self.location(*inner).pattern == self.location(id).pattern)
        };
        let none = BTreeMap::new();
        let prefixes = self.reach.prefixes.get(&server).unwrap_or(&none);
        if !pattern.is_anchored() {
            let later = self.reach.last_regex.get(&server).copied().filter(|other| *other > id);
            return prefixes.values().copied().find(|other| !has_its_own(*other)).or(later);
        }
        let found = pattern.starts().iter().find_map(|start| {
            let below = prefixes.range(start.as_slice()..).next().filter(|(prefix, _)| prefix.starts_with(start));
            let above = || (0..start.len()).find_map(|length| prefixes.get_key_value(start.get(..length)?));
            below.or_else(above).map(|(_, id)| *id)
        });
        found.filter(|other| !has_its_own(*other))
    }

    /// Whether the subrequests to the gate are made here.
    pub(crate) fn is_asking(&self, id: LocationId) -> bool {
        self.reach.asking.contains(&id)
    }

    /// Whether people who have to log in are sent here.
    pub(crate) fn is_login(&self, id: LocationId) -> bool {
        self.reach.login.contains(&id)
    }

    /// A location behind the gate that passes requests on to one of these addresses.
    pub(crate) fn protected_at(&self, addresses: &[Vec<u8>]) -> Option<LocationId> {
        addresses.iter().find_map(|address| self.reach.addresses.get(address)).copied()
    }

    /// Whether the gate itself is asked at one of these addresses.
    pub(crate) fn is_gate(&self, addresses: &[Vec<u8>]) -> bool {
        addresses.iter().any(|address| self.reach.gates.contains(address))
    }

    /// The same, in one server.
    pub(crate) fn protected_in(&self, server: ServerId, addresses: &[Vec<u8>]) -> Option<LocationId> {
        addresses.iter().find_map(|address| self.reach.addresses_in.get(&(server, address.clone()))).copied()
    }

    /// The folders behind the gate that lie in another, or are the same, each with a location that serves it.
    pub(crate) fn protected_folders_in(&self, folder: &[u8]) -> impl Iterator<Item = (&[u8], LocationId)> {
        let from = self.reach.folders.partition_point(|(guarded, _)| guarded.as_slice() < folder);
        let rest = self.reach.folders.get(from..).unwrap_or_default().iter();
        rest.take_while(move |(guarded, _)| guarded.starts_with(folder)).map(|(guarded, id)| (guarded.as_slice(), *id))
    }

    /// Whether the location that takes a subrequest to the gate is there for nothing else: its path is that of the subrequest, or
    /// no client can ask for it.
    pub(crate) fn is_dedicated(&self, auth: &AuthRequest<'_>) -> bool {
        let location = self.location(auth.location);
        let asks_itself = self.scopes.own(location.scope, "auth_request").iter().any(|line| line.argument(0) != Some(b"off"));
        let is_own = !auth.is_rewritten
            && !auth.is_redirected
            && match &location.matcher {
                Matcher::Rest => false,
                Matcher::Exact | Matcher::Named => true,
                Matcher::Regex(pattern) => pattern.is_anchored() && (pattern.is_closed() || self.is_internal(auth.location)),
                Matcher::Prefix | Matcher::Final => {
                    location.pattern != b"/"
                        && (self.is_internal(auth.location) || self.protected_content(auth.location).is_none())
                }
            };
        is_own && !asks_itself
    }

    /// A `proxy_pass` here whose address is also asked by a location with an `auth_request` of its own.
    fn protected_content(&self, id: LocationId) -> Option<LocationId> {
        let addresses: Vec<_> = self.passes(id).flat_map(|pass| &pass.addresses).collect();
        let server = self.location(id).server;
        let others = self.locations().filter(|(other, location)| location.server == server && *other != id);
        let mut protected = others.filter(|(other, _)| self.is_protected(*other));
        let is_same =
            |other: LocationId| self.passes(other).flat_map(|pass| &pass.addresses).any(|address| addresses.contains(&address));
        protected.find(|(other, _)| is_same(*other)).map(|(other, _)| other)
    }

    /// Whether a server lets any request get so far.
    pub(crate) fn is_reachable(&self, id: LocationId) -> bool {
        let location = self.location(id);
        let server = self.server(location.server);
        let ends = !self.scopes.own(server.scope, "return").is_empty();
        let is_covered = server.rest == id && self.finder.written(id, b"/").is_some();
        !ends && !is_covered
    }

    /// Every `return` of a location and its `if` blocks.
    pub(crate) fn all_returns(&self, id: LocationId) -> Vec<Return<'c>> {
        let scope = self.location(id).scope;
        let scopes = std::iter::once(scope).chain(self.scopes.conditions(scope).map(|(condition, _)| condition));
        scopes.flat_map(|scope| self.scopes.own(scope, "return").iter().filter_map(|line| Return::read(line))).collect()
    }

    /// Where nginx goes on from a location by itself.
    pub(crate) fn steps(&self, id: LocationId) -> Vec<(Step, &'c Directive, &'c [u8])> {
        let location = self.location(id);
        let rewrites = self.rewrites(id).into_iter().filter(|rewrite| rewrite.flag == Flag::Search);
        let mut steps: Vec<_> = rewrites.map(|rewrite| (Step::Rewrite, rewrite.directive, rewrite.replacement)).collect();
        steps.extend(self.error_pages(location.scope).into_iter().map(|page| (Step::ErrorPage, page.directive, page.page)));
        steps.extend(self.try_files(id).map(|(line, page)| (Step::TryFiles, line, page)));
        steps
    }

    /// Where nginx goes on from a protected location without the gate's yes: before it is asked, or after it has said no.
    fn steps_around_the_gate(&self, id: LocationId) -> Vec<(Step, &'c Directive, &'c [u8])> {
        let returned: Vec<u16> = self.all_returns(id).iter().map(|returned| returned.status).collect();
        let is_denial = |page: &ErrorPage<'_>| page.is_for(&[401, 403, 500]) || page.is_for(&returned);
        let scope = self.location(id).scope;
        let pages = self.error_pages(scope).into_iter().filter(is_denial);
        let rewrites = self.rewrites(id).into_iter().filter(|rewrite| rewrite.flag == Flag::Search);
        let rewrites = rewrites.map(|rewrite| (Step::Rewrite, rewrite.directive, rewrite.replacement));
        rewrites.chain(pages.map(|page| (Step::ErrorPage, page.directive, page.page))).collect()
    }
}
