//! YAML, JSON and TOML as one kind of value that can be changed and written again.

use serde_json::{Map, Number};

use super::draft::Unwritten;
use crate::data::{self, Language, Node, Value};
use crate::source::Sources;

/// The first document of a file.
pub(super) fn read(name: &[u8], text: &[u8]) -> Result<serde_json::Value, Unwritten> {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let Some(source) = sources.get(file) else { return Ok(serde_json::Value::Null) };
    let documents = data::read(&sources, file, Language::of(source)).map_err(|error| Unwritten::Rejected(error.to_string()))?;
    Ok(documents.first().map(value).unwrap_or_default())
}

fn value(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(text) => number(text),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(value).collect(),
        Value::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), value(&entry.node))).collect::<Map<_, _>>().into(),
    }
}

/// A number; one that JSON has no form for stays the text that it is.
fn number(text: &str) -> serde_json::Value {
    let whole = text.parse::<i64>().ok().map(Number::from);
    let found = whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
    found.map_or_else(|| text.into(), serde_json::Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_what_they_are() {
        let read = |text: &str| read(b"a.yaml", text.as_bytes()).unwrap().to_string();
        assert_eq!(read("a: [1, 1.5, true, 'x', ~]\nb: { c: '1' }"), r#"{"a":[1,1.5,true,"x",null],"b":{"c":"1"}}"#);
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let Err(Unwritten::Rejected(why)) = read(b"a.yaml", b"a: [\n") else { panic!() };
        assert!(why.starts_with("a.yaml:"), "{why}");
    }
}
