//! TOML, as the policy file is read.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Entry, Node, Problem, Value};
use crate::source::{FileId, Span};

/// Reads a file. The parser itself limits depth and refuses a key that comes twice.
pub(super) fn read(text: &str, file: FileId) -> Result<Node, Problem> {
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        (Span { file, start: span.start, end: span.end }, message)
    })?;
    let span = place(&table, file);
    Ok(Node::new(span, map(table.into_inner(), file)))
}

fn map(table: DeTable<'_>, file: FileId) -> Value {
    let entry = |(key, value): (Spanned<std::borrow::Cow<'_, str>>, Spanned<DeValue<'_>>)| Entry {
        key_span: place(&key, file),
        key: key.into_inner().into_owned(),
        node: node(value, file),
    };
    let mut entries: Vec<Entry> = table.into_iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    Value::Map(entries)
}

fn node(value: Spanned<DeValue<'_>>, file: FileId) -> Node {
    let span = place(&value, file);
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| number.to_string(), |number| number.to_string());
            Value::Number(number)
        }
        DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Datetime(date) => Value::Text(date.to_string()),
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| node(item, file)).collect()),
        DeValue::Table(table) => map(table, file),
    };
    Node::new(span, value)
}

fn place<T>(value: &Spanned<T>, file: FileId) -> Span {
    let span = value.span();
    Span { file, start: span.start, end: span.end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn parse(text: &str) -> Result<Node, Problem> {
        read(text, Sources::default().add("f", ""))
    }

    #[test]
    fn values_know_their_place() {
        let node = parse("[http.routers.b]\nrule = 'x'\n[http.routers.a]\npriority = 0x10\n").unwrap();
        let routers = node.get("http").and_then(|http| http.get("routers")).unwrap();
        assert_eq!(routers.entries()[0].key, "b");
        assert_eq!(routers.entries()[1].key_span.start, 42);
        assert_eq!(routers.get("a").unwrap().get("priority").unwrap().number(), Some(16.0));
        assert_eq!(routers.get("b").unwrap().get("rule").unwrap().span.start, 24);
    }

    #[test]
    fn mistakes_have_a_place() {
        assert_eq!(parse("a = 1\na = 2").unwrap_err().0.start, 6);
        assert!(parse(&format!("a = {}", "[".repeat(10_000))).is_err());
    }
}
