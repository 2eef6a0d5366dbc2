//! Variables: what sets them, and whose word they are in the end.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::nginx::{Directive, Part, parts};
use crate::source::Span;

/// What gives a variable its value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Definition<'c> {
    /// `set`
    Set(&'c Directive),
    /// `auth_request_set`: taken from the gate's answer, once it is there.
    Answer(&'c Directive),
    /// `map`, `geo`, `split_clients`
    Table(&'c Directive),
    /// Something else: `js_set`, `perl_set`.
    Other,
}

/// All definitions in a configuration. nginx knows a variable everywhere, and its name in any case.
#[derive(Debug, Default)]
pub(crate) struct Variables<'c> {
    defined: HashMap<Vec<u8>, Vec<Definition<'c>>>,
    /// What was found behind each variable: there are files in which ten thousand servers set the same one.
    behind: RefCell<HashMap<Vec<u8>, Names>>,
}

/// Names of variables, shared by all that ask for them.
type Names = Rc<BTreeSet<Vec<u8>>>;

/// Whose word a value is. Several can be true of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The gate's: a header of its answer.
    pub(crate) gate: bool,
    /// The client's: a header, a cookie, an argument, a name without its password checked.
    pub(crate) client: bool,
}

impl<'c> Variables<'c> {
    /// Takes in a directive, if it defines a variable.
    pub(super) fn define(&mut self, directive: &'c Directive) {
        let (name, definition) = match (directive.name(), directive.argument(0), directive.argument(1)) {
            (b"set", Some(name), _) => (name, Definition::Set(directive)),
            (b"auth_request_set", Some(name), _) => (name, Definition::Answer(directive)),
            (b"map" | b"split_clients", Some(_), Some(name)) => (name, Definition::Table(directive)),
            (b"geo", Some(_), Some(name)) | (b"geo", Some(name), None) => (name, Definition::Table(directive)),
            (b"js_set" | b"js_var" | b"perl_set" | b"set_by_lua" | b"set_by_lua_block" | b"set_by_lua_file", Some(name), _) => {
                (name, Definition::Other)
            }
            _ => return,
        };
        if let Some(name) = name.strip_prefix(b"$") {
            self.defined.entry(name.to_ascii_lowercase()).or_default().push(definition);
        }
    }

