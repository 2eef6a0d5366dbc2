//! A configuration of nginx as the rules see it: what it does, and what its operator means to be so.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::comment::{Said, said};
use crate::lint::Intent;
use crate::lint::declared::{below, lets_anybody_pass};
use crate::model::{Location, LocationId, Matcher, Model, ScopeId, names};
use crate::nginx::Directive;
use crate::source::Span;

/// What the rules are asked about.
#[derive(Debug)]
pub(crate) struct Subject<'c> {
    pub(crate) model: Model<'c>,
    pub(crate) intent: Intent<'c>,
    /// What comments say.
    pub(crate) said: Vec<Said>,
    /// The headers that tell the application who is asking, in lower case, each with how it was found out.
    pub(crate) identity: BTreeMap<Vec<u8>, Known<'c>>,
    /// The programs that get each of them from somewhere.
    told: HashMap<Vec<u8>, HashSet<Vec<u8>>>,
}

/// How a header is known to carry the identity.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Known<'c> {
    /// Declared, or in the policy.
    Declared,
    /// This line sets it from the gate's answer.
    Sent(&'c Directive),
    /// This line takes it from the gate's answer, but none sends it.
    Taken(&'c Directive),
}

/// The directives that set a header, or what stands for one, of a request that is passed on.
pub(crate) const SETTERS: [&str; 5] = ["proxy_set_header", "grpc_set_header", "uwsgi_param", "fastcgi_param", "scgi_param"];

impl<'c> Subject<'c> {
    pub(crate) fn new(model: Model<'c>, intent: Intent<'c>) -> Self {
        let said = said(model.configuration);
        let mut subject = Self { model, intent, said, identity: BTreeMap::new(), told: HashMap::new() };
        subject.identity = subject.find_identity();
        subject.told = subject.find_told();
        subject
    }

    fn find_identity(&self) -> BTreeMap<Vec<u8>, Known<'c>> {
        let mut found = BTreeMap::new();
        let declared = self.intent.identity.iter().map(|name| name.as_bytes());
        let commented = self.said.iter().filter_map(Said::identity).flatten();
        for name in declared.chain(commented.map(Vec::as_slice)).filter(|name| *name != b"none") {
            found.insert(name.to_ascii_lowercase(), Known::Declared);
        }
        if let Some((_, authorizer)) = self.intent.policy {
            for name in authorizer.identity_header_names() {
                found.insert(name.to_ascii_lowercase().into_bytes(), Known::Declared);
            }
        }
        for (scope, _) in self.model.scopes.iter() {
            for setter in SETTERS {
                for line in self.model.scopes.own(scope, setter) {
                    for header in self.set_from_the_answer(setter, line) {
                        found.entry(header).or_insert(Known::Sent(line));
                    }
                }
            }
        }
        // What is taken from the answer and never sent: the application reads the client's own header of that name.
        let used = self.used();
        for (scope, _) in self.model.scopes.iter() {
            for line in self.model.scopes.own(scope, "auth_request_set") {
                let (Some(name), Some(value)) = (line.argument(0), line.argument(1)) else { continue };
                let name = name.strip_prefix(b"$").unwrap_or(name).to_ascii_lowercase();
                let header = names(value).find_map(|name| Some(dashed(name.strip_prefix(b"upstream_http_")?)));
                if let Some(header) = header.filter(|header| !used.contains(&name) && is_identity_name(header)) {
                    found.entry(header).or_insert(Known::Taken(line));
                }
            }
        }
        found
    }

    fn find_told(&self) -> HashMap<Vec<u8>, HashSet<Vec<u8>>> {
        let mut told: HashMap<Vec<u8>, HashSet<Vec<u8>>> = HashMap::new();
        for (id, location) in self.model.locations().filter(|(id, _)| !self.identity.is_empty() && self.model.is_protected(*id)) {
            for pass in self.model.passes(id) {
                let kind = String::from_utf8_lossy(pass.directive.name()).replace("_pass", "");
                let setter = if matches!(kind.as_str(), "proxy" | "grpc") {
                    format!("{kind}_set_header")
                } else {
                    format!("{kind}_param")
                };
                for header in self.identity.keys().filter(|header| self.sent(location.scope, &setter, header).is_some()) {
                    told.entry(header.clone()).or_default().extend(pass.addresses.iter().cloned());
                }
            }
        }
        told
    }

    /// Whether one of these programs gets a header of the identity from anywhere, or nothing is known of any that does.
    pub(crate) fn is_told(&self, header: &[u8], addresses: &[Vec<u8>]) -> bool {
        self.told.get(header).is_none_or(|told| addresses.iter().any(|address| told.contains(address)))
    }

    /// The headers that a line sets from the gate's answer. A parameter of CGI that stands for none is made of one: the application
    /// sees that one too, as the client wrote it.
    fn set_from_the_answer(&self, setter: &str, line: &Directive) -> Vec<Vec<u8>> {
        let (Some(name), Some(value)) = (line.argument(0), line.argument(1)) else { return Vec::new() };
        if !self.model.variables.origin(value).gate {
            return Vec::new();
        }
        if let Some(header) = header(setter, name) {
            return if COMMON.contains(&header.as_slice()) || !is_identity_name(&header) { Vec::new() } else { vec![header] };
        }
        let behind = self.model.variables.behind(value);
        let headers = behind.iter().filter_map(|name| Some(dashed(name.strip_prefix(b"upstream_http_")?)));
        headers.filter(|header| is_identity_name(header)).collect()
    }

    /// The variables that any directive names but those that take them from the gate's answer.
    fn used(&self) -> HashSet<Vec<u8>> {
        let scopes = self.model.scopes.iter();
        let lines = scopes.flat_map(|(scope, _)| self.model.scopes.all_own(scope));
        let lines = lines.filter(|line| !line.is("auth_request_set"));
        lines.flat_map(|line| line.arguments()).flat_map(|word| names(word.value())).collect()
    }

    /// The value that the application gets of a header from a location, if the location sets it; `None` if the client's own arrives.
    pub(crate) fn sent(&self, scope: ScopeId, setter: &str, wanted: &[u8]) -> Option<&'c Directive> {
        let lines = self.model.scopes.effective(scope, setter);
        lines.iter().copied().find(|line| line.argument(0).and_then(|name| header(setter, name)).as_deref() == Some(wanted))
    }

    /// Whether the operator means anybody to get what this location serves.
    pub(crate) fn is_meant_open(&self, id: LocationId) -> bool {
        let location = self.model.location(id);
        self.is_said_open(id) || self.is_declared_open(location) || self.is_open_by_policy(id)
    }

    fn is_said_open(&self, id: LocationId) -> bool {
        let around = std::iter::successors(Some(id), |id| self.model.location(*id).parent);
        let spans: Vec<Span> = around.filter_map(|id| self.model.location(id).directive.map(Directive::span)).collect();
        self.said.iter().any(|said| said.is_open() && spans.contains(&said.span))
    }

    fn is_declared_open(&self, location: &Location<'_>) -> bool {
        self.intent.open.iter().any(|open| match open.as_bytes() {
            [start @ .., b'*'] => !matches!(location.matcher, Matcher::Regex(_)) && location.pattern.starts_with(start),
            path => location.pattern == path && !location.is_prefix(),
        })
    }

    /// Whether the policy lets anybody pass on the path of the location, and if it is a prefix on what is below.
    fn is_open_by_policy(&self, id: LocationId) -> bool {
        let location = self.model.location(id);
        let Ok(path) = std::str::from_utf8(location.pattern) else { return false };
        let paths = match location.matcher {
            Matcher::Exact => vec![path.to_owned()],
            Matcher::Prefix | Matcher::Final => {
                let mut paths = below(&self.intent, path);
                paths.push(format!("{path}gatewright-lint"));
                paths
            }
            Matcher::Rest | Matcher::Regex(_) | Matcher::Named => return false,
        };
        let hosts = &self.model.server(location.server).names;
        let is_open = |host: &[u8], path: &String| lets_anybody_pass(&self.intent, host, path.as_bytes());
        !hosts.is_empty() && hosts.iter().all(|host| paths.iter().all(|path| is_open(host, path)))
    }
}

