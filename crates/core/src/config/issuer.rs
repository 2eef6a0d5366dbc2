//! `[[issuer]]`: whose tokens count, and how they are verified.

use super::document::{Member, Node, Problem, Table, Value, closest};
use super::reader::Reader;
use super::source;
use crate::crypto::Algorithm;
use crate::jwk::{KeySet, KeySetError};
use crate::jwt::{ClaimMapping, ClaimPath, DpopReplay, DpopUse, Issuer};
use crate::source::Source;

/// An issuer and where its keys come from.
#[derive(Clone, Debug)]
pub(crate) struct IssuerConfig {
    pub(crate) issuer: Issuer,
    pub(crate) keys: KeySource,
}

/// Where an issuer's keys come from.
#[derive(Clone, Debug)]
pub(crate) enum KeySource {
    /// Over HTTPS: the shell fetches.
    Remote(RemoteKeys),
    /// From the file itself or from something it refers to; `Some` once resolved.
    Local(Option<KeySet>),
}

/// Keys that a shell fetches and refreshes.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteKeys {
    /// The issuer, as in `iss`.
    pub issuer: String,
    /// Where the keys are.
    pub location: KeyLocation,
    /// PEM certificates to trust instead of the built-in roots (`ca_file`), once resolved.
    pub ca: Option<Vec<u8>>,
    /// Seconds between two fetches because of an unknown `kid`.
    pub cooldown: u64,
    /// Seconds after which the keys are fetched again.
    pub max_age: u64,
    /// `danger_http`: plain HTTP to a host that is not loopback.
    pub danger_http: bool,
}

/// Where a key set is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must know every place")]
pub enum KeyLocation {
    /// OpenID Connect Discovery below the issuer.
    Discovery,
    /// This URL.
    JwksUrl(String),
}

pub(super) fn read(table: &mut Table<'_>, reader: &mut Reader<'_>) -> Result<Vec<IssuerConfig>, Problem> {
    let Some(nodes) = table.take("issuer") else { return Ok(Vec::new()) };
    let mut issuers: Vec<IssuerConfig> = Vec::new();
    for node in nodes.tables("[[issuer]]")? {
        let issuer = read_one(node, reader)?;
        if issuers.iter().any(|known| known.issuer.issuer == issuer.issuer.issuer) {
            return Err(node.problem(format!("issuer `{}` is there twice", issuer.issuer.issuer)));
        }
        issuers.push(issuer);
    }
    Ok(issuers)
}

fn read_one(node: &Node, reader: &mut Reader<'_>) -> Result<IssuerConfig, Problem> {
    let mut table = node.table("[[issuer]]")?;
    let name = table.require("issuer")?;
    let audiences = table.require("audiences")?.texts()?;
    let algorithms_node = table.require("algorithms")?;
    let algorithms = algorithms_node.list(algorithm)?;
    let keys_node = table.require("keys")?;
    let danger_http = flag(&mut table, "danger_http")?;
    let issuer = Issuer {
        issuer: match name.text()? {
            "" => return Err(name.problem("the issuer is empty")),
            text => text.to_owned(),
        },
        audiences,
        algorithms,
        types: table.take("types").map(types).transpose()?,
        leeway: table.take("leeway").map(|node| node.duration(0, 300)).transpose()?.unwrap_or(60),
        max_token: source::max_token(&mut table)?,
        sources: source::read(&mut table)?,
        claims: claim_mapping(table.take("claims"))?,
        unverified_email: flag(&mut table, "danger_unverified_email")?,
        unchecked_cnf: flag(&mut table, "danger_unchecked_cnf")?,
        dpop: choice(&mut table, "dpop", [("optional", DpopUse::WhenBound), ("required", DpopUse::Required)])?,
        dpop_replay: choice(&mut table, "dpop_replay", [("accept", DpopReplay::Accept), ("refuse", DpopReplay::Refuse)])?,
    };
    if issuer.dpop == DpopUse::Required && !issuer.sources.contains(&Source::Bearer) {
        return Err(
            node.problem("a proof goes with `Authorization: DPoP`; with `dpop = \"required\"`, `sources` must have \"bearer\"")
        );
    }
    let ca = match table.take("ca_file") {
        Some(node) => reader.file(node)?,
        None => None,
    };
    let cooldown = table.take("cooldown").map(|node| node.duration(1, 3_600)).transpose()?.unwrap_or(30);
    let max_age_node = table.take("max_age");
    let max_age = max_age_node.map(|node| node.duration(1, 86_400)).transpose()?.unwrap_or(600);
    if max_age < cooldown {
        let message = format!("`max_age` ({max_age} s) is below `cooldown` ({cooldown} s)");
        return Err(max_age_node.unwrap_or(node).problem(message));
    }
    table.finish()?;
    let settings = RemoteSettings { ca, cooldown, max_age, danger_http };
    let keys = keys(keys_node, &issuer, name, settings, reader)?;
    check_family(&issuer, &keys, keys_node, algorithms_node)?;
    Ok(IssuerConfig { issuer, keys: keys.source })
}

