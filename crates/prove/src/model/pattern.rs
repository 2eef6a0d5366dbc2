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
        let text = String::from_utf8_lossy(&self.expression);
        let mut builder = RegexBuilder::new(&text);
        if let Ok(regex) = builder.case_insensitive(self.is_caseless).unicode(false).size_limit(SIZE).build() {
            return Compiled::Plain(regex);
        }
        let mut builder = fancy_regex::RegexBuilder::new(&text);
        let builder = builder.case_insensitive(self.is_caseless).backtrack_limit(STEPS).delegate_size_limit(SIZE);
        builder.build().map_or(Compiled::Unknown, |regex| Compiled::Fancy(Box::new(regex)))
    }

    fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| {
            let text = String::from_utf8_lossy(&self.expression);
            let mut parser = ParserBuilder::new().case_insensitive(self.is_caseless).unicode(false).utf8(false).build();
            let Ok(parsed) = parser.parse(&text) else {
                let (is_anchored, start) = literal_start(&self.expression);
                return Shape { starts: vec![start], is_anchored, is_closed: self.expression.ends_with(b"$") };
            };
            let mut extractor = Extractor::new();
            extractor.kind(ExtractKind::Prefix).limit_total(64);
            let starts = extractor.extract(&parsed);
            let starts = starts.literals().map(|literals| literals.iter().map(|literal| literal.as_bytes().to_vec()).collect());
            Shape {
                starts: starts.unwrap_or_else(|| vec![Vec::new()]),
                is_anchored: parsed.properties().look_set_prefix().contains(Look::Start),
                is_closed: parsed.properties().look_set_suffix().contains(Look::End),
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

    /// Whether it is bound to the end of the text.
    pub(crate) fn is_closed(&self) -> bool {
        self.shape().is_closed
    }
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
    fn case_counts_unless_told() {
        assert!(Pattern::new(br"\.PHP$", true).matches(b"/x.php") && !Pattern::new(br"\.PHP$", false).matches(b"/x.php"));
        assert!(Pattern::new(b"^/ADMIN/", true).starts().iter().any(|start| start.starts_with(b"/")));
    }
}
