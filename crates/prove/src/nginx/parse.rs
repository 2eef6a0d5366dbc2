//! From tokens to a tree. What is wrong is noted, and reading goes on: a missing `;` ends with the block, a `}` too many is passed
//! over, a block too many is read as if its braces were not there.

use std::mem;
use std::sync::Arc;

use crate::nginx::directive::{Block, Content, Directive, Word};
use crate::nginx::fault::{Cause, Fault};
use crate::nginx::token::{Kind, Token};
use crate::nginx::tokenize::Tokens;
use crate::nginx::tree::Tree;
use crate::source::{FileId, Source, Sources, Span};

/// Reads a file alone, without those that it includes.
///
/// The content says what the file holds: data if it is included in a `map` or the like.
///
/// # Example
/// ```
/// use gatewright_prove::Sources;
/// use gatewright_prove::nginx::{Content, parse};
/// let mut sources = Sources::default();
/// let file = sources.add("a.conf", "map $uri $open { /health 1; } server { listen 80; }");
/// let tree = parse(&sources, file, Content::Directives);
/// let [map, server] = tree.directives().collect::<Vec<_>>()[..] else { panic!() };
/// assert_eq!(map.entries().next().unwrap().argument(0), Some(&b"1"[..]));
/// assert_eq!(server.directives().next().unwrap().argument(0), Some(&b"80"[..]));
/// ```
#[must_use]
pub fn parse(sources: &Sources, file: FileId, content: Content) -> Tree {
    let text = sources.get(file).map(Source::text).unwrap_or_default();
    let tree = Tree { file, content, tokens: Vec::new(), directives: Arc::default(), faults: Vec::new(), weight: 0 };
    let mut parser =
        Parser { text, tokens: Tokens::new(text), words: Vec::new(), open: Vec::new(), deeper: 0, outermost: Vec::new(), tree };
    if content == Content::Directives && text.starts_with(b"\xef\xbb\xbf") {
        parser.fault(0, 3, Cause::ByteOrderMark);
    }
    while let Some(token) = parser.tokens.next() {
        parser.take(token);
    }
    parser.finish()
}

struct Parser<'t> {
    text: &'t [u8],
    tokens: Tokens<'t>,
    /// The words since the last `;` or brace.
    words: Vec<Word>,
    /// Blocks that are open, the innermost last.
    open: Vec<Frame>,
    /// How many more blocks are open, within the innermost, than are kept apart.
    deeper: usize,
    outermost: Vec<Directive>,
    tree: Tree,
}

/// A block that is not yet closed.
struct Frame {
    /// The words before it; none if nobody knows whose block it is.
    words: Vec<Word>,
    content: Content,
    /// The byte behind its `{`.
    start: usize,
    children: Vec<Directive>,
}