/// What `keys` says, and whether it can only be a secret.
struct Keys {
    source: KeySource,
    secret: bool,
}

/// The issuer's settings that only matter for keys that are fetched.
struct RemoteSettings {
    ca: Option<Vec<u8>>,
    cooldown: u64,
    max_age: u64,
    danger_http: bool,
}

fn keys(node: &Node, issuer: &Issuer, name: &Node, settings: RemoteSettings, reader: &mut Reader<'_>) -> Result<Keys, Problem> {
    let mut table = node.table("keys")?;
    let sources: Vec<(&'static str, &Node)> = ["discovery", "jwks_url", "jwks_file", "pem_file", "secret", "jwks"]
        .into_iter()
        .filter_map(|key| table.take(key).map(|node| (key, node)))
        .collect();
    table.finish()?;
    let [(key, value)] = sources.as_slice() else {
        return Err(node.problem("`keys` has exactly one of discovery, jwks_url, jwks_file, pem_file, secret, jwks"));
    };
    let local = |keys: Option<Result<KeySet, KeySetError>>| -> Result<KeySource, Problem> {
        Ok(KeySource::Local(keys.transpose().map_err(|error| value.problem(error.to_string()))?))
    };
    let remote = |location| {
        KeySource::Remote(RemoteKeys {
            issuer: issuer.issuer.clone(),
            location,
            ca: settings.ca,
            cooldown: settings.cooldown,
            max_age: settings.max_age,
            danger_http: settings.danger_http,
        })
    };
    let source = match *key {
        "discovery" => {
            if !value.bool()? {
                return Err(value.problem("write `discovery = true`, or name another source of keys"));
            }
            check_url(&issuer.issuer, settings.danger_http).map_err(|message| name.problem(message))?;
            remote(KeyLocation::Discovery)
        }
        "jwks_url" => {
            let url = value.text()?;
            check_url(url, settings.danger_http).map_err(|message| value.problem(message))?;
            remote(KeyLocation::JwksUrl(url.to_owned()))
        }
        "jwks_file" => local(reader.text_file(value)?.map(|text| KeySet::from_json_with_secrets(&text)))?,
        "pem_file" => local(reader.text_file(value)?.map(|text| KeySet::from_pem(&text)))?,
        "secret" => local(reader.secret(value)?.map(|secret| KeySet::from_secret(&secret)))?,
        _ => local(Some(KeySet::from_json_with_secrets(&json(value)?.to_string())))?,
    };
    Ok(Keys { source, secret: *key == "secret" })
}

/// A secret verifies only HMAC, and public keys never do: a mixture is a mistake (RFC 8725 §3.1).
fn check_family(issuer: &Issuer, keys: &Keys, keys_node: &Node, algorithms: &Node) -> Result<(), Problem> {
    let hmac = issuer.algorithms.iter().filter(|algorithm| algorithm.is_hmac()).count();
    if keys.secret && hmac < issuer.algorithms.len() {
        return Err(algorithms.problem("a secret verifies HS256, HS384 and HS512 only; name other keys, or these algorithms"));
    }
    if hmac > 0 && matches!(keys.source, KeySource::Remote(_)) {
        return Err(algorithms.problem(
            "an HMAC secret never comes from a URL; write `keys = { secret = \"env:…\" }`, or leave HS256, HS384 and HS512 out",
        ));
    }
    if let KeySource::Local(Some(set)) = &keys.source
        && !issuer.algorithms.iter().any(|algorithm| set.has_key_for(*algorithm))
    {
        return Err(keys_node.problem("none of these keys fits any of `algorithms`"));
    }
    Ok(())
}

/// Reads one of two words; the first is the default.
fn choice<T>(table: &mut Table<'_>, key: &'static str, [first, second]: [(&str, T); 2]) -> Result<T, Problem> {
    let Some(node) = table.take(key) else { return Ok(first.1) };
    match node.text()? {
        text if text == first.0 => Ok(first.1),
        text if text == second.0 => Ok(second.1),
        text => Err(node.problem(format!("`{text}` is neither \"{}\" nor \"{}\"", first.0, second.0))),
    }
}

fn flag(table: &mut Table<'_>, key: &'static str) -> Result<bool, Problem> {
    table.take(key).map(Node::bool).transpose().map(|flag| flag.unwrap_or(false))
}

fn algorithm(node: &Node) -> Result<Algorithm, Problem> {
    let name = node.text()?;
    if let Some(algorithm) = Algorithm::from_name(name) {
        return Ok(algorithm);
    }
    let known: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
    let hint = match closest(&name.to_ascii_uppercase(), &known) {
        Some(known) if name.len() > 3 => format!("did you mean `{known}`?"),
        _ => format!("write some of {}", known.join(", ")),
    };
    Err(node.problem(format!("`{name}` is no accepted algorithm; {hint}")))
}

fn types(node: &Node) -> Result<Vec<String>, Problem> {
    let strip = |text: String| {
        let lower = text.to_ascii_lowercase();
        lower.strip_prefix("application/").map_or(lower.clone(), str::to_owned)
    };
    Ok(node.texts()?.into_iter().map(strip).collect())
}

fn claim_mapping(node: Option<&Node>) -> Result<ClaimMapping, Problem> {
    let mut table = match node {
        Some(node) => Some(node.table("claims")?),
        None => None,
    };
    let mut path = |key: &'static str, default: &str| match table.as_mut().and_then(|table| table.take(key)) {
        None => Ok(ClaimPath::Text(default.to_owned())),
        Some(node) => match &node.value {
            Value::Array(_) => node.texts().map(ClaimPath::Path),
            Value::Text(text) if !text.is_empty() => Ok(ClaimPath::Text(text.clone())),
            _ => Err(node.problem("expected the name of a claim, or its path as an array of names")),
        },
    };
    let mapping = ClaimMapping {
        subject: path("subject", "sub")?,
        email: path("email", "email")?,
        name: path("name", "name")?,
        groups: path("groups", "groups")?,
        scopes: path("scopes", "scope")?,
    };
    table.map_or(Ok(()), Table::finish)?;
    Ok(mapping)
}

