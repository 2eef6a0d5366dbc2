//! `sources` and `max_token`: where tokens may be found, and how long they may be.

use super::document::{Node, Problem, Table, is_token};
use crate::source::Source;

/// Reads `sources`; without it, tokens come in `Authorization`.
pub(super) fn read(table: &mut Table<'_>) -> Result<Vec<Source>, Problem> {
    table.take("sources").map_or(Ok(vec![Source::Bearer]), |node| node.list(source))
}

/// Reads `max_token`, in bytes.
pub(super) fn max_token(table: &mut Table<'_>) -> Result<usize, Problem> {
    let Some(node) = table.take("max_token") else { return Ok(DEFAULT_MAX_TOKEN) };
    Ok(usize::try_from(node.size(1024, 64 * 1024)?).unwrap_or(DEFAULT_MAX_TOKEN))
}

fn source(node: &Node) -> Result<Source, Problem> {
    let text = node.text()?;
    let wrong = || node.problem(format!("`{text}` is no source; write \"bearer\", \"cookie:NAME\" or \"header:NAME\""));
    match text.split_once(':') {
        None if text == "bearer" => Ok(Source::Bearer),
        Some(("cookie", name)) if is_token(name) => Ok(Source::Cookie(name.to_owned())),
        Some(("header", name)) if is_token(name) => match name.to_ascii_lowercase() {
            name if ["authorization", "cookie", "host"].contains(&name.as_str()) => Err(node
                .problem("this header has another use; `Authorization` is the source \"bearer\", a cookie is \"cookie:NAME\"")),
            name => Ok(Source::Header(name)),
        },
        _ => Err(wrong()),
    }
}

/// A token longer than this is refused unless the file raises the limit: headers are rarely allowed more.
const DEFAULT_MAX_TOKEN: usize = 8 * 1024;
