//! Path patterns: `/a/*/b`, `/a/**`, `re:…`.

use std::borrow::Cow;
use std::fmt;

use regex::{Regex, RegexBuilder};

/// A compiled path pattern.
#[derive(Clone, Debug)]
pub(crate) enum PathPattern {
    /// Segments, and whether `/**` follows.
    Segments(Vec<PatternSegment>, Rest),
    /// `re:` anchored at both ends, over the path's text.
    Regex(Regex),
}

/// One segment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PatternSegment {
    /// Exactly this text (folded if the rule is case-insensitive).
    Literal(String),
    /// `*`: any one segment.
    Any,
}

/// What may follow the last segment of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing.
    None,
    /// `**`: any number of segments.
    Any,
}

/// As it is written in a file; folded if case does not count, and a regular expression with the anchors that it has been given.
impl fmt::Display for PathPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (segments, rest) = match self {
            Self::Segments(segments, rest) => (segments, *rest),
            Self::Regex(expression) => return write!(formatter, "re:{expression}"),
        };
        for segment in segments {
            match segment {
                PatternSegment::Literal(text) => write!(formatter, "/{text}")?,
                PatternSegment::Any => formatter.write_str("/*")?,
            }
        }
        match (rest, segments.is_empty()) {
            (Rest::Any, _) => formatter.write_str("/**"),
            (Rest::None, true) => formatter.write_str("/"),
            (Rest::None, false) => Ok(()),
        }
    }
}

impl PathPattern {
    /// Reads a pattern of the file; the error says what to write instead.
    pub(crate) fn parse(text: &str, insensitive: bool) -> Result<Self, String> {
        match text.strip_prefix("re:") {
            Some(expression) => compile_regex(expression, insensitive).map(Self::Regex),
            None => parse_segments(text, insensitive),
        }
    }

    /// Returns whether the pattern matches these segments; `text` gives the path as one text for `re:`.
    ///
    /// For a case-insensitive rule the caller passes folded segments.
    pub(crate) fn matches<'t, S: AsRef<str>>(&self, segments: &[S], text: impl FnOnce() -> Cow<'t, str>) -> bool {
        match self {
            Self::Segments(pattern, rest) => {
                let enough = match rest {
                    Rest::None => segments.len() == pattern.len(),
                    Rest::Any => segments.len() >= pattern.len(),
                };
                enough && pattern.iter().zip(segments).all(|(pattern, segment)| pattern.matches(segment.as_ref()))
            }
            Self::Regex(regex) => regex.is_match(&text()),
        }
    }
}

impl PatternSegment {
    fn matches(&self, segment: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == segment,
            Self::Any => true,
        }
    }
}

/// Folds a segment for case-insensitive comparison.
pub(crate) fn fold(segment: &str) -> String {
    segment.to_lowercase()
}

fn compile_regex(expression: &str, insensitive: bool) -> Result<Regex, String> {
    // The expression must be whole on its own: `a)|(b` would otherwise escape from the anchors.
    build_regex(expression, insensitive)?;
    build_regex(&format!(r"\A(?:{expression})\z"), insensitive)
}

fn build_regex(expression: &str, insensitive: bool) -> Result<Regex, String> {
    RegexBuilder::new(expression).case_insensitive(insensitive).size_limit(MAX_REGEX_BYTES).build().map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
        format!("not a regular expression: {reason}")
    })
}

fn parse_segments(text: &str, insensitive: bool) -> Result<PathPattern, String> {
    let Some(rest_of_text) = text.strip_prefix('/') else {
        return Err(format!("path pattern `{text}` must start with `/` (or with `re:` for a regular expression)"));
    };
    if text.contains(['?', '#']) {
        return Err(format!("path pattern `{text}` holds `?` or `#`: the query is never part of a path; use the key `query`"));
    }
    if let Some(character) = text.chars().find(|character| character.is_control() || *character == '\\') {
        return Err(format!("path pattern holds the character {character:?}, which no accepted path has"));
    }
    if has_percent_triplet(text) {
        return Err(format!("path pattern `{text}` is percent-encoded: patterns are written decoded"));
    }
    let trimmed = rest_of_text.strip_suffix('/').unwrap_or(rest_of_text);
    let mut segments = Vec::new();
    let mut rest = Rest::None;
    if !trimmed.is_empty() {
        for segment in trimmed.split('/') {
            if rest == Rest::Any {
                return Err(format!("`**` must be the last segment of path pattern `{text}`"));
            }
            match segment {
                "**" => rest = Rest::Any,
                "*" => segments.push(PatternSegment::Any),
                "" => return Err(format!("path pattern `{text}` has an empty segment: write one `/`")),
                "." | ".." => return Err(format!("path pattern `{text}` has a dot segment, which no accepted path has")),
                segment if segment.contains('*') => {
                    return Err(format!(
                        "`*` stands for one whole segment and `**` for the rest; `{segment}` needs a regular expression: `re:…`"
                    ));
                }
                segment if insensitive => segments.push(PatternSegment::Literal(fold(segment))),
                segment => segments.push(PatternSegment::Literal(segment.to_owned())),
            }
        }
    }
    Ok(PathPattern::Segments(segments, rest))
}

fn has_percent_triplet(text: &str) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|window| matches!(window, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()))
}

/// The most memory one compiled expression may take: the `regex` crate's own default, written down so that it stays.
const MAX_REGEX_BYTES: usize = 10 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        PathPattern::parse(pattern, false).unwrap().matches(&segments, || path.into())
    }

    #[test]
    fn upper_case_letters_of_a_pattern_are_kept_where_case_counts() {
        assert!(matches("/Admin/**", "/Admin/x") && !matches("/Admin/**", "/admin/x") && !matches("/admin/**", "/Admin/x"));
    }

    #[test]
    fn double_star_covers_the_folder_itself_and_all_below() {
        for path in ["/admin", "/admin/", "/admin/x", "/admin/x/y"] {
            assert!(matches("/admin/**", path), "{path}");
        }
        assert!(!matches("/admin/**", "/administrator"));
        assert!(matches("/**", "/"));
    }

    #[test]
    fn star_is_exactly_one_segment() {
        assert!(matches("/a/*/c", "/a/b/c"));
        assert!(!matches("/a/*/c", "/a/c"));
        assert!(!matches("/a/*", "/a/b/c"));
    }

    #[test]
    fn regular_expressions_are_anchored_at_both_ends() {
        assert!(matches("re:/public/[0-9]+", "/public/42"));
        assert!(!matches("re:/public/[0-9]+", "/x/public/42"));
        assert!(!matches("re:/public", "/publicX"));
        assert!(!matches("re:/a|/b", "/a/c"));
        assert!(PathPattern::parse("re:a)|(b", false).is_err());
    }

    #[test]
    fn a_trailing_slash_in_a_pattern_means_nothing() {
        assert!(matches("/admin/", "/admin"));
    }

    #[test]
    fn wrong_patterns_say_what_to_write() {
        for (pattern, part) in [
            ("admin", "must start with `/`"),
            ("/a/**/b", "must be the last segment"),
            ("/a*", "needs a regular expression"),
            ("/a%20b", "written decoded"),
            ("/a//b", "empty segment"),
            ("/a/../b", "dot segment"),
            ("/a?x=1", "use the key `query`"),
            ("re:(", "not a regular expression"),
            ("/a\\b", "no accepted path has"),
        ] {
            let message = PathPattern::parse(pattern, false).unwrap_err();
            assert!(message.contains(part), "{pattern}: {message}");
        }
    }
}
