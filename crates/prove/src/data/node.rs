//! A value and its place.

use crate::source::Span;

/// A value of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// From the value's first byte to its last; of what stands on many lines, it may be the first only.
    pub(crate) span: Span,
    pub(crate) value: Value,
    /// Whether a comment `# gatewright: open REASON` stands directly above it or at the end of its line.
    pub(crate) declared_open: bool,
}

/// What a value can be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file; no key comes twice.
    Map(Vec<Entry>),
}

/// A key of a map with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) node: Node,
}

impl Node {
    pub(crate) fn new(span: Span, value: Value) -> Self {
        Self { span, value, declared_open: false }
    }

    /// Returns what a key of this map stands for.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The same for a key whose letters may be large or small.
    pub(crate) fn get_any_case(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case(key)).map(|entry| &entry.node)
    }

    /// Returns the entries of a map, and none of another value.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the items of a list, and none of another value.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// Returns a text, or a number as it is written.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        self.text()?.parse().ok()
    }

    /// Whether a program that expects a boolean takes this for true; some take words for it.
    pub(crate) fn is_true(&self) -> bool {
        let words = ["true", "yes", "on", "y", "t", "1"];
        match &self.value {
            Value::Bool(value) => *value,
            _ => self.text().is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text))),
        }
    }

    /// Returns the texts of a list, or this text alone.
    pub(crate) fn texts(&self) -> Vec<(&str, Span)> {
        let one = std::slice::from_ref(self);
        let items = if self.text().is_some() { one } else { self.items() };
        items.iter().filter_map(|item| item.text().map(|text| (text, item.span))).collect()
    }

    /// Calls a function with this value and each within.
    pub(crate) fn walk<'n>(&'n self, visit: &mut dyn FnMut(&'n Self)) {
        visit(self);
        for item in self.items() {
            item.walk(visit);
        }
        for entry in self.entries() {
            entry.node.walk(visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[test]
    fn words_can_be_true() {
        let span = Span { file: Sources::default().add("a", ""), start: 0, end: 0 };
        let text = |text: &str| Node::new(span, Value::Text(text.to_owned()));
        assert!(text("Yes").is_true() && text("true").is_true() && !text("no").is_true() && !text("").is_true());
        assert!(!Node::new(span, Value::Bool(false)).is_true() && Node::new(span, Value::Number("1".to_owned())).is_true());
    }
}