/// The header, in lower case, that a line sets for the application: a name, or a parameter of CGI that stands for one.
pub(crate) fn header(setter: &str, name: &[u8]) -> Option<Vec<u8>> {
    if setter.ends_with("_set_header") {
        return Some(name.to_ascii_lowercase());
    }
    Some(dashed(&name.strip_prefix(b"HTTP_")?.to_ascii_lowercase()))
}

fn dashed(name: &[u8]) -> Vec<u8> {
    name.iter().map(|byte| if *byte == b'_' { b'-' } else { *byte }).collect()
}

/// Whether a header is one that applications take somebody's identity from, by its name.
pub(crate) fn is_identity_name(header: &[u8]) -> bool {
    let header = String::from_utf8_lossy(header).to_ascii_lowercase();
    let words = [
        "user",
        "mail",
        "group",
        "grp",
        "role",
        "subject",
        "account",
        "uid",
        "login",
        "person",
        "tenant",
        "principal",
        "identity",
        "remote-name",
    ];
    words.iter().any(|word| header.contains(word)) && !header.contains("user-agent")
}

/// Headers that an application does not take anybody's identity from, or that it checks itself.
const COMMON: [&[u8]; 8] =
    [b"host", b"cookie", b"authorization", b"connection", b"upgrade", b"content-length", b"set-cookie", b"location"];
