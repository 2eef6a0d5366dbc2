//! Regular expressions of locations and server names. nginx takes those of PCRE; what the libraries here do not know is answered with
//! care: such an expression matches nothing for certain, and may match anything behind its literal start.

use std::cell::OnceCell;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Look;
use regex_syntax::hir::literal::{ExtractKind, Extractor};

/// A regular expression. It is looked into when somebody asks: there are files with tens of thousands.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    expression: Vec<u8>,
    is_caseless: bool,
    compiled: OnceCell<Compiled>,
    shape: OnceCell<Shape>,
}

/// An expression as it can be run.
#[derive(Clone, Debug)]
enum Compiled {
    Plain(Regex),
    /// One that looks ahead or behind, or refers back.
    Fancy(Box<fancy_regex::Regex>),
    /// One that neither library takes.
    Unknown,
}

/// What is known of every match.
#[derive(Clone, Debug)]
struct Shape {
    /// What it starts with, if it is bound to the start of the text: one of these.
    starts: Vec<Vec<u8>>,
    is_anchored: bool,
    is_closed: bool,
    /// Whether it matches only so many texts: nothing in it repeats without end.
    is_finite: bool,
}

impl Pattern {
    pub(crate) fn new(expression: &[u8], is_caseless: bool) -> Self {
        Self { expression: expression.to_vec(), is_caseless, compiled: OnceCell::new(), shape: OnceCell::new() }
    }

    /// Whether it matches, as far as that is known.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let (is_anchored, start) = literal_start(&self.expression);
        if is_anchored && !text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(&start)) {
            return false;
        }
        match self.compiled.get_or_init(|| self.compile()) {
            Compiled::Plain(regex) => regex.is_match(text),
            Compiled::Fancy(regex) => regex.is_match(&String::from_utf8_lossy(text)).unwrap_or(false),
            Compiled::Unknown => false,
        }
    }

    fn compile(&self) -> Compiled {
        let Some(text) = translate(&self.expression) else { return Compiled::Unknown };
        let text = String::from_utf8_lossy(&text);
        let mut builder = RegexBuilder::new(&text);
        if !has_possessive(text.as_bytes())
            && let Ok(regex) = builder.case_insensitive(self.is_caseless).unicode(false).size_limit(SIZE).build()
        {
            return Compiled::Plain(regex);
        }
        let mut builder = fancy_regex::RegexBuilder::new(&text);
        let builder = builder.case_insensitive(self.is_caseless).backtrack_limit(STEPS).delegate_size_limit(SIZE);
        builder.build().map_or(Compiled::Unknown, |regex| Compiled::Fancy(Box::new(regex)))
    }

    fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| {
            let text = translate(&self.expression).unwrap_or_else(|| self.expression.clone());
            let text = String::from_utf8_lossy(&text);
            let mut parser = ParserBuilder::new().case_insensitive(self.is_caseless).unicode(false).utf8(false).build();
            let Ok(parsed) = parser.parse(&text) else {
                let (is_anchored, start) = literal_start(&self.expression);
                return Shape { starts: vec![start], is_anchored, is_closed: self.expression.ends_with(b"$"), is_finite: false };
            };
            let mut extractor = Extractor::new();
            extractor.kind(ExtractKind::Prefix).limit_total(64);
            let starts = extractor.extract(&parsed);
            let starts = starts.literals().map(|literals| literals.iter().map(|literal| literal.as_bytes().to_vec()).collect());
            Shape {
                starts: starts.unwrap_or_else(|| vec![Vec::new()]),
                is_anchored: parsed.properties().look_set_prefix().contains(Look::Start),
                is_closed: parsed.properties().look_set_suffix().contains(Look::End),
                is_finite: parsed.properties().maximum_len().is_some(),
            }
        })
    }

    /// What every match starts with, if it is bound to the start of the text: one of these.
    pub(crate) fn starts(&self) -> &[Vec<u8>] {
        &self.shape().starts
    }

    /// Whether it is bound to the start of the text.
    pub(crate) fn is_anchored(&self) -> bool {
        self.shape().is_anchored
    }

    /// Whether it is for so many paths and no other.
    pub(crate) fn is_finite(&self) -> bool {
        let shape = self.shape();
        shape.is_anchored && shape.is_closed && shape.is_finite
    }

    /// Whether it is bound to the end of the text.
    pub(crate) fn is_closed(&self) -> bool {
        self.shape().is_closed
    }
}

