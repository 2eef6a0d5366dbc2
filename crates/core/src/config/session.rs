//! `[session]`.

use super::document::{Node, Problem};
use super::reader::Reader;
use crate::session::Sessions;

/// Reads the table; `None` until every key was read.
pub(super) fn read(node: &Node, reader: &mut Reader<'_>) -> Result<Option<Sessions>, Problem> {
    let mut table = node.table("[session]")?;
    let keys_node = table.require("keys")?;
    let keys = keys_node.list(|key| reader.secret(key))?;
    let lifetime = table.take("lifetime").map(|node| node.duration(1, MAX_LIFETIME)).transpose()?.unwrap_or(DEFAULT_LIFETIME);
    let cookie = table.take("cookie");
    let cookie_name = cookie.map(Node::text).transpose()?;
    let domain = table.take("domain").map(Node::text).transpose()?;
    let idle = table.take("idle").map(|node| node.duration(1, MAX_LIFETIME)).transpose()?;
    let insecure_http = table.take("insecure_http").map(Node::bool).transpose()?.unwrap_or(false);
    table.finish()?;
    let Some(keys) = keys.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    let sessions = Sessions::new(&keys, cookie_name, domain, lifetime, idle, insecure_http)
        .map_err(|message| node_of(&message, keys_node, cookie).secret_problem(message))?;
    if let Some(warning) = sessions.warning() {
        reader.warn(warning, &cookie.unwrap_or(node).place);
    }
    if idle.is_some() {
        reader.note(
            "with `idle`, nginx must hand renewed cookies on: `auth_request_set $session $upstream_http_set_cookie;` and \
             `add_header Set-Cookie $session always;`",
            &node.place,
        );
    }
    Ok(Some(sessions))
}

/// Points at the cookie when the sentence is about it, else at the keys.
fn node_of<'n>(message: &str, keys: &'n Node, cookie: Option<&'n Node>) -> &'n Node {
    match cookie {
        Some(cookie) if !message.contains("key") => cookie,
        _ => keys,
    }
}

/// A working day and a bit, as the documentation says.
const DEFAULT_LIFETIME: u64 = 12 * 3_600;
/// A year: past that a session is no session.
const MAX_LIFETIME: u64 = 366 * 86_400;
