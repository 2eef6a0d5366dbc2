//! A request path has one meaning or is refused (DESIGN section 5).

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::excerpt::excerpt;
use crate::form::FormSet;
use crate::percent::{self, Plus};
use crate::reading;
use crate::rejection::{Refusal, Rejection};

/// A path split into segments, each percent-decoded once. `/a/b/` and `/a/b` have the same segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path<'r> {
    raw: &'r str,
    segments: SmallVec<[Cow<'r, str>; 6]>,
    forms: FormSet,
}

impl<'r> Path<'r> {
    /// Reads the raw path (without query). `request_malformed` if it is bad, `path_ambiguous` if it is ambiguous in a
    /// way no rule may accept (dot segments, overlong or invalid UTF-8).
    pub(crate) fn parse(raw: &'r [u8]) -> Result<Self, Refusal> {
        let raw = printable(raw)?;
        let Some(rest) = raw.strip_prefix('/') else {
            return Err(malformed(format!("path {} does not start with `/`", excerpt(raw.as_bytes()))));
        };
        let mut path = Self { raw, segments: SmallVec::new(), forms: FormSet::default() };
        let encoded = raw.contains('%');
        let mut never = None;
        if !rest.is_empty() {
            for part in rest.strip_suffix('/').unwrap_or(rest).split('/') {
                if path.segments.len() >= MAX_SEGMENTS {
                    return Err(malformed(format!("path of more than {MAX_SEGMENTS} segments")));
                }
                // An ambiguous segment waits: a malformed one after it decides.
                let segment = if encoded { decode_segment(part)? } else { Some(Cow::Borrowed(part)) };
                let segment = segment.unwrap_or_else(|| {
                    never = Some("the path is not UTF-8");
                    Cow::Borrowed(part)
                });
                if reading::is_dot_segment(&segment) {
                    never = Some("the path has a dot segment");
                }
                path.forms.insert_forms_of(&segment);
                path.segments.push(segment);
            }
        }
        match never {
            Some(reason) => Err(Refusal::new(Rejection::PathAmbiguous, reason)),
            None => path.readings().map(|_| path),
        }
    }

    /// The segments, decoded once; accepted forms are opaque inside them.
    pub(crate) fn segments(&self) -> &[Cow<'r, str>] {
        &self.segments
    }

    /// The acceptable forms that are present; empty for a clean path.
    pub(crate) fn forms(&self) -> FormSet {
        self.forms
    }

    /// Every other reading that some program could give an ambiguous path (forms resolved in every combination), as
    /// segment lists. Empty for a clean path. `Err` if there are too many, or one has dot segments: then no rule may accept
    /// it, which [`Path::parse`] has already found out.
    pub(crate) fn readings(&self) -> Result<Vec<Vec<String>>, Refusal> {
        if self.forms.is_empty() {
            return Ok(Vec::new());
        }
        reading::all(&self.segments, self.raw.ends_with('/')).map_err(|reason| Refusal::new(Rejection::PathAmbiguous, reason))
    }

    /// The decoded path as one text for `re:` rules: no trailing slash (root is `/`), accepted forms kept encoded.
    pub(crate) fn text(&self) -> Cow<'r, str> {
        if !self.raw.contains('%') {
            return Cow::Borrowed(match self.raw.strip_suffix('/') {
                Some("") | None => self.raw,
                Some(without) => without,
            });
        }
        let mut text = String::with_capacity(self.raw.len());
        for segment in &self.segments {
            text.push('/');
            push_escaped(&mut text, segment);
        }
        Cow::Owned(text)
    }
}

/// Checks every byte of the raw path; what is left is printable ASCII.
fn printable(raw: &[u8]) -> Result<&str, Refusal> {
    if raw.len() > MAX_BYTES {
        return Err(malformed(format!("path of {} bytes, at most {MAX_BYTES}", raw.len())));
    }
    // Without an early end, so that the compiler looks at many bytes at once.
    let clean = raw.iter().fold(true, |so_far, byte| so_far & (byte.is_ascii_graphic() & (*byte != b'#') & (*byte != b'\\')));
    let text = str::from_utf8(raw).ok().filter(|_| clean);
    text.ok_or_else(|| malformed(format!("path {} holds a control byte, a space, `#`, `\\` or a byte above 0x7e", excerpt(raw))))
}

/// Decodes one segment; `None` if that is not UTF-8.
fn decode_segment(part: &str) -> Result<Option<Cow<'_, str>>, Refusal> {
    if !part.contains('%') {
        return Ok(Some(Cow::Borrowed(part)));
    }
    let Some(decoded) = percent::decode(part.as_bytes(), Plus::Literal) else {
        return Err(malformed(format!("segment {} has a `%` without two hexadecimal digits", excerpt(part.as_bytes()))));
    };
    if decoded.iter().any(u8::is_ascii_control) {
        return Err(malformed(format!("segment {} holds an encoded control byte", excerpt(part.as_bytes()))));
    }
    Ok(String::from_utf8(decoded.into_owned()).ok().map(Cow::Owned))
}

