//! `sources`: where an issuer's tokens may be found.

use super::document::{Node, Problem, is_token};
use crate::source::Source;

pub(super) fn read(node: &Node) -> Result<Vec<Source>, Problem> {
    node.list(source)
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
