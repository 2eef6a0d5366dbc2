//! Lists of entries that stand in a file of their own, or as an array in the policy file.

use super::document::{Node, Problem, Value};
use super::error::ConfigError;
use super::reader::{Reader, path};

/// Reads every entry of `node` through `read`; `None` if they stand in a file that nobody has read.
///
/// A file is TOML with one array of tables, `name` (`shown` is `[[name]]`). What is wrong in it is said with line and column there, at the place in
/// the policy file that names it.
pub(super) fn read<T>(
    node: &Node,
    (name, shown): (&'static str, &str),
    reader: &mut Reader<'_>,
    mut read: impl FnMut(&Node) -> Result<T, Problem>,
) -> Result<Option<Vec<T>>, Problem> {
    if let Value::Array(entries) = &node.value {
        return entries.iter().map(read).collect::<Result<_, _>>().map(Some);
    }
    let Some(text) = reader.text_file(node)? else { return Ok(None) };
    let in_file = |problem: Problem| {
        let error = ConfigError::new(problem.message, &problem.place, &text);
        node.problem(format!("{}:{error}", path(node).unwrap_or_default()))
    };
    let document = Node::from_toml(&text).map_err(in_file)?;
    let mut table = document.table("the file of entries").map_err(in_file)?;
    // A file without entries is right: nobody is in it.
    let entries = table.take(name).map(|entries| entries.tables(shown).map(<[Node]>::to_vec)).transpose().map_err(in_file)?;
    table.finish().map_err(in_file)?;
    entries.unwrap_or_default().iter().map(&mut read).collect::<Result<_, _>>().map(Some).map_err(in_file)
}
