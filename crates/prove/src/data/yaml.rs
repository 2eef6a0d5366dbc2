//! YAML 1.2, with the merge keys of 1.1 that configurations use.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{Entry, MOST_DEPTH, MOST_VALUES, Node, Problem, Value};
use crate::source::{FileId, Span};

/// Reads every document of a file.
pub(super) fn read(text: &str, file: FileId) -> Result<Vec<Node>, Problem> {
    let places = Places::new(text, file);
    let mut builder = Builder { documents: Vec::new(), open: Vec::new(), anchors: HashMap::new(), left: MOST_VALUES };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let start = places.byte(error.marker().index());
            (Span { file, start, end: start.saturating_add(1) }, error.info().to_owned())
        })?;
        builder.take(event, places.span(span))?;
    }
    Ok(builder.documents)
}

/// Where the characters of a text are: the parser counts these, and spans are bytes.
struct Places {
    file: FileId,
    /// The byte of each character, and the end; empty if every character is a byte.
    starts: Vec<usize>,
    length: usize,
}

impl Places {
    fn new(text: &str, file: FileId) -> Self {
        let starts = if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() };
        Self { file, starts, length: text.len() }
    }

    fn byte(&self, character: usize) -> usize {
        if self.starts.is_empty() {
            character.min(self.length)
        } else {
            self.starts.get(character).copied().unwrap_or(self.length)
        }
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        Span { file: self.file, start, end: self.byte(span.end.index()).max(start) }
    }
}

struct Builder {
    documents: Vec<Node>,
    /// Lists and maps that have not ended, from the outside in.
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    /// How many values may still come.
    left: usize,
}

/// What an alias stands for.
#[derive(Clone)]
struct Anchored {
    node: Node,
    /// How many values it is.
    values: usize,
    /// How many stand in each other.
    depth: usize,
}

/// A list or map that has not ended.
struct Open {
    span: Span,
    anchor: usize,
    /// How many values were left when it began.
    left: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        keys: HashSet<String>,
        /// What `<<` stands for.
        merged: Vec<Node>,
        /// The key whose value comes next, and whether it is `<<`.
        key: Option<(String, Span, bool)>,
    },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style == ScalarStyle::Plain && tag.is_none(), anchor, span)
            }
            Event::SequenceStart(anchor, _) => self.begin(Content::List(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => {
                let content = Content::Map { entries: Vec::new(), keys: HashSet::new(), merged: Vec::new(), key: None };
                self.begin(content, anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => {
                let found = self.anchors.get(&anchor).ok_or_else(|| (span, "this stands for itself".to_owned()))?;
                let left = self.left.checked_sub(found.values).ok_or_else(|| (span, TOO_MANY.to_owned()))?;
                if self.open.len().saturating_add(found.depth) > MOST_DEPTH {
                    return Err((span, TOO_DEEP.to_owned()));
                }
                let node = found.node.clone();
                self.left = left;
                self.place(node)
            }
            Event::DocumentStart(_) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn count(&mut self, values: usize, span: Span) -> Result<(), Problem> {
        self.left = self.left.checked_sub(values).ok_or_else(|| (span, TOO_MANY.to_owned()))?;
        Ok(())
    }

    fn begin(&mut self, content: Content, anchor: usize, span: Span) -> Result<(), Problem> {
        if self.open.len() >= MOST_DEPTH {
            return Err((span, TOO_DEEP.to_owned()));
        }
        let left = self.left;
        self.count(1, span)?;
        self.open.push(Open { span, anchor, left, content });
        Ok(())
    }

    fn end(&mut self, end: Span) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let value = match open.content {
            Content::List(items) => Value::List(items),
            Content::Map { entries, merged, keys, .. } => Value::Map(self.merge(entries, keys, merged)?),
        };
        let node = Node::new(Span { end: end.start.max(open.span.end), ..open.span }, value);
        if open.anchor != 0 {
            let (values, depth) = (open.left.saturating_sub(self.left), depth(&node));
            self.anchors.insert(open.anchor, Anchored { node: node.clone(), values, depth });
        }
        self.place(node)
    }

    /// Adds what `<<` brings, of which the map's own keys are not.
    fn merge(&mut self, mut entries: Vec<Entry>, mut keys: HashSet<String>, merged: Vec<Node>) -> Result<Vec<Entry>, Problem> {
        let mut maps = Vec::new();
        for node in merged {
            match node.value {
                Value::Map(entries) => maps.push(entries),
                Value::List(items) => maps.extend(items.into_iter().map(|item| item.entries().to_vec())),
                _ => return Err((node.span, "`<<` takes a map, or a list of maps".to_owned())),
            }
        }
        for entry in maps.into_iter().flatten() {
            if keys.insert(entry.key.clone()) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    fn scalar(&mut self, text: &str, is_plain: bool, anchor: usize, span: Span) -> Result<(), Problem> {
        self.count(1, span)?;
        let node = Node::new(span, if is_plain { plain(text) } else { Value::Text(text.to_owned()) });
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), values: 1, depth: 1 });
        }
        let is_merge = is_plain && text == "<<";
        if let Some(Open { content: Content::Map { key: key @ None, keys, .. }, .. }) = self.open.last_mut() {
            if !is_merge && !keys.insert(text.to_owned()) {
                return Err((span, format!("the key `{text}` comes twice")));
            }
            *key = Some((text.to_owned(), span, is_merge));
            return Ok(());
        }
        self.place(node)
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node) -> Result<(), Problem> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.documents.push(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, merged, key, keys }) => match (key.take(), &node.value) {
                (Some((_, _, true)), _) => merged.push(node),
                (Some((key, key_span, false)), _) => entries.push(Entry { key, key_span, node }),
                // An alias that is a key.
                (None, Value::Text(text)) => {
                    if !keys.insert(text.clone()) {
                        return Err((node.span, format!("the key `{text}` comes twice")));
                    }
                    *key = Some((text.clone(), node.span, false));
                }
                (None, _) => return Err((node.span, "a key has to be a text".to_owned())),
            },
        }
        Ok(())
    }
}