impl Parser<'_> {
    fn take(&mut self, token: Token) {
        self.tree.tokens.push(token);
        if let (true, Some(first)) = (token.glued, self.text.get(token.start)) {
            self.fault(token.start, token.start.saturating_add(1), Cause::Glued(*first));
        }
        if let Some(cause) = token.cause {
            self.fault(token.start, token.end, cause);
        }
        match token.kind {
            Kind::Space | Kind::Comment | Kind::Lua => {}
            Kind::Word(quote) => {
                let value = token.value(self.text).into();
                self.words.push(Word { value, quote, span: self.span(token.start, token.end) });
            }
            Kind::Semicolon if self.words.is_empty() => self.fault(token.start, token.end, Cause::NoWord(b';')),
            Kind::Semicolon => self.end_directive(Some(token)),
            Kind::Open => self.open(token),
            Kind::Close => self.close(token),
        }
    }

    fn open(&mut self, brace: Token) {
        let around = self.open.last().map_or(self.tree.content, |frame| frame.content);
        let content = if around == Content::Data {
            Content::Data
        } else {
            self.words.first().map_or(around, |word| Content::behind(word.value()))
        };
        if self.words.is_empty() {
            self.fault(brace.start, brace.end, Cause::NoWord(b'{'));
        } else if around == Content::Data {
            self.fault(brace.start, brace.end, Cause::BlockInData);
            self.end_directive(None);
        }
        if content == Content::Lua {
            let lua = self.tokens.lua();
            self.tree.tokens.extend((lua.end > lua.start).then_some(lua));
            if let Some(cause) = lua.cause {
                self.fault(brace.start, brace.end, cause);
            }
        }
        if self.open.len() < DEPTH {
            self.open.push(Frame { words: mem::take(&mut self.words), content, start: brace.end, children: Vec::new() });
        } else {
            self.fault(brace.start, brace.end, Cause::TooDeep);
            self.deeper = self.deeper.saturating_add(1);
            self.end_directive(None);
        }
    }

    fn close(&mut self, brace: Token) {
        if !self.words.is_empty() {
            self.fault(brace.start, brace.end, Cause::NoSemicolon);
            self.end_directive(None);
        }
        if let Some(deeper) = self.deeper.checked_sub(1) {
            self.deeper = deeper;
        } else if let Some(frame) = self.open.pop() {
            self.end_block(frame, brace.start, brace.end);
        } else {
            self.fault(brace.start, brace.end, Cause::NotOpened);
        }
    }

    /// Makes a directive without a block of the words at hand, if there are any; without a `;` it ends with its last word.
    fn end_directive(&mut self, semicolon: Option<Token>) {
        let words = mem::take(&mut self.words);
        if let (Some(first), Some(last)) = (words.first(), words.last()) {
            let span = self.span(first.span.start, semicolon.map_or(last.span.end, |token| token.end));
            self.add(Directive { words, span, block: None, included: None });
        }
    }

    fn end_block(&mut self, frame: Frame, inner_end: usize, end: usize) {
        let Some(first) = frame.words.first() else {
            self.siblings().extend(frame.children);
            return;
        };
        let span = self.span(first.span.start, end);
        let block = Block { content: frame.content, span: self.span(frame.start, inner_end), children: frame.children };
        self.add(Directive { words: frame.words, span, block: Some(block), included: None });
    }

    fn add(&mut self, directive: Directive) {
        self.tree.weight = self.tree.weight.saturating_add(1);
        self.siblings().push(directive);
    }

    fn siblings(&mut self) -> &mut Vec<Directive> {
        self.open.last_mut().map_or(&mut self.outermost, |frame| &mut frame.children)
    }

    fn finish(mut self) -> Tree {
        let end = self.text.len();
        if let (Some(first), Some(last)) = (self.words.first(), self.words.last()) {
            self.fault(first.span.start, last.span.end, Cause::NoEnd);
            self.end_directive(None);
        } else if let Some(frame) = self.open.last().filter(|frame| frame.content != Content::Lua) {
            self.fault(frame.start.saturating_sub(1), frame.start, Cause::NotClosed);
        }
        while let Some(frame) = self.open.pop() {
            self.end_block(frame, end, end);
        }
        self.tree.directives = self.outermost.into();
        self.tree
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.tree.file, start, end }
    }

    fn fault(&mut self, start: usize, end: usize, cause: Cause) {
        let span = self.span(start, end);
        self.tree.faults.extend((self.tree.faults.len() < FAULTS).then_some(Fault::new(span, cause)));
    }
}

/// How deep blocks are kept apart. People nest six (`http`, `server`, `location` in `location`, `if`); the tree is walked by
/// functions that call themselves.
const DEPTH: usize = 64;