/// The expression for the libraries, which read other things into `\<`, `\>` and the signs of a class; `None` if they would read
/// `\h` or `{,2}` as something else.
fn translate(expression: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(expression.len());
    let mut is_in_class = false;
    let mut rest = expression;
    while let Some((first, tail)) = rest.split_first() {
        let mut length: usize = 1;
        match rest {
            [b'\\', b'h' | b'H', ..] => return None,
            [b'{', b',', ..] if !is_in_class => return None,
            [b'\\', sign @ (b'<' | b'>'), ..] => {
                text.push(*sign);
                length = 2;
            }
            [b'\\', escaped, ..] => {
                text.extend([b'\\', *escaped]);
                length = 2;
            }
            [b'[', ..] if !is_in_class => {
                is_in_class = true;
                // A `]` at the start of a class does not end it.
                length = if tail.starts_with(b"^]") { 3 } else { 1_usize.wrapping_add(usize::from(tail.starts_with(b"]"))) };
                text.extend(rest.get(..length)?);
            }
            [b'[', b':', ..] if posix_class(rest).is_some() => {
                let class = posix_class(rest)?;
                length = class.len();
                text.extend(class);
            }
            [b'[' | b'&' | b'~', ..] if is_in_class => text.extend([b'\\', *first]),
            _ => {
                is_in_class &= *first != b']';
                text.push(*first);
            }
        }
        rest = rest.get(length..)?;
    }
    Some(text)
}

/// The `[:alpha:]` that a text starts with.
fn posix_class(text: &[u8]) -> Option<&[u8]> {
    let name = text.strip_prefix(b"[:")?;
    let length = name.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'^').count();
    name.get(length..)?.starts_with(b":]").then(|| text.get(..length.saturating_add(4))).flatten()
}

/// Whether something may be repeated without ever giving back: `a++` is `(a+)+` to the plain library.
fn has_possessive(text: &[u8]) -> bool {
    text.windows(2).any(|pair| matches!(pair, [b'*' | b'+' | b'?' | b'}', b'+']))
}

/// The letters behind a `^`, as far as they mean themselves.
fn literal_start(expression: &[u8]) -> (bool, Vec<u8>) {
    let Some(rest) = expression.strip_prefix(b"^") else { return (false, Vec::new()) };
    let mut start: Vec<u8> =
        rest.iter().copied().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_')).collect();
    // `a?`, `a*` and `a{0}` need no `a`; an alternative may start otherwise.
    if rest.get(start.len()).is_some_and(|byte| matches!(byte, b'?' | b'*' | b'{')) {
        start.pop();
    }
    if rest.contains(&b'|') { (false, Vec::new()) } else { (true, start) }
}

/// How far an expression that looks ahead goes before it is taken for one that does not match.
const STEPS: usize = 10_000;

/// The memory of one compiled expression: nginx files hold thousands.
const SIZE: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(expression: &str) -> Vec<String> {
        let pattern = Pattern::new(expression.as_bytes(), false);
        assert!(pattern.is_anchored(), "{expression}");
        let mut starts: Vec<_> = pattern.starts().iter().map(|start| String::from_utf8_lossy(start).into_owned()).collect();
        starts.sort();
        starts
    }

    #[test]
    fn pattern_without_anchor_can_match_anywhere() {
        for expression in [r"\.php$", "/health", "^/a|b", "(?<!x)y", "^/a(?=b)|x"] {
            assert!(!Pattern::new(expression.as_bytes(), false).is_anchored(), "{expression}");
        }
    }

    #[test]
    fn anchored_pattern_starts_with_what_is_written() {
        assert_eq!(starts("^/admin/x.*"), ["/admin/x"]);
        assert_eq!(starts(r"^/(admin|public)/.*\.css$"), ["/admin/", "/public/"]);
        assert_eq!(starts("^/"), ["/"]);
    }

    #[test]
    fn pattern_that_only_pcre_knows_starts_with_its_literal_start() {
        assert_eq!(starts("^/static/(?!x)"), ["/static/"]);
        assert_eq!(starts("^/static?(?!x)"), ["/stati"]);
        let pattern = Pattern::new(b"^/(?!x)", false);
        assert!(pattern.matches(b"/y") && !pattern.matches(b"/x"));
        assert!(!Pattern::new(b"^/(?<x", false).matches(b"/y"));
    }

    #[test]
    fn signs_mean_what_they_mean_to_pcre() {
        let matches = |expression: &str, text: &str| Pattern::new(expression.as_bytes(), false).matches(text.as_bytes());
        assert!(matches("^/[[a]b]", "/[b]") && !matches("^/[[a]b]", "/a"));
        assert!(matches("^/[a&&b]$", "/&") && matches("^/[a-z&&[^b]]", "/&]"));
        assert!(matches("^/[]a]$", "/]") && matches("^/[^]a]$", "/b") && matches("^/[[:alpha:]_]+$", "/a_"));
        assert!(matches(r"^/\<a", "/<a") && !matches(r"^/\<a", "/a"));
        assert!(!matches("^/a*+a", "/aa") && !matches("^/a++a", "/aa") && matches(r"^/a\++$", "/a++"));
        assert!(!matches(r"^/a\h", "/ab") && !matches("^/a{,2}$", "/a"));
    }

    #[test]
    fn case_counts_unless_told() {
        assert!(Pattern::new(br"\.PHP$", true).matches(b"/x.php") && !Pattern::new(br"\.PHP$", false).matches(b"/x.php"));
        assert!(Pattern::new(b"^/ADMIN/", true).starts().iter().any(|start| start.starts_with(b"/")));
    }
}
