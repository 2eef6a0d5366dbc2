//! Configurations that are data: YAML, JSON and TOML as one tree, of which every value knows its place.
//!
//! It reads what proxies read and is strict about the rest: a key that comes twice is an error, since parsers do not agree which one
//! counts. It is no validator: what a proxy would make of a value is for those who look at the tree.

mod comment;
mod error;
mod node;
mod json;
mod toml;
mod yaml;

pub use error::DataError;
pub(crate) use node::{Entry, Node, Value};

use crate::source::{FileId, Source, Sources, Span};

/// A language in which data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Yaml,
    Json,
    Toml,
}

impl Language {
    /// Tells the language by the file's name, or else by its first line that says something.
    pub(crate) fn of(source: &Source) -> Self {
        let name = source.name().to_ascii_lowercase();
        let ends = |ending: &str| name.ends_with(ending.as_bytes());
        if ends(".yaml") || ends(".yml") {
            return Self::Yaml;
        }
        if ends(".json") {
            return Self::Json;
        }
        if ends(".toml") {
            return Self::Toml;
        }
        let text = String::from_utf8_lossy(source.text());
        let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
        let bare = |text: &str| text.chars().all(|letter| letter.is_alphanumeric() || "-_.\" ".contains(letter));
        let is_header = line.strip_prefix('[').is_some_and(|rest| bare(rest.trim_start_matches('[').trim_end_matches(']')));
        let is_pair = line.split_once('=').is_some_and(|(key, _)| !key.is_empty() && bare(key));
        match line.chars().next() {
            Some('{') => Self::Json,
            _ if is_header || is_pair => Self::Toml,
            _ => Self::Yaml,
        }
    }
}

/// Reads a file: one value for each document in it, without those that say nothing.
///
/// # Errors
/// It is not UTF-8, not of this language, larger or deeper than any configuration, or a key comes twice; with the place.
pub(crate) fn read(sources: &Sources, file: FileId, language: Language) -> Result<Vec<Node>, DataError> {
    let bytes = sources.get(file).map(Source::text).unwrap_or_default();
    let whole = Span { file, start: 0, end: bytes.len() };
    if bytes.len() > MOST_BYTES {
        return Err(DataError::at(sources, whole, format!("the file has more than {MOST_BYTES} bytes")));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        DataError::at(sources, Span { start, end: start.saturating_add(1), ..whole }, "this is not UTF-8")
    })?;
    let read = match language {
        Language::Yaml => yaml::read(text, file),
        Language::Json => json::read(text, file).map(|node| vec![node]),
        Language::Toml => toml::read(text, file).map(|node| vec![node]),
    };
    let mut nodes = read.map_err(|(span, message)| DataError::at(sources, span, message))?;
    nodes.retain(|node| !matches!(node.value, Value::Null));
    if language != Language::Json {
        comment::mark(text, &mut nodes);
    }
    Ok(nodes)
}

/// What is wrong, and where.
type Problem = (Span, String);

/// Of a file; the largest dumps of running proxies have some.
const MOST_BYTES: usize = 16 << 20;
/// Of values, aliases of YAML counted with all that they stand for: a few lines can stand for billions.
const MOST_VALUES: usize = 1_000_000;
/// Of values in each other; configurations of Envoy have about 20.
const MOST_DEPTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn language(name: &str, text: &str) -> Language {
        let mut sources = Sources::default();
        let file = sources.add(name, text);
        Language::of(sources.get(file).unwrap())
    }

    #[test]
    fn language_is_told_by_the_name_or_the_first_line() {
        assert_eq!(language("a.YML", "{}"), Language::Yaml);
        assert_eq!(language("a.json", ""), Language::Json);
        assert_eq!(language("-", "\n {\"apps\": {}}"), Language::Json);
        assert_eq!(language("-", "# TOML\n[http.routers.\"a\"]\n"), Language::Toml);
        assert_eq!(language("-", "a = 1"), Language::Toml);
        assert_eq!(language("-", "a: \"b = c\""), Language::Yaml);
        assert_eq!(language("-", "---\na: b"), Language::Yaml);
    }

    #[test]
    fn no_bytes_are_too_odd() {
        let pieces: [&[u8]; 18] = [
            b"\xff",
            b"{",
            b"[",
            b"\"",
            b"a",
            b": ",
            b"- ",
            b"&a ",
            b"*a",
            b"<<",
            b"\n",
            b" ",
            b"}",
            b"]",
            b"|",
            b"\\u",
            b"=",
            b"\xf0\x9f\x98\x80",
        ];
        let mut state = 1_u64;
        for _ in 0..20_000 {
            let mut text = Vec::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.extend_from_slice(pieces[usize::try_from((state >> 33) % 18).unwrap()]);
            }
            for language in [Language::Yaml, Language::Json, Language::Toml] {
                let mut sources = Sources::default();
                let file = sources.add("f", text.clone());
                if let Err(error) = read(&sources, file, language) {
                    assert!(error.to_string().starts_with("f:"), "{error}");
                }
            }
        }
    }
}