/// How many faults of a file are kept: more than anyone reads.
const FAULTS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as text in one canonical form, and what is wrong: the text at the fault and its cause.
    fn read(text: impl Into<Vec<u8>>) -> (String, Vec<(String, Cause)>) {
        let mut sources = Sources::default();
        let file = sources.add("a", text);
        let tree = parse(&sources, file, Content::Directives);
        let text = |span| String::from_utf8_lossy(sources.text(span)).into_owned();
        let faults = tree.faults().iter().map(|fault| (text(fault.span), fault.cause)).collect();
        (tree.directives().map(|directive| shown(directive, &text)).collect(), faults)
    }

    fn shown(directive: &Directive, text: &dyn Fn(Span) -> String) -> String {
        let words: Vec<_> = directive.words().iter().map(|word| String::from_utf8_lossy(word.value())).collect();
        let words = words.join(",");
        match directive.block() {
            None => format!("{words};"),
            Some(block) if block.content() == Content::Lua => format!("{words}<{}>", text(block.span())),
            Some(_) => {
                let inner: String = directive.directives().map(|inner| shown(inner, text)).collect();
                let entries: String = directive.entries().map(|inner| shown(inner, text)).collect();
                format!("{words}{{{inner}}}{}", if entries.is_empty() { entries } else { format!("[{entries}]") })
            }
        }
    }

    #[test]
    fn directives_stand_in_blocks() {
        let (tree, faults) = read("user a;http{server{listen 80;location = / {}}}# c\r\nevents {\r\n}\r\n");
        assert_eq!((&*tree, &*faults), ("user,a;http{server{listen,80;location,=,/{}}}events{}", &[][..]));
    }

    #[test]
    fn entries_of_data_are_no_directives() {
        let (tree, faults) = read("map $a $b {a b;server 1;x_by_lua_block c;}types{a/b c d;}\"geo\" {x 1;}");
        assert_eq!(tree, "map,$a,$b{}[a,b;server,1;x_by_lua_block,c;]types{}[a/b,c,d;]geo{}[x,1;]");
        assert_eq!(faults, []);
    }

    #[test]
    fn lua_is_not_looked_into() {
        let (tree, faults) = read("set_by_lua_block $x { return '}' } a { content_by_lua_block{} } b_by_lua_block;");
        assert_eq!((&*tree, &*faults), ("set_by_lua_block,$x< return '}' >a{content_by_lua_block<>}b_by_lua_block;", &[][..]));
    }

    #[test]
    fn missing_semicolon_ends_with_the_block() {
        for text in ["a { b c } d;", "a { b \"c\"} d;", "a { b c # ;\n} d;"] {
            let (tree, faults) = read(text);
            assert_eq!((&*tree, &*faults), ("a{b,c;}d;", &[("}".to_owned(), Cause::NoSemicolon)][..]));
        }
    }

    #[test]
    fn braces_too_many_are_passed_over() {
        let (tree, faults) = read("a;} b { c; {d;} ; e; }");
        let expected = [("}", Cause::NotOpened), ("{", Cause::NoWord(b'{')), (";", Cause::NoWord(b';'))];
        assert_eq!(tree, "a;b{c;d;e;}");
        assert_eq!(faults, expected.map(|(text, cause)| (text.to_owned(), cause)));
    }

    #[test]
    fn block_in_data_is_read_as_data() {
        let (tree, faults) = read("map a b { c d { e f; { g h; } } i j; } k;");
        assert_eq!(tree, "map,a,b{}[c,d;e,f;g,h;i,j;]k;");
        assert_eq!(faults, [("{".to_owned(), Cause::BlockInData), ("{".to_owned(), Cause::NoWord(b'{'))]);
    }

    #[test]
    fn end_of_file_ends_everything() {
        assert_eq!(read("a { b { c"), ("a{b{c;}}".to_owned(), vec![("c".to_owned(), Cause::NoEnd)]));
        assert_eq!(read("a { b { c;"), ("a{b{c;}}".to_owned(), vec![("{".to_owned(), Cause::NotClosed)]));
        assert_eq!(read("a_by_lua_block { '"), ("a_by_lua_block< '>".to_owned(), vec![("{".to_owned(), Cause::LuaNotClosed)]));
        assert_eq!(read("a b # c;"), ("a,b;".to_owned(), vec![("a b".to_owned(), Cause::NoEnd)]));
    }

    #[test]
    fn string_without_end_costs_its_line_only() {
        let (tree, faults) = read("a { b \"c; d;\n e f;\n}\n");
        assert_eq!(tree, "a{b,c; d;e,f;}");
        assert_eq!(faults, [("\"c; d".to_owned(), Cause::NoQuote(b'"'))]);
    }

    #[test]
    fn words_behind_a_closing_quote_are_kept_apart() {
        let (tree, faults) = read("a 'b'c\"d\"'e;");
        assert_eq!(tree, "a,b,c\"d\"'e;");
        assert_eq!(faults, [("c".to_owned(), Cause::Glued(b'c'))]);
        assert_eq!(read("a 'b'\"c;").1, [("\"".to_owned(), Cause::Glued(b'"')), ("\"c".to_owned(), Cause::NoQuote(b'"'))]);
    }

    #[test]
    fn byte_order_mark_is_part_of_the_first_word() {
        let (tree, faults) = read("\u{feff}user a;");
        assert_eq!(tree, "\u{feff}user,a;");
        assert_eq!(faults, [("\u{feff}".to_owned(), Cause::ByteOrderMark)]);
        assert_eq!(read("a \u{feff};").1, []);
    }

    #[test]
    fn blocks_too_deep_are_read_as_if_outside() {
        let text = "a {".repeat(100_000) + "b c;" + &"}".repeat(100_000) + "d;";
        let (tree, faults) = read(text);
        assert!(tree.ends_with("}d;") && tree.contains("b,c;"));
        assert_eq!(faults, vec![("{".to_owned(), Cause::TooDeep); FAULTS]);
    }
}
