//! A policy as data, and as the file writes it.

use std::fmt::Write as _;

use serde_json::{Value, json};
use vectors::key::ED_1;
use vectors::session::{KEY_A, key_text};

/// Rules, and the sources of identities beside them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) session: bool,
    pub(crate) issuer: bool,
    pub(crate) rules: Vec<Rule>,
}

/// A rule; an empty list is a missing key.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) hosts: Vec<&'static str>,
    pub(crate) paths: Vec<&'static str>,
    pub(crate) methods: Vec<&'static str>,
    pub(crate) networks: Vec<&'static str>,
    pub(crate) query: Vec<(&'static str, Vec<&'static str>)>,
    pub(crate) headers: Vec<(&'static str, Vec<&'static str>)>,
    pub(crate) insensitive: bool,
    pub(crate) accept: Vec<&'static str>,
    pub(crate) shadow: bool,
    pub(crate) effect: Effect,
}

#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Deny,
    Anyone,
    Authenticated,
    /// Any of the tables.
    Tables(Vec<Table>),
}

/// Keys and their values, all of which must hold, and those of which none may.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) keys: Vec<(&'static str, Value)>,
    pub(crate) not: Vec<(&'static str, Value)>,
}

impl Rule {
    /// A rule whose target is these paths, or everything.
    pub(crate) fn new(id: &str, paths: &[&'static str], effect: Effect) -> Self {
        Self {
            id: id.to_owned(),
            hosts: Vec::new(),
            paths: paths.to_vec(),
            methods: Vec::new(),
            networks: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            insensitive: false,
            accept: Vec::new(),
            shadow: false,
            effect,
        }
    }
}

impl Policy {
    pub(crate) fn toml(&self) -> String {
        let mut text = String::from("version = 1\n");
        if self.session {
            let key = key_text(KEY_A);
            let _ = write!(text, "[session]\nkeys = [\"{key}\"]\nlifetime = \"12h\"\n");
        }
        if self.issuer {
            let jwk = inline(&ED_1.jwk());
            let _ = write!(
                text,
                "[[issuer]]\nissuer = \"{}\"\naudiences = [\"app\"]\nalgorithms = [\"EdDSA\"]\nkeys = {{ jwks = {{ keys = [{jwk}] }} }}\n",
                vectors::LOGIN
            );
        }
        for rule in &self.rules {
            rule.write(&mut text);
        }
        text
    }
}

impl Rule {
    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "[[rule]]\nid = {}", json!(self.id));
        let lists = [
            ("hosts", &self.hosts),
            ("paths", &self.paths),
            ("methods", &self.methods),
            ("networks", &self.networks),
            ("accept", &self.accept),
        ];
        for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            let _ = writeln!(text, "{key} = {}", json!(list));
        }
        for (key, pairs) in [("query", &self.query), ("headers", &self.headers)] {
            let pairs: Vec<String> = pairs.iter().map(|(name, values)| format!("{} = {}", json!(name), json!(values))).collect();
            if !pairs.is_empty() {
                let _ = writeln!(text, "{key} = {{ {} }}", pairs.join(", "));
            }
        }
        if self.insensitive {
            text.push_str("case = \"insensitive\"\n");
        }
        if self.shadow {
            text.push_str("shadow = true\n");
        }
        let effect = match &self.effect {
            Effect::Deny => "deny = \"anyone\"".to_owned(),
            Effect::Anyone => "allow = \"anyone\"".to_owned(),
            Effect::Authenticated => "allow = \"authenticated\"".to_owned(),
            Effect::Tables(tables) => {
                format!("allow = [{}]", tables.iter().map(Table::toml).collect::<Vec<_>>().join(", "))
            }
        };
        let _ = writeln!(text, "{effect}");
    }
}

impl Table {
    fn toml(&self) -> String {
        let pairs =
            |keys: &[(&str, Value)]| keys.iter().map(|(key, value)| format!("{key} = {}", inline(value))).collect::<Vec<_>>();
        let mut members = pairs(&self.keys);
        if !self.not.is_empty() {
            members.push(format!("not = {{ {} }}", pairs(&self.not).join(", ")));
        }
        format!("{{ {} }}", members.join(", "))
    }
}

/// Writes a JSON value as TOML, in one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{} = {}", json!(name), inline(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
