//! `[[biscuit]]`: root keys, and what a token says of its holder.

use super::document::{Node, Problem, Table, Value};
use super::source;
use crate::biscuit::{Biscuits, IdentityQueries, IdentityQuery, OperatorCode, RootKey};

pub(super) fn read(table: &mut Table<'_>) -> Result<Vec<Biscuits>, Problem> {
    let Some(nodes) = table.take("biscuit") else { return Ok(Vec::new()) };
    let mut all: Vec<Biscuits> = Vec::new();
    for node in nodes.tables("[[biscuit]]")? {
        let biscuits = read_one(node, &all)?;
        all.push(biscuits);
    }
    Ok(all)
}

fn read_one(node: &Node, others: &[Biscuits]) -> Result<Biscuits, Problem> {
    let mut table = node.table("[[biscuit]]")?;
    let keys_node = table.require("public_keys")?;
    let queries = queries(table.require("identity")?)?;
    let policy = table.take("policy");
    let code =
        OperatorCode::parse(policy.map_or(Ok(""), Node::text)?).map_err(|message| policy.unwrap_or(node).problem(message))?;
    let (sources, max_token) = (source::read(&mut table)?, source::max_token(&mut table)?);
    table.finish()?;
    let keys = keys_node.list(root_key)?;
    let biscuits = Biscuits::new(keys, queries, code, sources, max_token);
    match biscuits.ambiguity(others) {
        None => Ok(biscuits),
        Some(message) => Err(keys_node.problem(message)),
    }
}

/// Reads `"ed25519/…"` or `{ id = 1, key = "ed25519/…" }`.
fn root_key(node: &Node) -> Result<RootKey, Problem> {
    let Value::Table(_) = &node.value else { return parse_key(node, None) };
    let mut table = node.table("public_keys")?;
    let id = table.require("id")?.integer(0, u32::MAX.into())?;
    let key = table.require("key")?;
    table.finish()?;
    parse_key(key, u32::try_from(id).ok())
}

fn parse_key(node: &Node, id: Option<u32>) -> Result<RootKey, Problem> {
    // Whatever it is, it may be a private key.
    RootKey::parse(node.text()?, id).map_err(|message| node.secret_problem(message))
}

fn queries(node: &Node) -> Result<IdentityQueries, Problem> {
    let mut table = node.table("identity")?;
    let parse = |node: &Node| IdentityQuery::parse(node.text()?).map_err(|message| node.problem(message));
    let subject = parse(table.require("subject")?)?;
    let mut optional = |key| table.take(key).map(parse).transpose();
    let queries = IdentityQueries {
        subject,
        email: optional("email")?,
        name: optional("name")?,
        groups: optional("groups")?,
        scopes: optional("scopes")?,
    };
    table.finish()?;
    Ok(queries)
}
