//! What the operator says to the linter in comments: `# gatewright: WORD …`.

use crate::nginx::{Configuration, Content, Directives, Kind};
use crate::source::{Source, Span};

/// A comment for the linter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The directive that it belongs to: that on the same line before it, or else the next one.
    pub(crate) span: Span,
    /// The comment itself.
    pub(crate) comment: Span,
    pub(crate) word: Word,
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// `open REASON`: anybody may see what this location serves.
    Open,
    /// `identity HEADER…`: these headers tell the application who is asking.
    Identity(Vec<Vec<u8>>),
    /// `allow LINT REASON`: this rule is not to speak of this directive, and what is in it.
    Allow(Vec<u8>),
    /// Something else, or without what has to follow.
    Unknown,
}

impl Said {
    pub(crate) fn is_open(&self) -> bool {
        self.word == Word::Open
    }

    pub(crate) fn identity(&self) -> Option<&[Vec<u8>]> {
        match &self.word {
            Word::Identity(headers) => Some(headers),
            _ => None,
        }
    }
}

/// All comments for the linter.
pub(super) fn said(configuration: &Configuration) -> Vec<Said> {
    let mut found = Vec::new();
    for tree in configuration.trees().filter(|tree| tree.content() == Content::Directives) {
        let Some(source) = configuration.sources().get(tree.file()) else { continue };
        for token in tree.tokens().iter().filter(|token| token.kind == Kind::Comment) {
            let Some(text) = source.text().get(token.start..token.end).and_then(after_mark) else { continue };
            let comment = Span { file: tree.file(), start: token.start, end: token.end };
            let span = owner(tree.directives(), comment, source).unwrap_or(comment);
            found.push(Said { span, comment, word: word(text) });
        }
    }
    found
}

fn after_mark(comment: &[u8]) -> Option<&[u8]> {
    comment.trim_ascii().trim_ascii_start().strip_prefix(b"#")?.trim_ascii_start().strip_prefix(b"gatewright:")
}

fn word(text: &[u8]) -> Word {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let first = words.next();
    let rest: Vec<Vec<u8>> = words.map(<[u8]>::to_vec).collect();
    match (first, rest.as_slice()) {
        (Some(b"open"), [_, ..]) => Word::Open,
        (Some(b"identity"), [_, ..]) => Word::Identity(rest),
        (Some(b"allow"), [id, _, ..]) => Word::Allow(id.clone()),
        _ => Word::Unknown,
    }
}

/// The directive that a comment belongs to. Blocks nest at most as deep as the parser lets them.
fn owner(directives: Directives<'_>, comment: Span, source: &Source) -> Option<Span> {
    let line = |at| source.position(at).line;
    let mut before: Option<Span> = None;
    for directive in directives.filter(|directive| directive.span().file == comment.file) {
        let span = directive.span();
        if span.start > comment.end {
            // The next one, if nothing stands before the comment on its line.
            return Some(before.unwrap_or(span));
        }
        if let Some(block) =
            directive.block().map(|block| block.span()).filter(|block| block.start <= comment.start && comment.end <= block.end)
        {
            let is_behind = line(block.start) == line(comment.start)
                && source.text().get(block.start..comment.start).is_some_and(|between| between.trim_ascii().is_empty());
            if is_behind {
                return Some(span);
            }
            return owner(directive.directives(), comment, source).or(Some(span));
        }
        before = (line(span.end) == line(comment.start)).then_some(span);
    }
    before
}
