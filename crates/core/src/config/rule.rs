//! `[[rule]]`: target and effect.

use std::collections::HashSet;

use super::document::{Member, Node, Problem, Table, Value, closest, is_reserved, is_token, suggestion};
use super::issuer::{self, IssuerConfig};
use crate::form::{Form, FormSet};
use crate::host::HostPattern;
use crate::identity::CredentialKind;
use crate::network::Network;
use crate::policy::condition::{self, ClaimValue, Condition};
use crate::policy::pattern::PathPattern;
use crate::policy::rule::{Effect, Rule, Target};

/// Who can vouch for an identity: what a condition must keep apart.
pub(super) struct Sources<'c> {
    issuers: Vec<&'c str>,
    /// The kind of every source, issuers included.
    kinds: Vec<CredentialKind>,
}

impl<'c> Sources<'c> {
    pub(super) fn new(issuers: &'c [IssuerConfig], kinds: Vec<CredentialKind>) -> Self {
        Self { issuers: issuer::names(issuers), kinds }
    }

    /// Refuses a rule that asks for an identity where nothing could give one.
    fn require_any(&self, node: &Node, rule: &str) -> Result<(), Problem> {
        if !self.kinds.is_empty() {
            return Ok(());
        }
        Err(node.problem(format!(
            "rule `{rule}` needs an identity, and the file configures no credential; add [session], [[issuer]] or another"
        )))
    }

    /// Whether identities of this kind can come from more than one hand. A session says whose it is only if it names its issuer.
    fn are_several(&self, kind: CredentialKind) -> bool {
        match kind {
            CredentialKind::Jwt | CredentialKind::Session => self.issuers.len() > 1,
            other => self.kinds.iter().filter(|it| **it == other).count() > 1,
        }
    }
}

