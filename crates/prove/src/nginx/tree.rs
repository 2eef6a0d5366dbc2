//! One file: its tokens, its directives, and what is wrong with it.

use std::sync::Arc;

use crate::nginx::directive::{Content, Directive, Directives};
use crate::nginx::fault::Fault;
use crate::nginx::token::{Kind, Token};
use crate::source::{FileId, Source, Sources, Span};

/// One file, read.
#[derive(Clone, Debug)]
pub struct Tree {
    pub(crate) file: FileId,
    pub(crate) content: Content,
    pub(crate) tokens: Vec<Token>,
    /// Shared with each `include` of the file.
    pub(crate) directives: Arc<[Directive]>,
    pub(crate) faults: Vec<Fault>,
    /// How many directives and entries there are, those of included files as often as they are included.
    pub(crate) weight: usize,
}

impl Tree {
    /// Which file it is.
    #[must_use]
    pub const fn file(&self) -> FileId {
        self.file
    }

    /// Whether the file holds directives or data: that depends on where it is included.
    #[must_use]
    pub const fn content(&self) -> Content {
        self.content
    }

    /// Every byte of the file, in order.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The outermost directives, or entries; an `include` that was read is replaced by what it includes.
    #[must_use]
    pub fn directives(&self) -> Directives<'_> {
        Directives::new(&self.directives)
    }

    /// What is wrong with this file alone, in the order in which nginx would come upon it. nginx stops at the first.
    ///
    /// Faults behind the first may be its consequences. Only the first hundred are kept.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The comments that belong to a directive: on the lines directly above it, and behind its `;` or `{` on the same line.
    ///
    /// # Example
    /// ```
    /// use gatewright_prove::Sources;
    /// use gatewright_prove::nginx::{Content, parse};
    /// let mut sources = Sources::default();
    /// let file = sources.add("a.conf", "b; # of b\n# of a, above\na { # of a, behind\n}");
    /// let tree = parse(&sources, file, Content::Directives);
    /// let a = tree.directives().nth(1).unwrap();
    /// let comments: Vec<_> = tree.comments_of(a, &sources).into_iter().map(|span| sources.text(span)).collect();
    /// assert_eq!(comments, [&b"# of a, above"[..], b"# of a, behind"]);
    /// ```
    #[must_use]
    pub fn comments_of(&self, directive: &Directive, sources: &Sources) -> Vec<Span> {
        let text = sources.get(self.file).map(Source::text).unwrap_or_default();
        let mut comments = Vec::new();
        let before = text.get(..directive.span.start).unwrap_or_default();
        let blank = before.iter().rev().take_while(|byte| is_blank(byte)).count();
        let mut above = before.get(..before.len().saturating_sub(blank)).unwrap_or_default();
        while let Some(lines) = above.strip_suffix(b"\n") {
            let start = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |feed| feed.saturating_add(1));
            let (rest, line) = lines.split_at_checked(start).unwrap_or_default();
            let Some(comment) = self.comment_at(start.saturating_add(indentation(line))) else { break };
            comments.push(comment);
            above = rest;
        }
        comments.reverse();
        let head_end = directive.block.as_ref().map_or(directive.span.end, |block| block.span.start);
        let behind = indentation(text.get(head_end..).unwrap_or_default());
        comments.extend(self.comment_at(head_end.saturating_add(behind)));
        comments
    }

    fn comment_at(&self, at: usize) -> Option<Span> {
        let index = self.tokens.binary_search_by_key(&at, |token| token.start).ok()?;
        let token = self.tokens.get(index).filter(|token| token.kind == Kind::Comment)?;
        Some(Span { file: self.file, start: token.start, end: token.end })
    }
}

fn indentation(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_blank(byte)).count()
}

const fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::parse::parse;

    fn comments(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let file = sources.add("a", text);
        let tree = parse(&sources, file, Content::Directives);
        let directive = tree.directives().find(|directive| directive.is("a")).unwrap();
        let text = |span| String::from_utf8_lossy(sources.text(span)).into_owned();
        tree.comments_of(directive, &sources).into_iter().map(text).collect()
    }

    #[test]
    fn comments_directly_above_and_behind_belong_to_a_directive() {
        assert_eq!(comments("# 1\n  # 2\n\ta;# 3\n# 4"), ["# 1", "# 2", "# 3"]);
        assert_eq!(comments("a b { c; } # no"), Vec::<String>::new());
        assert_eq!(comments("a b\nc # no\n; # yes"), ["# yes"]);
    }

    #[test]
    fn comments_of_others_do_not() {
        assert_eq!(comments("# no\n\na;"), Vec::<String>::new());
        assert_eq!(comments("b; # no\na;"), Vec::<String>::new());
        assert_eq!(comments("# no\nb; a;\n# no"), Vec::<String>::new());
        assert_eq!(comments("b '\n# no\n'; a;"), Vec::<String>::new());
    }
}
