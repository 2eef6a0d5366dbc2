//! Files as bytes, and places in them. A file need not be UTF-8; only what is shown of it is made so.

use std::borrow::Cow;

/// One of the files of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(usize);

/// Some bytes of a file, from `start` up to `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
}

/// A line and a column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// How many line feeds stand before, and one: a lone CR ends no line, as in nginx's own messages.
    pub line: usize,
    /// In characters; a tab is one, and so is what is not UTF-8.
    pub column: usize,
}

/// A file: its name and what it holds.
#[derive(Clone, Debug)]
pub struct Source {
    name: Vec<u8>,
    text: Vec<u8>,
    /// Where each line starts.
    lines: Vec<usize>,
}

/// All files of a configuration.
///
/// # Example
/// ```
/// let mut sources = gatewright_prove::Sources::default();
/// let file = sources.add("a.conf", "listen 80;\nlisten }");
/// let span = gatewright_prove::Span { file, start: 18, end: 19 };
/// assert_eq!(sources.place(span), "a.conf:2:8");
/// assert_eq!(sources.snippet(span), " --> a.conf:2:8\n  |\n2 | listen }\n  |        ^\n");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Takes a file in.
    pub fn add(&mut self, name: impl Into<Vec<u8>>, text: impl Into<Vec<u8>>) -> FileId {
        let id = FileId(self.files.len());
        self.files.push(Source::new(name.into(), text.into()));
        id
    }

    /// The file; `None` for one of other sources.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0)
    }

    /// Every file, in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(index, source)| (FileId(index), source))
    }

    /// The bytes of a span; none if it is no span of these files.
    #[must_use]
    pub fn text(&self, span: Span) -> &[u8] {
        self.get(span.file).and_then(|source| source.text.get(span.start..span.end)).unwrap_or_default()
    }

    /// Where a span starts: `FILE:LINE:COLUMN`.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        let Some(source) = self.get(span.file) else { return String::new() };
        let Position { line, column } = source.position(span.start);
        format!("{}:{line}:{column}", shown(&source.name))
    }

    /// The line in which a span starts, with its place above and carets below, as a terminal can show it.
    ///
    /// Of a very long line only what is near the span.
    #[must_use]
    pub fn snippet(&self, span: Span) -> String {
        let Some(source) = self.get(span.file) else { return String::new() };
        let number = source.position(span.start).line;
        let [before, marked, after] = source.around(span);
        let blank: String = before.chars().map(|character| if character == '\t' { '\t' } else { ' ' }).collect();
        let carets = "^".repeat(marked.chars().count().max(1));
        let margin = " ".repeat(number.to_string().len());
        format!("{margin}--> {}\n{margin} |\n{number} | {before}{marked}{after}\n{margin} | {blank}{carets}\n", self.place(span))
    }
}

impl Source {
    fn new(name: Vec<u8>, text: Vec<u8>) -> Self {
        let behind = |(at, byte): (usize, &u8)| (*byte == b'\n').then_some(at.saturating_add(1));
        let lines = std::iter::once(0).chain(text.iter().enumerate().filter_map(behind)).collect();
        Self { name, text, lines }
    }

    /// The name as it was opened: what an `include` says, behind the folder of the main file.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// All bytes.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The line and column of a byte, or of the end.
    #[must_use]
    pub fn position(&self, at: usize) -> Position {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.line_start(at);
        let column = self.text.get(start..at).map_or(0, |before| String::from_utf8_lossy(before).chars().count());
        Position { line, column: column.saturating_add(1) }
    }

    fn line_start(&self, at: usize) -> usize {
        let line = self.lines.partition_point(|start| *start <= at);
        line.checked_sub(1).and_then(|index| self.lines.get(index)).copied().unwrap_or_default()
    }