pub(super) fn read(table: &mut Table<'_>, sources: &Sources<'_>) -> Result<Vec<Rule>, Problem> {
    let Some(nodes) = table.take("rule") else { return Ok(Vec::new()) };
    let nodes = nodes.tables("[[rule]]")?;
    let mut ids = HashSet::new();
    let mut rules = Vec::with_capacity(nodes.len());
    for node in nodes {
        let rule = read_one(node, sources)?;
        if !ids.insert(rule.id.clone()) {
            return Err(node.problem(format!("rule `{}` is there twice", rule.id)));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn read_one(node: &Node, sources: &Sources<'_>) -> Result<Rule, Problem> {
    let mut table = node.table("[[rule]]")?;
    let id_node = table.require("id")?;
    let id = id_node.text()?;
    if id.is_empty() || id.len() > MAX_ID || id.chars().any(char::is_control) {
        return Err(id_node.problem(format!("a rule's id has 1 to {MAX_ID} bytes and no control characters")));
    }
    let target = target(&mut table)?;
    let shadow = table.take("shadow").map(Node::bool).transpose()?.unwrap_or(false);
    let (allow, deny) = (table.take("allow"), table.take("deny"));
    // Mistyped keys are reported before a missing effect, which they most likely explain.
    let place = table.place;
    table.finish()?;
    let effect = match (allow, deny) {
        (Some(allow), None) => effect(allow, id, sources)?,
        (None, Some(deny)) if matches!(&deny.value, Value::Text(text) if text == "anyone") => Effect::Deny,
        (None, Some(deny)) => return Err(deny.problem("write `deny = \"anyone\"`; to refuse some, allow the others")),
        (Some(_), Some(deny)) => return Err(deny.problem(format!("rule `{id}` has both `allow` and `deny`; leave one out"))),
        (None, None) => return Err(Problem::new(format!("rule `{id}` needs `allow` or `deny`"), place)),
    };
    if matches!(effect, Effect::Anyone) && target.paths.is_none() {
        return Err(allow
            .unwrap_or(node)
            .problem(format!("rule `{id}` allows anyone and names no `paths`, which opens whole sites; name the paths")));
    }
    Ok(Rule { id: id.to_owned(), target, effect, shadow })
}

fn target(table: &mut Table<'_>) -> Result<Target, Problem> {
    let insensitive = match table.take("case") {
        None => false,
        Some(node) => match node.text()? {
            "insensitive" => true,
            "sensitive" => false,
            _ => return Err(node.problem("write `case = \"insensitive\"` or \"sensitive\"")),
        },
    };
    let parse =
        |node: &Node, parse: &dyn Fn(&str) -> Result<_, String>| parse(node.text()?).map_err(|message| node.problem(message));
    let mut accept = FormSet::default();
    if let Some(node) = table.take("accept") {
        node.list(form)?.into_iter().for_each(|form| accept.insert(form));
    }
    Ok(Target {
        hosts: table
            .take("hosts")
            .map(|node| node.list(|item| HostPattern::parse(item.text()?).map_err(|message| item.problem(message))))
            .transpose()?,
        paths: table
            .take("paths")
            .map(|node| node.list(|item| parse(item, &|text| PathPattern::parse(text, insensitive))))
            .transpose()?,
        methods: table.take("methods").map(|node| node.list(method)).transpose()?,
        networks: table.take("networks").map(|node| node.list(network)).transpose()?,
        query: table.take("query").map(|node| pairs(node, "query")).transpose()?.unwrap_or_default(),
        headers: table.take("headers").map(headers).transpose()?.unwrap_or_default(),
        insensitive,
        accept,
    })
}

fn network(node: &Node) -> Result<Network, Problem> {
    Network::parse(node.text()?).map_err(|message| node.problem(message.to_string()))
}

fn form(node: &Node) -> Result<Form, Problem> {
    let name = node.text()?;
    let known: Vec<&str> = Form::ALL.iter().map(|form| form.name()).collect();
    Form::ALL
        .iter()
        .copied()
        .find(|form| form.name() == name)
        .ok_or_else(|| node.problem(format!("no form of path is called `{name}`; {}", suggestion(name, &known, "write some of"))))
}

fn method(node: &Node) -> Result<String, Problem> {
    let name = node.text()?;
    if !is_token(name) {
        return Err(node.problem(format!("`{name}` is no method")));
    }
    let upper = name.to_ascii_uppercase();
    if name != upper && ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"].contains(&upper.as_str())
    {
        return Err(node.problem(format!("methods are case-sensitive; did you mean `{upper}`?")));
    }
    Ok(name.to_owned())
}

/// Reads `{ name = ["value", …], … }`.
fn pairs(node: &Node, name: &'static str) -> Result<Vec<(String, Vec<String>)>, Problem> {
    let members = node.table(name)?.rest();
    if members.is_empty() {
        return Err(node.problem(format!("`{name}` is empty; name at least one, or leave it out")));
    }
    members.into_iter().map(|member| Ok((member.key.clone(), member.node.list(|item| item.text().map(str::to_owned))?))).collect()
}

fn headers(node: &Node) -> Result<Vec<(String, Vec<String>)>, Problem> {
    let mut headers: Vec<(String, Vec<String>)> = Vec::new();
    for (name, values) in pairs(node, "headers")? {
        let name = name.to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            return Err(node.problem(format!("`{name}` is no header name")));
        }
        if is_reserved(&name) {
            return Err(node.problem(format!(
                "anybody can send `{name}`; where the client or its certificate matters, use `networks` or a credential"
            )));
        }
        if OF_THE_CONNECTION.contains(&name.as_str()) {
            return Err(node.problem(format!(
                "`{name}` belongs to the connection, and a proxy does not hand it on: the rule would not see it"
            )));
        }
        if let Some(value) = values.iter().find(|value| value.contains(',')) {
            return Err(node.problem(format!("`{value}` is a list, which has no one spelling; write its values one by one")));
        }
        if headers.iter().any(|(known, _)| *known == name) {
            return Err(node.problem(format!("the header `{name}` is there twice")));
        }
        headers.push((name, values));
    }
    Ok(headers)
}

fn effect(node: &Node, rule: &str, sources: &Sources<'_>) -> Result<Effect, Problem> {
    match &node.value {
        Value::Text(text) if text == "anyone" => Ok(Effect::Anyone),
        Value::Text(text) if text == "authenticated" => {
            sources.require_any(node, rule)?;
            Ok(Effect::Authenticated)
        }
        Value::Text(text) => {
            let hint = closest(text, &["anyone", "authenticated"]).map_or_else(
                || "write \"anyone\", \"authenticated\" or a table".to_owned(),
                |it| format!("did you mean `{it}`?"),
            );
            Err(node.problem(format!("nobody is called `{text}`; {hint}")))
        }
        Value::Array(_) => node.list(|item| allow_table(item, rule, sources)).map(Effect::Tables),
        Value::Table(_) => Ok(Effect::Tables(vec![allow_table(node, rule, sources)?])),
        _ => {
            Err(node
                .problem(format!("expected \"anyone\", \"authenticated\", a table or a list of tables, found {}", node.kind())))
        }
    }
}

fn allow_table(node: &Node, rule: &str, sources: &Sources<'_>) -> Result<condition::Table, Problem> {
    sources.require_any(node, rule)?;
    let mut table = node.table("allow")?;
    let not = table.take("not");
    let conditions = conditions(&mut table, rule, sources, Steps::Allowed)?;
    table.finish()?;
    let not = match not {
        Some(not) => {
            let mut table = not.table("not")?;
            let negated = self::conditions(&mut table, rule, sources, Steps::Refused)?;
            table.finish()?;
            if negated.is_empty() {
                return Err(not.problem("`not` is empty; name what must not hold, or leave it out"));
            }
            negated
        }
        None => Vec::new(),
    };
    if conditions.is_empty() && not.is_empty() {
        return Err(node.problem(format!(
            "an empty table in rule `{rule}` would allow everybody with an identity; write \"authenticated\" if that is meant"
        )));
    }
    let table = condition::Table { conditions, not };
    check_whose(&table, rule, sources).map_err(|message| node.problem(message))?;
    Ok(table)
}

/// Whether step-up keys may stand in a table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Steps {
    Allowed,
    Refused,
}

fn conditions(table: &mut Table<'_>, rule: &str, sources: &Sources<'_>, steps: Steps) -> Result<Vec<Condition>, Problem> {
    let mut conditions = Vec::new();
    type Make = fn(Vec<String>) -> Condition;
    let lists: [(&'static str, Make); 5] = [
        ("users", Condition::Users),
        ("emails", Condition::Emails),
        ("email_domains", Condition::EmailDomains),
        ("groups", Condition::Groups),
        ("scopes", Condition::Scopes),
    ];
    for (key, make) in lists {
        let Some(node) = table.take(key) else { continue };
        conditions.push(make(node.list(|item| text_of(key, item))?));
    }
    if let Some(node) = table.take("issuers") {
        conditions.push(Condition::Issuers(node.list(|item| known_issuer(item, rule, sources))?));
    }
    if let Some(node) = table.take("credentials") {
        conditions.push(Condition::Credentials(node.list(credential)?));
    }
    if let Some(node) = table.take("claims") {
        claims(&node.table("claims")?.rest(), &[], &mut conditions)?;
    }
    type Read = fn(&Node) -> Result<Condition, Problem>;
    let step_up: [(&'static str, Read); 3] = [
        ("acr", |node| node.texts().map(Condition::Acr)),
        ("amr", |node| node.texts().map(Condition::Amr)),
        ("max_auth_age", |node| node.duration(1, 366 * 86_400).map(Condition::MaxAuthAge)),
    ];
    for (key, make) in step_up {
        let Some(node) = table.take(key) else { continue };
        if steps == Steps::Refused {
            return Err(node.problem(format!("`{key}` says how a user authenticated and has no place in `not`")));
        }
        conditions.push(make(node)?);
    }
    Ok(conditions)
}

fn text_of(key: &str, node: &Node) -> Result<String, Problem> {
    let text = node.text()?;
    let at_signs = text.matches('@').count();
    match key {
        _ if text.is_empty() => Err(node.problem("an empty string matches nothing here")),
        "emails" if at_signs != 1 => Err(node.problem(format!("`{text}` is no e-mail address"))),
        "email_domains" if at_signs != 0 || text.starts_with('.') || text.contains('*') => {
            Err(node.problem(format!("`{text}` is no domain; write such as \"example.com\", without `@`, `*` or a leading dot")))
        }
        "scopes" if text.contains(' ') => Err(node.problem("a scope has no spaces; write several scopes as several strings")),
        _ => Ok(text.to_owned()),
    }
}

fn known_issuer(node: &Node, rule: &str, sources: &Sources<'_>) -> Result<String, Problem> {
    let name = node.text()?;
    // A session may carry an issuer whose tokens are not accepted here.
    let sessions_alone = sources.kinds.contains(&CredentialKind::Session) && sources.issuers.is_empty();
    if sources.issuers.contains(&name) || sessions_alone {
        return Ok(name.to_owned());
    }
    let hint = suggestion(name, &sources.issuers, "known issuers:");
    Err(node.problem(format!("rule `{rule}`: unknown issuer `{name}`; {hint}")))
}

fn credential(node: &Node) -> Result<CredentialKind, Problem> {
    let name = node.text()?;
    CredentialKind::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = CredentialKind::ALL.iter().map(|kind| kind.name()).collect();
        node.problem(format!("no kind of credential is called `{name}`; {}", suggestion(name, &known, "write some of")))
    })
}

/// Reads `claims.<path> = [value, …]`: dotted keys, nested tables and quoted names all spell a path.
fn claims(members: &[&Member], above: &[String], conditions: &mut Vec<Condition>) -> Result<(), Problem> {
    for member in members {
        if matches!(&member.node.value, Value::Table(inner) if inner.is_empty()) {
            return Err(Problem::new(format!("`{}` is empty, which asks for nothing", member.key), &member.place));
        }
        let path: Vec<String> = above.iter().cloned().chain([member.key.clone()]).collect();
        if path.len() > MAX_CLAIM_DEPTH || member.key.is_empty() {
            return Err(Problem::new(
                format!("a claim path has at most {MAX_CLAIM_DEPTH} names, none of them empty"),
                &member.place,
            ));
        }
        match &member.node.value {
            Value::Table(inner) => claims(&inner.iter().collect::<Vec<_>>(), &path, conditions)?,
            _ => conditions.push(Condition::Claim(path, member.node.list(claim_value)?)),
        }
    }
    Ok(())
}

fn claim_value(node: &Node) -> Result<ClaimValue, Problem> {
    match &node.value {
        Value::Text(text) => Ok(ClaimValue::Text(text.clone())),
        Value::Integer(integer) => Ok(ClaimValue::Integer(*integer)),
        Value::Bool(value) => Ok(ClaimValue::Bool(*value)),
        _ => Err(node.problem(format!("a claim is compared with strings, integers and booleans, not with {}", node.kind()))),
    }
}

/// With more than one source of identities, a name means nothing until the table says whose name it is.
fn check_whose(table: &condition::Table, rule: &str, sources: &Sources<'_>) -> Result<(), String> {
    let names_someone = |condition: &&Condition| {
        matches!(
            condition,
            Condition::Users(_)
                | Condition::Emails(_)
                | Condition::EmailDomains(_)
                | Condition::Groups(_)
                | Condition::Claim(..)
                | Condition::Scopes(_)
        )
    };
    let Some(named) = table.conditions.iter().chain(&table.not).find(names_someone) else { return Ok(()) };
    let says_issuers = table.conditions.iter().any(|condition| matches!(condition, Condition::Issuers(_)));
    if sources.kinds.len() < 2 || says_issuers {
        return Ok(());
    }
    let kinds = table.conditions.iter().find_map(|condition| match condition {
        Condition::Credentials(kinds) => Some(kinds),
        _ => None,
    });
    let key = named.key();
    let several = |kind: &&CredentialKind| sources.are_several(**kind);
    match kinds.map(|kinds| kinds.iter().find(several)) {
        Some(None) => Ok(()),
        Some(Some(CredentialKind::Jwt | CredentialKind::Session)) => Err(format!(
            "rule `{rule}`: `{key}` means nothing while several issuers could say it; add `issuers = [\"{}\"]`",
            sources.issuers.first().unwrap_or(&"…")
        )),
        Some(Some(kind)) => Err(format!(
            "rule `{rule}`: `{key}` means nothing while several [[{}]] could say it; make them one, or name another kind",
            kind.table()
        )),
        None => {
            let mut clear: Vec<&str> = sources.kinds.iter().filter(|kind| !several(kind)).map(|kind| kind.name()).collect();
            clear.dedup();
            let by_kind = match clear.split_first() {
                None => String::new(),
                Some((first, [])) => format!(", or `credentials = [\"{first}\"]`"),
                Some((first, others)) => format!(", or `credentials = [\"{first}\"]` or [\"{}\"]", others.join("\"] or [\"")),
            };
            Err(format!("rule `{rule}`: `{key}` means nothing until the table says whose: add `issuers = […]`{by_kind}"))
        }
    }
}

/// A rule's id stands in every log line.
const MAX_ID: usize = 128;
/// Deeper claims than the JSON reader reads cannot match.
const MAX_CLAIM_DEPTH: usize = 16;

/// Headers that end at the next hop (RFC 9110 §7.6.1), or that frame a message.
const OF_THE_CONNECTION: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
