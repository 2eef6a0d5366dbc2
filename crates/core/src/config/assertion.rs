//! `[assertion]`: the signed identity for backends.

use super::document::{Node, Problem};
use super::identity_headers::check_name;
use super::reader::Reader;
use crate::assertion::{Assertions, Audience};
use crate::identity_headers::IdentityHeader;
use crate::signing_key::SigningKey;

/// Reads the table; `None` if its keys have not been read.
pub(super) fn read(
    node: &Node,
    identity_headers: &[IdentityHeader],
    reader: &mut Reader<'_>,
) -> Result<Option<Assertions>, Problem> {
    let mut table = node.table("[assertion]")?;
    let header_node = table.require("header")?;
    let keys_node = table.require("keys")?;
    let lifetime = table.take("lifetime").map(|node| node.duration(1, 600)).transpose()?.unwrap_or(DEFAULT_LIFETIME);
    let audience = match table.take("audience") {
        None => Audience::Host,
        Some(node) => match node.text()? {
            "host" => Audience::Host,
            "" => return Err(node.problem("expected \"host\", or the name that backends expect in `aud`")),
            audience => Audience::Fixed(audience.to_owned()),
        },
    };
    let issuer = match table.take("issuer") {
        None => DEFAULT_ISSUER,
        Some(node) => match node.text()? {
            "" => return Err(node.problem("the issuer is empty")),
            issuer => issuer,
        },
    };
    table.finish()?;
    let header = header_node.text()?;
    check_name(header).map_err(|message| header_node.problem(message))?;
    if identity_headers.iter().any(|known| known.name.eq_ignore_ascii_case(header)) {
        return Err(header_node.problem(format!("`{header}` is one of the [identity_headers]; choose another name")));
    }
    let keys = keys_node.list(|node| {
        let Some(text) = reader.text(node)? else { return Ok(None) };
        SigningKey::from_pem(&text).map(Some).map_err(|error| node.problem(error.to_string()))
    })?;
    let Some(keys) = keys.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    if let Some(twice) =
        keys.iter().enumerate().find(|(index, key)| keys.iter().take(*index).any(|known| known.kid() == key.kid()))
    {
        return Err(keys_node.problem(format!("the key with the thumbprint `{}` is there twice", twice.1.kid())));
    }
    Ok(Some(Assertions::new(header.to_owned(), issuer.to_owned(), audience, lifetime, keys)))
}

/// Seconds: long enough for a request, too short to be worth stealing.
const DEFAULT_LIFETIME: u64 = 60;
const DEFAULT_ISSUER: &str = "gatewright";
