//! `[[api_key]]`: keys in a header.

use std::sync::Arc;

use super::document::{Node, Problem, Table};
use super::entries;
use super::reader::Reader;
use crate::api_key::{ApiKey, ApiKeys};
use crate::claims::check_name;
use crate::identity::{CredentialKind, Identity, RawClaims};
use crate::secret::decode_hex;

pub(super) fn read(table: &mut Table<'_>, reader: &mut Reader<'_>) -> Result<Vec<ApiKeys>, Problem> {
    let Some(nodes) = table.take("api_key") else { return Ok(Vec::new()) };
    let mut all: Vec<ApiKeys> = Vec::new();
    for node in nodes.tables("[[api_key]]")? {
        let mut table = node.table("[[api_key]]")?;
        let header = table.require("header")?;
        let entries_node = table.require("entries")?;
        table.finish()?;
        let mut keys = ApiKeys::new(header.header_name()?);
        if all.iter().any(|known| known.header == keys.header) {
            return Err(header.problem(format!("the header `{}` has keys already", keys.header)));
        }
        let entries = entries::read(entries_node, ("key", "[[key]]"), reader, |entry| {
            let (sha256, key) = read_key(entry)?;
            let id = Arc::clone(&key.id);
            if keys.add(sha256, key) { Ok(id) } else { Err(entry.problem("this hash is there twice")) }
        })?;
        let mut ids = entries.unwrap_or_default();
        ids.sort();
        if let Some((id, _)) = ids.iter().zip(ids.iter().skip(1)).find(|(id, next)| id == next) {
            return Err(entries_node.problem(format!("the key `{id}` is there twice")));
        }
        all.push(keys);
    }
    Ok(all)
}

fn read_key(entry: &Node) -> Result<([u8; 32], ApiKey), Problem> {
    let mut table = entry.table("[[key]]")?;
    let id = table.require("id")?.name()?;
    let hash = table.require("sha256")?;
    let digits = hash.text()?;
    let sha256 = decode_hex(digits.as_bytes()).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let sha256 = sha256.ok_or_else(|| hash.problem("expected the SHA-256 of the key, 64 hexadecimal digits"))?;
    let subject = table.require("subject")?.name()?;
    let groups = table.take("groups").map(Node::names).transpose()?;
    let scopes = table.take("scopes").map(Node::names).transpose()?;
    let expires = table.take("expires").map(Node::moment).transpose()?;
    table.finish()?;
    let identity = Identity {
        groups,
        scopes,
        claims: RawClaims::new(serde_json::json!({ "id": id }).to_string().as_bytes()),
        ..Identity::new(subject, CredentialKind::ApiKey)
    };
    Ok((sha256, ApiKey { id: id.into(), identity: Arc::new(identity), expires }))
}

impl Node {
    /// Reads a text that names somebody or something.
    pub(super) fn name(&self) -> Result<&str, Problem> {
        let text = self.text()?;
        check_name(text).map_err(|fault| self.problem(format!("`{}` {fault}", text.escape_debug())))?;
        Ok(text)
    }

    /// Reads a list of names, which may be empty.
    pub(super) fn names(&self) -> Result<Vec<Box<str>>, Problem> {
        self.array()?.iter().map(|item| item.name().map(Box::from)).collect()
    }
}
