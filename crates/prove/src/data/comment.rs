//! `# gatewright: open REASON`: a comment at a value, by which the operator says that it is meant to be open.

use super::{Node, Value};

/// Marks the values that are declared open: those whose line ends in such a comment, or has one directly above.
pub(super) fn mark(text: &str, nodes: &mut [Node]) {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut starts = vec![0_usize];
    starts.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at.saturating_add(1)));
    let whole = |line: &str| line.trim_start().strip_prefix('#').is_some_and(is_declaration);
    let behind = |line: &str| {
        let said = line.rfind(" #").and_then(|at| line.get(at.saturating_add(2)..));
        said.is_some_and(|comment| is_declaration(comment) && !comment.contains(['"', '\'']))
    };
    let above = std::iter::once(false).chain(lines.iter().map(|line| whole(line)));
    let declared: Vec<bool> = lines.iter().zip(above).map(|(line, above)| above || behind(line)).collect();
    if declared.iter().any(|declared| *declared) {
        let is_declared = |at: usize| {
            let line = starts.partition_point(|start| *start <= at).checked_sub(1);
            line.and_then(|line| declared.get(line)).copied().unwrap_or_default()
        };
        nodes.iter_mut().for_each(|node| mark_within(node, &is_declared));
    }
}

fn mark_within(node: &mut Node, is_declared: &dyn Fn(usize) -> bool) {
    match &mut node.value {
        Value::List(items) => {
            for item in items {
                item.declared_open = is_declared(item.span.start);
                mark_within(item, is_declared);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                entry.node.declared_open = is_declared(entry.key_span.start);
                mark_within(&mut entry.node, is_declared);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

/// Whether a comment, without its `#`, says `gatewright: open` and why.
fn is_declaration(comment: &str) -> bool {
    let said = comment.trim_start().strip_prefix("gatewright:").and_then(|rest| rest.trim_start().strip_prefix("open"));
    said.is_some_and(|reason| reason.starts_with([' ', '\t']) && !reason.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::{Language, read};
    use crate::source::Sources;

    fn open(text: &str, language: Language) -> Vec<(String, bool)> {
        let mut sources = Sources::default();
        let file = sources.add("f", text);
        let nodes = read(&sources, file, language).unwrap();
        nodes[0].entries().iter().map(|entry| (entry.key.clone(), entry.node.declared_open)).collect()
    }

    #[test]
    fn value_is_declared_above_or_behind() {
        let text = "a: 1\n# gatewright: open for all\nb:\n  c: 1\nd: 2 # gatewright: open too\n# gatewright: open\ne: 1\n# gatewright: open x\n\nf: 1\n";
        let declared: Vec<_> = open(text, Language::Yaml).into_iter().filter(|(_, open)| *open).map(|(key, _)| key).collect();
        assert_eq!(declared, ["b", "d"]);
    }

    #[test]
    fn table_of_toml_is_declared_above() {
        let text = "# gatewright: open for all\n[a]\nb = 1\n\n[c]\nd = 1\n";
        assert_eq!(open(text, Language::Toml), [("a".to_owned(), true), ("c".to_owned(), false)]);
    }
}
