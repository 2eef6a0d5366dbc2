//! `[[test]]`: what the policy should answer.

use std::net::IpAddr;

use super::document::{Node, Problem, Table};
use super::error::{ConfigError, Position};
use crate::identity::{CredentialKind, Identity, RawClaims};
use crate::time::UnixTime;

/// A test of the file.
#[derive(Clone, Debug)]
pub(crate) struct PolicyTest {
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) scheme: String,
    pub(crate) host: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) client: Option<IpAddr>,
    pub(crate) now: Option<UnixTime>,
    /// The identity that asks; without one, whatever the headers hold.
    pub(crate) assumed: Option<Identity>,
    pub(crate) expect: Expectation,
    pub(crate) position: Option<Position>,
}

/// What a test expects; what it leaves out may be anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expectation {
    pub(crate) status: Option<u16>,
    pub(crate) rule: Option<String>,
    pub(crate) code: Option<String>,
}

pub(super) fn read(table: &mut Table<'_>, source: &str) -> Result<Vec<PolicyTest>, Problem> {
    let Some(nodes) = table.take("test") else { return Ok(Vec::new()) };
    let nodes = nodes.array().map_err(|_| nodes.problem("write `[[test]]`, with two brackets: there may be several"))?;
    nodes.iter().map(|node| read_one(node, source)).collect()
}

fn read_one(node: &Node, source: &str) -> Result<PolicyTest, Problem> {
    let mut table = node.table("[[test]]")?;
    let name = table.require("name")?;
    let request = table.require("request")?;
    let (method, scheme, host, target) = split_request(request.text()?).ok_or_else(|| {
        request.problem("a request is a method and an absolute URL, such as \"GET https://app.example.com/admin/\"")
    })?;
    let headers = match table.take("headers") {
        Some(node) => node
            .table("headers")?
            .rest()
            .into_iter()
            .map(|member| Ok((member.key.clone(), member.node.text()?.to_owned())))
            .collect::<Result<_, Problem>>()?,
        None => Vec::new(),
    };
    let client = table.take("client");
    let client = client.map(|node| node.text()?.parse().map_err(|_| node.problem("expected an IP address"))).transpose()?;
    let now = table.take("now").map(|node| node.integer(0, UnixTime::MAX.as_secs())).transpose()?;
    let assumed = table.take("as").map(identity).transpose()?;
    let expect = expectation(table.require("expect")?)?;
    table.finish()?;
    Ok(PolicyTest {
        name: name.text()?.to_owned(),
        method: method.to_owned(),
        scheme: scheme.to_owned(),
        host: host.to_owned(),
        target: target.to_owned(),
        headers,
        client,
        now: now.map(UnixTime::from_secs),
        assumed,
        expect,
        position: ConfigError::new("", &node.place, source).position(),
    })
}

/// Splits `METHOD scheme://host/target` as bytes, without normalising anything.
fn split_request(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (method, url) = text.split_once(' ')?;
    let (scheme, rest) = url.split_once("://")?;
    let slash = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, target) = rest.split_at_checked(slash)?;
    Some((method, scheme, host, if target.is_empty() { "/" } else { target }))
}

fn identity(node: &Node) -> Result<Identity, Problem> {
    let mut table = node.table("as")?;
    let subject = table.require("subject")?.text()?;
    let kind = match table.take("credential") {
        None => CredentialKind::Session,
        Some(node) => {
            CredentialKind::from_name(node.text()?).ok_or_else(|| node.problem("no kind of credential has this name"))?
        }
    };
    let mut text = |key| table.take(key).map(|node: &Node| node.text().map(Box::from)).transpose();
    let (email, name, issuer, acr) = (text("email")?, text("name")?, text("issuer")?, text("acr")?);
    let mut list = |key| {
        table
            .take(key)
            .map(|node: &Node| node.array()?.iter().map(|item| item.text().map(Box::from)).collect::<Result<Vec<Box<str>>, _>>())
            .transpose()
    };
    let (groups, scopes, amr) = (list("groups")?, list("scopes")?, list("amr")?);
    let auth_time = table.take("auth_time").map(|node| node.integer(0, UnixTime::MAX.as_secs())).transpose()?;
    let claims = match table.take("claims") {
        Some(node) => RawClaims::new(super::issuer::json(node)?.to_string().as_bytes()),
        None => RawClaims::default(),
    };
    table.finish()?;
    Ok(Identity {
        email,
        name,
        issuer,
        acr,
        groups,
        scopes,
        amr: amr.unwrap_or_default(),
        auth_time: auth_time.map(UnixTime::from_secs),
        claims,
        ..Identity::new(subject, kind)
    })
}

fn expectation(node: &Node) -> Result<Expectation, Problem> {
    let mut table = node.table("expect")?;
    let status = table.take("status").map(|node| match node.integer(200, 503)? {
        status @ (200 | 401 | 403 | 503) => Ok(u16::try_from(status).unwrap_or_default()),
        _ => Err(node.problem("a decision is 200, 401, 403 or 503")),
    });
    let mut text = |key| table.take(key).map(|node: &Node| node.text().map(str::to_owned)).transpose();
    let expect = Expectation { rule: text("rule")?, code: text("code")?, status: status.transpose()? };
    table.finish()?;
    if expect.status.is_none() && expect.rule.is_none() && expect.code.is_none() {
        return Err(node.problem("expect at least one of status, rule, code"));
    }
    Ok(expect)
}
