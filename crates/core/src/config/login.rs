//! `[login]`.

use super::document::{Node, Problem};
use crate::return_address::Login;

pub(super) fn read(node: &Node) -> Result<Login, Problem> {
    let mut table = node.table("[login]")?;
    let url = table.require("url")?;
    let hosts = table.take("return_hosts");
    let texts = match hosts {
        Some(hosts) => hosts.array()?.iter().map(Node::text).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    table.finish()?;
    // First the URL alone, so that the place is right.
    Login::parse(url.text()?, &[]).map_err(|message| url.problem(message))?;
    Login::parse(url.text()?, &texts).map_err(|message| hosts.unwrap_or(url).problem(message))
}
