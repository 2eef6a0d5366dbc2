//! Directives in blocks, each with the places of its words.

use std::slice;
use std::sync::Arc;

use crate::nginx::token::Quote;
use crate::source::Span;

/// What stands in a block, or in a file that is included there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// Directives.
    Directives,
    /// Entries of `map`, `geo`, `types` and the like. They look like directives, but their first word is no name.
    Data,
    /// Lua, which is not looked into.
    Lua,
}

/// A directive, or an entry of a data block: words, then `;` or a block.
#[derive(Clone, Debug)]
pub struct Directive {
    pub(crate) words: Vec<Word>,
    pub(crate) span: Span,
    pub(crate) block: Option<Block>,
    /// The files that an `include` stands for, once they are read.
    pub(crate) included: Option<Vec<Arc<[Self]>>>,
}

/// A name or an argument.
#[derive(Clone, Debug)]
pub struct Word {
    pub(crate) value: Box<[u8]>,
    pub(crate) quote: Quote,
    pub(crate) span: Span,
}

/// What stands between `{` and `}`.
#[derive(Clone, Debug)]
pub struct Block {
    pub(crate) content: Content,
    pub(crate) span: Span,
    pub(crate) children: Vec<Directive>,
}

impl Content {
    /// What stands in the block of a directive of this name.
    pub(crate) fn behind(name: &[u8]) -> Self {
        match name {
            _ if name.ends_with(b"_by_lua_block") => Self::Lua,
            // Those whose lines nginx hands to a function of their own (`cf->handler`); `match` is of the commercial version.
            b"map" | b"geo" | b"types" | b"split_clients" | b"charset_map" | b"match" => Self::Data,
            _ => Self::Directives,
        }
    }
}

impl Directive {
    /// The first word: the name, or of an entry what it is looked up by.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.words.first().map(Word::value).unwrap_or_default()
    }

    /// Whether this is the name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name() == name.as_bytes()
    }

    /// All words, the name first.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// The words behind the name.
    #[must_use]
    pub fn arguments(&self) -> &[Word] {
        self.words.split_first().map(|(_, arguments)| arguments).unwrap_or_default()
    }

    /// The value of an argument, from 0.
    #[must_use]
    pub fn argument(&self, index: usize) -> Option<&[u8]> {
        self.arguments().get(index).map(Word::value)
    }

    /// All of it, up to the `;` or `}`.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// What stands in braces behind the words.
    #[must_use]
    pub const fn block(&self) -> Option<&Block> {
        self.block.as_ref()
    }

    /// The directives in its block; none if it has no block, or one of something else.
    #[must_use]
    pub fn directives(&self) -> Directives<'_> {
        self.children(Content::Directives)
    }

    /// The entries in its block; none if it has no block, or one of something else.
    #[must_use]
    pub fn entries(&self) -> Directives<'_> {
        self.children(Content::Data)
    }

    fn children(&self, content: Content) -> Directives<'_> {
        Directives::new(
            self.block.as_ref().filter(|block| block.content == content).map(|block| &*block.children).unwrap_or_default(),
        )
    }
}

impl Word {
    /// What nginx makes of it: without quotes, escapes folded. Variables are still in it.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// How it is quoted.
    #[must_use]
    pub const fn quote(&self) -> Quote {
        self.quote
    }

    /// Where it stands, quotes included.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }
}

impl Block {
    /// What it holds.
    #[must_use]
    pub const fn content(&self) -> Content {
        self.content
    }

    /// What stands between the braces.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }
}

/// Directives one after the other, as if included files were written where they are included.
#[derive(Clone, Debug)]
pub struct Directives<'t> {
    /// The innermost included file last.
    open: Vec<slice::Iter<'t, Directive>>,
}

impl<'t> Directives<'t> {
    pub(crate) fn new(directives: &'t [Directive]) -> Self {
        Self { open: vec![directives.iter()] }
    }
}

impl<'t> Iterator for Directives<'t> {
    type Item = &'t Directive;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.open.last_mut()?.next() {
                None => drop(self.open.pop()),
                Some(Directive { included: Some(files), .. }) => {
                    self.open.extend(files.iter().rev().map(|directives| directives.iter()));
                }
                Some(directive) => return Some(directive),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::parse::parse;
    use crate::source::Sources;

    #[test]
    fn spans_tell_words_and_blocks() {
        let mut sources = Sources::default();
        let file = sources.add("a", "x { a 'b\\n' {c;} }");
        let tree = parse(&sources, file, Content::Directives);
        let a = tree.directives().next().unwrap().directives().next().unwrap();
        assert_eq!(sources.text(a.span()), br"a 'b\n' {c;}");
        assert_eq!(a.arguments().iter().map(|word| sources.text(word.span())).collect::<Vec<_>>(), [br"'b\n'"]);
        assert_eq!(a.argument(0), Some(&b"b\n"[..]));
        assert_eq!(sources.text(a.block().unwrap().span()), b"c;");
    }
}