    /// What stands in a span's line before it, in it and behind it.
    fn around(&self, span: Span) -> [String; 3] {
        let line = self.line_start(span.start);
        let rest = self.text.get(span.start..).unwrap_or_default();
        let rest = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line_end = span.start.saturating_add(rest.strip_suffix(b"\r").unwrap_or(rest).len());
        let from = self.character_start(line.max(span.start.saturating_sub(SHOWN))).min(span.start);
        let to = self.character_start(line_end.min(span.start.saturating_add(SHOWN)));
        let end = span.end.clamp(span.start, to.max(span.start));
        let piece = |from: usize, to: usize| shown(self.text.get(from..to).unwrap_or_default());
        let cut = |is_cut: bool| if is_cut { "…" } else { "" };
        [
            format!("{}{}", cut(from > line), piece(from, span.start)),
            piece(span.start, end).into_owned(),
            format!("{}{}", piece(end, to), cut(to < line_end)),
        ]
    }

    /// The byte itself, or the next that does not continue a character.
    fn character_start(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        // A character has at most 3 more bytes behind the first.
        let continued = rest.iter().take(3).take_while(|byte| **byte & 0b1100_0000 == 0b1000_0000).count();
        at.saturating_add(continued)
    }
}

/// Makes bytes safe for a terminal: UTF-8, and no control characters but the tab.
pub(crate) fn shown(bytes: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(bytes);
    let is_unsafe = |character: char| character.is_control() && character != '\t';
    if text.contains(is_unsafe) { text.replace(is_unsafe, "\u{fffd}").into() } else { text }
}

/// How many bytes of a line are shown on each side of where a span starts.
const SHOWN: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: impl Into<Vec<u8>>) -> (Sources, FileId) {
        let mut sources = Sources::default();
        let file = sources.add("a", text);
        (sources, file)
    }

    #[test]
    fn position_counts_lines_by_line_feeds_and_columns_by_characters() {
        let (sources, file) = one("é1\r2\n\nx\n");
        let source = sources.get(file).unwrap();
        let at = |at| (source.position(at).line, source.position(at).column);
        assert_eq!([at(0), at(2), at(4), at(5), at(6), at(7)], [(1, 1), (1, 2), (1, 4), (1, 5), (2, 1), (3, 1)]);
        let (sources, file) = one(*b"\xfe\xfex\n");
        let source = sources.get(file).unwrap();
        assert_eq!((source.position(2).column, source.position(4).line, source.position(99).line), (3, 2, 2));
    }

    #[test]
    fn snippet_keeps_tabs_and_shows_no_control_characters() {
        let (sources, file) = one("\ta\x1b b;\r\n");
        let snippet = sources.snippet(Span { file, start: 4, end: 5 });
        assert_eq!(snippet, " --> a:1:5\n  |\n1 | \ta\u{fffd} b;\n  | \t   ^\n");
    }

    #[test]
    fn snippet_of_a_long_line_is_short() {
        let (sources, file) = one("é".repeat(5000));
        let snippet = sources.snippet(Span { file, start: 4000, end: 9000 });
        assert!(snippet.contains("…é") && snippet.contains("é…") && snippet.chars().count() < 400, "{snippet}");
    }

    #[test]
    fn span_of_several_lines_is_marked_in_its_first() {
        let (sources, file) = one("a {\n}\n");
        assert_eq!(sources.snippet(Span { file, start: 0, end: 5 }), " --> a:1:1\n  |\n1 | a {\n  | ^^^\n");
        assert_eq!(sources.snippet(Span { file, start: 5, end: 5 }), " --> a:2:2\n  |\n2 | }\n  |  ^\n");
        assert_eq!(sources.snippet(Span { file, start: 6, end: 6 }), " --> a:3:1\n  |\n3 | \n  | ^\n");
    }

    #[test]
    fn span_of_other_files_is_empty() {
        let (sources, file) = one("a");
        assert_eq!(sources.text(Span { file: FileId(7), start: 0, end: 1 }), b"");
        assert_eq!(sources.text(Span { file, start: 1, end: 9 }), b"");
        assert_eq!(sources.snippet(Span { file: FileId(7), start: 0, end: 1 }), "");
        assert!(!sources.snippet(Span { file, start: 8, end: 9 }).is_empty());
    }
}