/// What a scalar without quotation marks stands for (YAML 1.2 §10.3.2).
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => {
            let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
            let starts = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.');
            if starts && text.parse::<f64>().is_ok() { Value::Number(text.to_owned()) } else { Value::Text(text.to_owned()) }
        }
    }
}

/// How many values stand in each other, this one counted.
fn depth(node: &Node) -> usize {
    let within = node.items().iter().chain(node.entries().iter().map(|entry| &entry.node));
    within.map(depth).max().unwrap_or_default().saturating_add(1)
}

const TOO_MANY: &str = "there are too many values";
const TOO_DEEP: &str = "values stand too deep in each other";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn parse(text: &str) -> Result<Vec<Node>, Problem> {
        read(text, Sources::default().add("f", ""))
    }

    #[test]
    fn values_know_their_place() {
        let nodes = parse("# é\na: {b: \"c d\", e: [true, 'true', 1.5, ~]}\nf:\n- g: h\n  i: j\n").unwrap();
        let a = nodes[0].get("a").unwrap();
        assert_eq!((a.get("b").unwrap().span.start, a.get("b").unwrap().span.end), (12, 17));
        let values: Vec<&Value> = a.get("e").unwrap().items().iter().map(|item| &item.value).collect();
        assert_eq!(values, [&Value::Bool(true), &Value::Text("true".into()), &Value::Number("1.5".into()), &Value::Null]);
        assert_eq!(nodes[0].entries()[1].key_span.start, 46);
        assert_eq!(nodes[0].get("f").unwrap().items()[0].span.start, 51);
    }

    #[test]
    fn there_may_be_several_documents() {
        let nodes = parse("---\na: 1\n---\n---\nb: 2\n...\n").unwrap();
        assert_eq!(nodes.len(), 3);
        assert_eq!(nodes[2].get("b").unwrap().number(), Some(2.0));
    }

    #[test]
    fn anchors_and_merge_keys_are_followed() {
        let nodes = parse("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {<<: [*x, {c: 4}], a: 0}\nw: *x\n").unwrap();
        let number = |key: &str, name: &str| nodes[0].get(key).unwrap().get(name).and_then(Node::number);
        assert_eq!(
            [number("y", "a"), number("y", "b"), number("z", "a"), number("z", "c"), number("w", "b")],
            [1, 3, 0, 4, 2].map(|n| Some(f64::from(n)))
        );
    }

    #[test]
    fn aliases_are_no_deeper_than_what_is_written() {
        let nested = |inner: &str| format!("{}{inner}{}", "[".repeat(60), "]".repeat(60));
        let text = format!("a: &a {}\nb: {}\n", nested("x"), nested("*a"));
        assert_eq!(parse(&text).unwrap_err().1, TOO_DEEP);
    }

    #[test]
    fn few_lines_cannot_stand_for_billions() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(parse(&text).unwrap_err().1.contains("too many values"));
    }

    #[test]
    fn mistakes_have_a_place() {
        let (span, message) = parse("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!((span.start, span.end, message.as_str()), (10, 11, "the key `a` comes twice"));
        assert!(parse("a: [1, 2\nb: 3\n").is_err());
        assert!(parse("a: *nobody\n").is_err());
        assert!(parse("a: &a [*a]\n").unwrap_err().1.contains("itself"));
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"- ".repeat(10_000)).unwrap_err().1.contains("too deep"));
    }
}
