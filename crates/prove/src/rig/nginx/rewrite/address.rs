//! Where requests are passed on to.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::Writer;
use crate::lint::Subject;
use crate::model::{Definition, LocationId, address, names, split};
use crate::nginx::Directive;
use crate::rig::nginx::plan::From;

/// Variables that hold addresses, each with the port that is written behind it.
pub(super) type Holders = BTreeMap<Vec<u8>, Vec<u8>>;

/// The lines that pass requests on.
pub(super) const PASSES: [&[u8]; 6] =
    [b"proxy_pass", b"fastcgi_pass", b"uwsgi_pass", b"scgi_pass", b"grpc_pass", b"memcached_pass"];

/// The variables whose values, all of them written down, are addresses.
pub(super) fn holders(subject: &Subject<'_>) -> Holders {
    let model = &subject.model;
    let mut found = Holders::new();
    let lines = model.scopes.iter().flat_map(|(scope, _)| model.scopes.all_own(scope));
    for line in lines.filter(|line| PASSES.contains(&line.name())) {
        let value = line.argument(0).unwrap_or_default();
        let Some((name, behind)) = held(value) else { continue };
        if is_written_down(subject, value) {
            found.insert(name, behind);
        }
    }
    found
}

/// The variable that an address is, and the port behind it: `http://$name:80/path`.
fn held(value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (_, authority) = schemed(value);
    let (authority, _, _) = split(authority);
    let name = names(authority).next()?;
    let rest = authority.strip_prefix(b"$")?;
    let rest = rest.strip_prefix(b"{").unwrap_or(rest).get(name.len()..)?;
    let rest = rest.strip_prefix(b"}").unwrap_or(rest);
    let is_port = rest.is_empty() || rest.strip_prefix(b":").is_some_and(|port| port.iter().all(u8::is_ascii_digit));
    is_port.then(|| (name, rest.to_vec()))
}

fn is_written_down(subject: &Subject<'_>, value: &[u8]) -> bool {
    let (_, rest) = schemed(value);
    let (authority, _, _) = split(rest);
    let values = subject.model.variables.expand(authority, &[]);
    !values.is_empty() && !values.iter().any(|value| value.contains(&b'$'))
}

/// The scheme, if there is one, and what is behind it.
fn schemed(value: &[u8]) -> (Option<&'static str>, &[u8]) {
    let schemes = [("http://", "http://"), ("https://", "http://"), ("grpc://", "grpc://"), ("grpcs://", "grpc://")];
    let found = schemes.iter().find_map(|(scheme, plain)| Some((*plain, value.strip_prefix(scheme.as_bytes())?)));
    found.map_or((None, value), |(plain, rest)| (Some(plain), rest))
}

impl Writer<'_, '_> {
    /// What a line that passes requests on says instead.
    pub(super) fn pass(&mut self, line: &Directive, location: LocationId) -> io::Result<Vec<u8>> {
        let value = line.argument(0).unwrap_or_default();
        let (scheme, rest) = schemed(value);
        let plain = scheme.unwrap_or_default().as_bytes();
        let (authority, path, _) = split(value);
        let authority = if scheme.is_some() || authority != value { authority } else { rest };
        let behind = if authority.starts_with(b"unix:") {
            path.unwrap_or_default()
        } else {
            rest.get(authority.len()..).unwrap_or_default()
        };
        if self.subject.model.upstreams.group(authority).is_some() {
            return Ok([plain, rest].concat());
        }
        if !authority.contains(&b'$') {
            let port = if value.starts_with(b"https") || value.starts_with(b"grpcs") { "443" } else { "80" };
            let whole = address(authority, scheme.map(|_| port));
            let port = self.plan.port(self.subject, &whole, From::Location(location))?;
            return Ok([plain, format!("127.0.0.1:{port}").as_bytes(), behind].concat());
        }
        if let Some((name, _)) = held(value).filter(|(name, _)| self.holders.contains_key(name)) {
            return Ok([plain, b"$", &name, behind].concat());
        }
        // Decided by the request: all of it goes to one program.
        self.plan.notes.insert(format!("where `{}` leads is not decided here", String::from_utf8_lossy(authority)));
        let port = self.plan.port(self.subject, authority, From::Location(location))?;
        let index = self.plan.maps.len();
        self.plan.maps.push(format!("map \"\" $gatewright_to_{index} {{ default 127.0.0.1:{port}; }} "));
        Ok([plain, format!("$gatewright_to_{index}").as_bytes(), behind].concat())
    }

    /// What a variable that holds addresses holds instead of this value; `None` to leave it.
    pub(super) fn held(&mut self, name: &[u8], value: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let name = name.strip_prefix(b"$").unwrap_or(name).to_ascii_lowercase();
        let Some(port) = self.holders.get(&name).cloned() else { return Ok(None) };
        let (scheme, _) = schemed(value);
        let (authority, path, implied) = split(value);
        if self.subject.model.upstreams.group(authority).is_some() || authority.contains(&b'$') || authority.is_empty() {
            return Ok(None);
        }
        let whole = address(&[authority, &port].concat(), Some(implied.unwrap_or("80")));
        let port = self.plan.port(self.subject, &whole, From::Variable)?;
        let plain = scheme.unwrap_or_default();
        Ok(Some([plain.as_bytes(), format!("127.0.0.1:{port}").as_bytes(), path.unwrap_or_default()].concat()))
    }

    /// The line of a server of a group.
    pub(super) fn member(&mut self, line: &Directive, group: &[u8]) -> io::Result<Vec<u8>> {
        let whole = address(line.argument(0).unwrap_or_default(), Some("80"));
        let port = self.plan.port(self.subject, &whole, From::Group(group))?;
        let kept: BTreeSet<&[u8]> =
            line.arguments().iter().skip(1).map(|word| word.value()).filter(|word| is_kept(word)).collect();
        let kept: Vec<u8> = kept.iter().flat_map(|word| [b" ", *word].concat()).collect();
        // One that failed once is asked again: each probe stands alone.
        Ok([format!("server 127.0.0.1:{port} max_fails=0").as_bytes(), &kept, b";"].concat())
    }

    /// Whether this line is among those that give a variable its addresses.
    pub(super) fn is_holder(&self, line: &Directive) -> bool {
        let name = match line.name() {
            b"set" => line.argument(0),
            b"map" | b"split_clients" => line.argument(1),
            b"geo" => line.arguments().last().map(|word| word.value()),
            _ => None,
        };
        let name = name.and_then(|name| name.strip_prefix(b"$")).unwrap_or_default().to_ascii_lowercase();
        self.holders.contains_key(&name)
            && self.subject.model.variables.of(&name).iter().all(|made| !matches!(made, Definition::Answer(_)))
    }
}

fn is_kept(parameter: &[u8]) -> bool {
    matches!(parameter, b"backup" | b"down") || parameter.starts_with(b"weight=")
}