    pub(crate) fn of(&self, name: &[u8]) -> &[Definition<'c>] {
        self.defined.get(name.to_ascii_lowercase().as_slice()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whose word a value is.
    pub(crate) fn origin(&self, value: &[u8]) -> Origin {
        let mut origin = Origin::default();
        for name in self.behind(value) {
            origin.gate |= is_gates(&name);
            origin.client |= is_clients(&name);
        }
        origin
    }

    /// The names of all variables that a value is made of, those behind other variables too.
    pub(crate) fn behind(&self, value: &[u8]) -> BTreeSet<Vec<u8>> {
        names(value).flat_map(|name| self.behind_one(&name).iter().cloned().collect::<Vec<_>>()).collect()
    }

    /// The names of the variables whose text a value can hold: not those that only choose a line of a `map`.
    pub(crate) fn held_by(&self, value: &[u8]) -> BTreeSet<Vec<u8>> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<Vec<u8>> = names(value).collect();
        while let Some(name) = open.pop() {
            if seen.len() >= MOST || !seen.insert(name.clone()) {
                continue;
            }
            for definition in self.of(&name).iter().take(MOST) {
                match definition {
                    Definition::Set(directive) | Definition::Answer(directive) => {
                        open.extend(names(directive.argument(1).unwrap_or_default()));
                    }
                    Definition::Table(directive) => open.extend(results(directive).take(MOST).flat_map(names)),
                    Definition::Other => {}
                }
            }
        }
        seen
    }

    fn behind_one(&self, name: &[u8]) -> Names {
        if let Some(found) = self.behind.borrow().get(name) {
            return Rc::clone(found);
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![name.to_vec()];
        while let Some(name) = open.pop() {
            if seen.len() >= MOST || !seen.insert(name.clone()) {
                continue;
            }
            for definition in self.of(&name) {
                match definition {
                    Definition::Set(directive) | Definition::Answer(directive) => {
                        open.extend(names(directive.argument(1).unwrap_or_default()));
                    }
                    Definition::Table(directive) => {
                        open.extend(names(directive.argument(0).unwrap_or_default()));
                        open.extend(results(directive).flat_map(names));
                    }
                    Definition::Other => {}
                }
            }
        }
        let found = Rc::new(seen);
        self.behind.borrow_mut().insert(name.to_vec(), Rc::clone(&found));
        found
    }

    /// The values without variables that this one can have, as far as they are written down; itself, if they are not.
    ///
    /// Of what `set` gives, that of the nearest of the blocks around counts, innermost first, if there is one in any.
    pub(crate) fn expand(&self, value: &[u8], around: &[Span]) -> Vec<Vec<u8>> {
        let mut made = vec![Vec::new()];
        for part in parts(value) {
            let pieces: Vec<Vec<u8>> = match part {
                Part::Text(text) | Part::Broken(text) => vec![text.to_vec()],
                Part::Capture(digit) => vec![format!("${digit}").into_bytes()],
                Part::Variable(name) => self.literals(name, around).unwrap_or_else(|| vec![[b"$", name].concat()]),
            };
            made =
                made.iter().flat_map(|start| pieces.iter().map(move |piece| [&start[..], piece].concat())).take(MOST).collect();
        }
        made
    }

    /// What `set` and `map` give a variable, if all of it is written without variables.
    fn literals(&self, name: &[u8], around: &[Span]) -> Option<Vec<Vec<u8>>> {
        let definitions = self.of(name);
        let set_in = |block: &Span| {
            let is_inside = |span: Span| block.file == span.file && block.start <= span.start && span.end <= block.end;
            let is_here =
                |definition: &&Definition<'_>| matches!(definition, Definition::Set(directive) if is_inside(directive.span()));
            definitions.iter().filter(is_here).take(MOST).collect::<Vec<_>>()
        };
        let near = around.iter().map(set_in).find(|near| !near.is_empty());
        let definitions = near.unwrap_or_else(|| definitions.iter().collect());
        let mut found = Vec::new();
        for definition in definitions {
            match definition {
                _ if found.len() >= MOST => return None,
                Definition::Set(directive) => found.push(directive.argument(1)?.to_vec()),
                Definition::Table(directive) => found.extend(results(directive).take(MOST).map(<[u8]>::to_vec)),
                Definition::Answer(_) | Definition::Other => return None,
            }
        }
        (!found.is_empty() && !found.iter().any(|value| value.contains(&b'$'))).then_some(found)
    }
}

/// What the lines of a `map` give.
fn results(table: &Directive) -> impl Iterator<Item = &[u8]> {
    table.entries().filter_map(|entry| entry.argument(0))
}

/// The variables of a value.
pub(crate) fn names(value: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    parts(value).filter_map(|part| match part {
        Part::Variable(name) => Some(name.to_ascii_lowercase()),
        Part::Text(_) | Part::Capture(_) | Part::Broken(_) => None,
    })
}

/// Whether it is from the answer of the server that was asked last: in a protected location, the gate.
pub(crate) fn is_gates(name: &[u8]) -> bool {
    ["upstream_http_", "upstream_cookie_", "sent_http_"].iter().any(|start| name.starts_with(start.as_bytes()))
}

/// Whether a client can make it what it likes.
pub(crate) fn is_clients(name: &[u8]) -> bool {
    let starts = ["http_", "cookie_", "arg_"];
    let names: [&[u8]; 5] = [b"args", b"query_string", b"remote_user", b"request_body", b"request"];
    starts.iter().any(|start| name.starts_with(start.as_bytes())) || names.contains(&name)
}

/// Whether it differs between two people: what a client proves itself with, or who the gate says it is.
pub(crate) fn is_credential(name: &[u8]) -> bool {
    let starts = ["cookie_", "ssl_client_", "upstream_http_", "jwt_"];
    let is_header = name.strip_prefix(b"http_").is_some_and(|header| !ORDINARY.contains(&header));
    is_header || starts.iter().any(|start| name.starts_with(start.as_bytes()))
}

/// Headers of requests, as variables spell them, that are the same for many people or say nothing about one.
const ORDINARY: [&[u8]; 22] = [
    b"accept",
    b"accept_encoding",
    b"accept_language",
    b"cache_control",
    b"connection",
    b"host",
    b"if_modified_since",
    b"if_none_match",
    b"origin",
    b"range",
    b"referer",
    b"sec_fetch_mode",
    b"upgrade",
    b"user_agent",
    b"x_forwarded_for",
    b"x_forwarded_host",
    b"x_forwarded_proto",
    b"x_forwarded_uri",
    b"x_original_uri",
    b"x_original_url",
    b"x_real_ip",
    b"x_requested_with",
];

/// How many variables are looked behind, and how many values are made of one.
const MOST: usize = 64;
