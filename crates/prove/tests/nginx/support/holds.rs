//! What holds for any bytes.

use gatewright_prove::Sources;
use gatewright_prove::nginx::{Configuration, Content, Directive, Dump, Kind, Tokens, Tree, parse, parts};

/// Reads bytes in every way and asserts what must hold.
pub(crate) fn for_any(text: &[u8]) {
    let tokens: Vec<_> = Tokens::new(text).collect();
    covers(text.len(), tokens.iter().map(|token| (token.start, token.end)));
    let mut sources = Sources::default();
    let file = sources.add("any", text);
    for content in [Content::Directives, Content::Data] {
        for_tree(&parse(&sources, file, content), &sources, text);
    }
    for_dump(text);
}

/// A file, and one that is included, cut out of the bytes.
fn for_dump(text: &[u8]) {
    let (main, other) = text.split_at(text.len() / 2);
    let printed = [b"# configuration file /n:\n", main, b"\n# configuration file /a:\n", other, b"\n"].concat();
    for printed in [text, &printed] {
        let Some(dump) = Dump::parse(printed) else { continue };
        let configuration = Configuration::load(dump.main(), &dump).unwrap();
        assert!(configuration.directives().count() >= configuration.trees().map(|_| 0).sum());
        for fault in configuration.faults() {
            assert!(!fault.report(configuration.sources()).is_empty());
        }
        for tree in configuration.trees() {
            for_tree(tree, configuration.sources(), configuration.sources().get(tree.file()).unwrap().text());
        }
    }
}

fn for_tree(tree: &Tree, sources: &Sources, text: &[u8]) {
    covers(text.len(), tree.tokens().iter().map(|token| (token.start, token.end)));
    for fault in tree.faults() {
        assert!(fault.span.start < fault.span.end && fault.span.end <= text.len(), "{fault:?}");
        assert!(fault.report(sources).lines().count() >= 5);
    }
    let words = tree.tokens().iter().filter(|token| matches!(token.kind, Kind::Word(_))).count();
    let mut seen = 0;
    for directive in tree.directives().filter(|directive| directive.span().file == tree.file()) {
        seen += for_directive(directive, sources, (0, text.len()));
        let _ = tree.comments_of(directive, sources);
    }
    let has_includes = tree.tokens().iter().any(|token| *token.value(text) == *b"include");
    assert!(seen == words || has_includes, "{seen} of {words} words");
}

/// Asserts that a directive lies within its surroundings; the number of words is returned.
fn for_directive(directive: &Directive, sources: &Sources, (start, end): (usize, usize)) -> usize {
    let span = directive.span();
    assert!(start <= span.start && span.end <= end);
    assert!(!directive.words().is_empty());
    let mut at = span.start;
    for word in directive.words() {
        assert!(at <= word.span().start && word.span().end <= span.end);
        at = word.span().end;
        reads_the_same_in_quotes(word.value());
        let lengths = parts(word.value()).map(|part| usize::from(!format!("{part:?}").is_empty())).sum::<usize>();
        assert!(lengths <= word.value().len());
        assert!(!sources.text(word.span()).is_empty());
    }
    let Some(block) = directive.block() else { return directive.words().len() };
    assert!(at <= block.span().start && block.span().start <= block.span().end && block.span().end <= span.end);
    let inner = (block.span().start, block.span().end);
    let children = directive.directives().chain(directive.entries()).filter(|child| child.span().file == span.file);
    directive.words().len() + children.map(|child| for_directive(child, sources, inner)).sum::<usize>()
}

fn reads_the_same_in_quotes(value: &[u8]) {
    let escaped = value.iter().flat_map(|byte| if matches!(byte, b'"' | b'\\') { vec![b'\\', *byte] } else { vec![*byte] });
    let quoted: Vec<u8> = std::iter::once(b'"').chain(escaped).chain(*b"\";").collect();
    let word = Tokens::new(&quoted).next().unwrap();
    assert!(word.cause.is_some() || *word.value(&quoted) == *value, "{}", value.escape_ascii());
}

fn covers(length: usize, spans: impl Iterator<Item = (usize, usize)>) {
    let end = spans.fold(0, |at, (start, end)| {
        assert!(start == at && end > start);
        end
    });
    assert_eq!(end, length);
}
