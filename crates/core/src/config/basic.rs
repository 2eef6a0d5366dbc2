//! `[[basic]]`: user names and passwords.

use super::document::{Node, Problem, Table};
use super::reader::{Reader, path, problem_in};
use crate::password::{GroupFile, Passwords};

/// Reads every table into one set of users; `None` if there is no table, or not everything was read.
pub(super) fn read(table: &mut Table<'_>, reader: &mut Reader<'_>) -> Result<Option<Passwords>, Problem> {
    let Some(nodes) = table.take("basic") else { return Ok(None) };
    let mut passwords = Passwords::default();
    let mut complete = true;
    for node in nodes.tables("[[basic]]")? {
        let mut table = node.table("[[basic]]")?;
        let htpasswd_node = table.require("htpasswd")?;
        let groups_node = table.take("groups_file");
        table.finish()?;
        let htpasswd = reader.text(htpasswd_node)?;
        let groups = groups_node.map(|node| reader.text_file(node)).transpose()?;
        match (htpasswd, &groups) {
            (Some(htpasswd), None | Some(Some(_))) => {
                let groups = groups_node.zip(groups.flatten()).map(|(node, text)| read_groups(node, &text)).transpose()?;
                let warnings = passwords.add(&htpasswd, groups).map_err(|message| problem_in(htpasswd_node, message))?;
                for warning in warnings {
                    reader.warn(warning, &groups_node.unwrap_or(htpasswd_node).place);
                }
            }
            (None, _) | (_, Some(None)) => complete = false,
        }
    }
    Ok(complete.then_some(passwords))
}

fn read_groups(node: &Node, text: &str) -> Result<GroupFile, Problem> {
    let path = path(node)?;
    GroupFile::parse(text).map_err(|message| node.problem(format!("{path}: {message}")))
}