fn push_escaped(text: &mut String, segment: &str) {
    for (index, character) in segment.char_indices() {
        match character {
            '/' => text.push_str("%2F"),
            '\\' => text.push_str("%5C"),
            '#' => text.push_str("%23"),
            '?' => text.push_str("%3F"),
            '%' if segment.as_bytes().get(index..).and_then(percent::triplet).is_some() => text.push_str("%25"),
            other => text.push(other),
        }
    }
}

fn malformed(detail: String) -> Refusal {
    Refusal::new(Rejection::RequestMalformed, detail)
}

/// What common servers accept for a whole request line (nginx `large_client_header_buffers`, Apache `LimitRequestLine`).
const MAX_BYTES: usize = 8 * 1024;

/// Far more than any application nests, few enough to match against without thinking of cost.
const MAX_SEGMENTS: usize = 256;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(raw: &str) -> Path<'_> {
        Path::parse(raw.as_bytes()).unwrap_or_else(|refusal| panic!("{raw}: {refusal:?}"))
    }

    fn code(raw: &[u8]) -> &'static str {
        match Path::parse(raw) {
            Err(refusal) => refusal.rejection.code(),
            Ok(path) if path.forms().is_empty() => "clean",
            Ok(_) => "acceptable",
        }
    }

    #[test]
    fn segments_are_decoded_once_and_one_trailing_slash_is_insignificant() {
        assert_eq!(parse("/a%41/b%20c/d/").segments(), ["aA", "b c", "d"]);
        assert_eq!(parse("/a/b/").segments(), parse("/a/b").segments());
        assert!(parse("/").segments().is_empty());
        assert!(parse("/%e3%80%82/%ef%bc%8f/%25zz").forms().is_empty());
    }

    #[test]
    fn a_clean_path_borrows() {
        let path = parse("/reports/7/export.csv");
        assert!(path.segments().iter().all(|segment| matches!(segment, Cow::Borrowed(_))) && !path.segments.spilled());
        assert!(matches!(path.text(), Cow::Borrowed("/reports/7/export.csv")));
        assert_eq!(path.readings().unwrap(), Vec::<Vec<String>>::new());
    }

    #[test]
    fn malformed_paths_are_bad() {
        let bad = [
            "",
            "admin",
            "*",
            "http://evil/public/",
            "host:443",
            "/a b",
            "/a\tb",
            "/\0",
            "/a\x7f",
            "/a#b",
            "/a\\b",
            "/..\\",
            "/é",
            "/%",
            "/%2",
            "/%zz",
            "/%u002e",
            "/%00",
            "/%0a",
            "/%0d",
            "/%09",
            "/%1f",
            "/%7f",
            "/../%00",
            "/%ff/%zz",
            "/a;/%01",
        ];
        for raw in bad {
            assert_eq!(code(raw.as_bytes()), "request_malformed", "{raw}");
        }
        assert_eq!(code(b"/\xff"), "request_malformed");
    }

    #[test]
    fn ambiguities_nobody_may_accept_are_refused() {
        let never = [
            "/..",
            "/.",
            "/public/../admin",
            "/public/./x",
            "/public/..",
            "/admin/.",
            "/public//../admin",
            "/...",
            "/%20",
            "/.%20",
            "/%2e%2e",
            "/%2E%2e",
            "/.%2e",
            "/%2e",
            "/..%2f",
            "/..%5c",
            "/a%2f..%2fb",
            "/..;/",
            "/..;x",
            "/public;/../admin",
            "/%2e%2e%3b",
            "/%252e%252e",
            "/%25%32%65",
            "/%25252e",
            "/..%23",
            "/..%3fx",
            "/%2e%20",
            "/a%252f..",
            "/%252500",
            "/%c0%ae",
            "/%ff",
            "/%e0%80%af",
            "/%ed%a0%80",
            "/%25ff",
        ];
        for raw in never {
            assert_eq!(code(raw.as_bytes()), "path_ambiguous", "{raw}");
        }
    }

    #[test]
    fn each_acceptable_form_is_named() {
        let forms = [
            ("//", "empty_segment"),
            ("//admin", "empty_segment"),
            ("/a//", "empty_segment"),
            ("/a;x=1/b", "parameter"),
            ("/a%3Bx", "parameter"),
            ("/;/admin", "parameter"),
            ("/a%2fb", "encoded_slash"),
            ("/a%5Cb", "encoded_slash"),
            ("/a%23b", "encoded_hash"),
            ("/a%3fb", "encoded_question"),
            ("/%2561", "double_encoding"),
            ("/%255c", "double_encoding"),
            ("/admin.", "trailing_dot"),
            ("/admin%20/x", "trailing_dot"),
            ("/a;%2fb.", "parameter, encoded_slash, trailing_dot"),
            ("//evil/public/", "empty_segment"),
        ];
        for (raw, names) in forms {
            assert_eq!(parse(raw).forms().names(), names, "{raw}");
        }
    }

    #[test]
    fn a_form_stays_opaque_inside_its_segment() {
        assert_eq!(parse("/a;x/b%2fc/%2564").segments(), ["a;x", "b/c", "%64"]);
        assert_eq!(parse("/a//b/").segments(), ["a", "", "b"]);
    }

    #[test]
    fn readings_show_where_a_form_could_lead() {
        assert_eq!(parse("/public%2fadmin/").readings().unwrap(), [["public", "admin"]]);
        assert_eq!(parse("//admin").readings().unwrap(), [["admin"]]);
        assert_eq!(parse("/admin;x/y").readings().unwrap(), [["admin", "y"]]);
    }

    #[test]
    fn text_is_decoded_and_keeps_forms_encoded() {
        let texts = [
            ("/", "/"),
            ("/a/", "/a"),
            ("/a%20b%C3%A9/", "/a bé"),
            ("/a%2fb%5c", "/a%2Fb%5C"),
            ("/a%23%3F%252f", "/a%23%3F%252f"),
            ("/%25zz", "/%zz"),
            ("/a;b", "/a;b"),
            ("/a%3bb//", "/a;b/"),
        ];
        for (raw, text) in texts {
            assert_eq!(parse(raw).text(), text, "{raw}");
        }
    }

    #[test]
    fn limits_are_exact() {
        let longest = format!("/{}", "a".repeat(MAX_BYTES - 1));
        assert_eq!((code(longest.as_bytes()), code(format!("{longest}a").as_bytes())), ("clean", "request_malformed"));
        let deepest = "/a".repeat(MAX_SEGMENTS);
        assert_eq!((code(deepest.as_bytes()), code(format!("{deepest}/a").as_bytes())), ("clean", "request_malformed"));
        assert_eq!(code("/../".repeat(2_500).as_bytes()), "request_malformed");
    }

    /// Pieces that make forms likely.
    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-c]{0,2}",
            Just("/".to_owned()),
            Just(".".to_owned()),
            Just(";".to_owned()),
            Just("%2e".to_owned()),
            Just("%252e".to_owned()),
            Just("%2f".to_owned()),
            Just("%25".to_owned()),
            Just("%5c".to_owned()),
            Just("%20".to_owned()),
            Just("%23".to_owned()),
            Just("%3f".to_owned()),
            Just("%c3%a9".to_owned()),
            Just("%3b".to_owned()),
        ]
    }

    fn encoded(text: &str) -> String {
        text.split('/')
            .map(|segment| {
                let mut out = String::new();
                percent::encode_into(&mut out, segment);
                out
            })
            .collect::<Vec<_>>()
            .join("/")
    }

    proptest! {
        #[test]
        fn no_bytes_panic(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Path::parse(&raw);
        }

        #[test]
        fn the_text_of_a_clean_path_means_the_same_path(pieces in proptest::collection::vec(piece(), 0..10)) {
            let raw = format!("/{}", pieces.concat());
            if let Ok(path) = Path::parse(raw.as_bytes()) && path.forms().is_empty() {
                let again = encoded(&path.text());
                let second = Path::parse(again.as_bytes()).unwrap();
                prop_assert_eq!(second.segments(), path.segments());
                prop_assert_eq!(second.text(), path.text());
            }
        }

        #[test]
        fn no_reading_has_a_dot_segment_or_leaves_the_closure(pieces in proptest::collection::vec(piece(), 0..10)) {
            let raw = format!("/{}", pieces.concat());
            if let Ok(path) = Path::parse(raw.as_bytes()) {
                let readings = path.readings().unwrap();
                prop_assert_eq!(readings.is_empty(), path.forms().is_empty(), "{}", raw);
                for reading in readings {
                    prop_assert!(reading.iter().all(|segment| !reading::is_dot_segment(segment)));
                }
            }
        }

        #[test]
        fn an_ambiguous_path_stays_so_when_more_follows(pieces in proptest::collection::vec(piece(), 0..8), more in "[a-z]{1,3}") {
            let raw = format!("/{}/", pieces.concat());
            let longer = format!("{raw}{more}");
            match (code(raw.as_bytes()), code(longer.as_bytes())) {
                ("path_ambiguous", after) => prop_assert_eq!(after, "path_ambiguous"),
                ("acceptable", after) => prop_assert!(after != "clean", "{}", raw),
                _ => {}
            }
        }
    }
}