/// Keys come over https, over plain http only from this machine or where the file says that the danger is known.
fn check_url(url: &str, danger_http: bool) -> Result<(), String> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || authority.contains('@') || url.contains(char::is_whitespace) || rest.contains('#') {
        return Err(format!("`{url}` is no URL to fetch keys from; write such as `https://login.example.com/jwks`"));
    }
    let host = authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(authority, |(host, _)| host);
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    match scheme {
        "https" => Ok(()),
        "http" if loopback || danger_http => Ok(()),
        "http" => {
            Err("keys over plain http can be replaced on the way; write https, or `danger_http = true` if you must".to_owned())
        }
        _ => Err(format!("`{url}` is neither https nor http")),
    }
}

/// Writes a table of the file as JSON, for the key set reader.
pub(super) fn json(node: &Node) -> Result<serde_json::Value, Problem> {
    Ok(match &node.value {
        Value::Text(text) => text.as_str().into(),
        Value::Integer(integer) => (*integer).into(),
        Value::Bool(value) => (*value).into(),
        Value::Array(items) => items.iter().map(json).collect::<Result<Vec<_>, _>>()?.into(),
        Value::Table(members) => {
            let member = |member: &Member| Ok((member.key.clone(), json(&member.node)?));
            serde_json::Value::Object(members.iter().map(member).collect::<Result<_, Problem>>()?)
        }
        Value::Date(_) | Value::Other(_) => return Err(node.problem(format!("a key set has no {}", node.kind()))),
    })
}

/// The issuers' names.
pub(super) fn names(issuers: &[IssuerConfig]) -> Vec<&str> {
    issuers.iter().map(|issuer| issuer.issuer.issuer.as_str()).collect()
}
