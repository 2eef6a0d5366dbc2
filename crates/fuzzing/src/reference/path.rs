//! What a path means: its segments, the forms that give it a second meaning, and those meanings.

use std::collections::BTreeSet;

/// A path that a rule may be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// Decoded once; a last empty one is the trailing slash.
    parts: Vec<String>,
    /// The forms by the names that `accept` has for them.
    pub(crate) forms: BTreeSet<&'static str>,
    /// Every other meaning, in segments.
    pub(crate) readings: BTreeSet<Vec<String>>,
}

/// Why no rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Malformed,
    /// Ambiguous in a way that nobody may accept.
    Ambiguous,
    /// There are so many readings that it depends on limits the contract does not name; ambiguous at any rate.
    Endless,
}

impl Path {
    pub(crate) fn read(raw: &[u8]) -> Result<Self, Refused> {
        let is_bad = |byte: &u8| !(0x21..=0x7e).contains(byte) || *byte == b'#' || *byte == b'\\';
        if raw.len() > 8 * 1024 || raw.first() != Some(&b'/') || raw.iter().any(is_bad) {
            return Err(Refused::Malformed);
        }
        let text = String::from_utf8_lossy(&raw[1..]).into_owned();
        let mut parts = Vec::new();
        let mut ambiguous = false;
        for raw_part in text.split('/') {
            let bytes = decode(raw_part, Strictness::Strict).ok_or(Refused::Malformed)?;
            if bytes.iter().any(u8::is_ascii_control) {
                return Err(Refused::Malformed);
            }
            ambiguous |= std::str::from_utf8(&bytes).is_err();
            parts.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        let mut path = Self { parts, forms: BTreeSet::new(), readings: BTreeSet::new() };
        if path.segments().len() > 256 {
            return Err(Refused::Malformed);
        }
        if ambiguous || path.parts.iter().any(|part| is_dots(part)) {
            return Err(Refused::Ambiguous);
        }
        path.forms = path.segments().iter().flat_map(|segment| forms(segment)).collect();
        if !path.forms.is_empty() {
            path.readings = readings(&path.parts)?;
            let own = path.segments().to_vec();
            path.readings.remove(&own);
        }
        Ok(path)
    }

    pub(crate) fn segments(&self) -> &[String] {
        without_trailing_slash(&self.parts)
    }

    /// The text for `re:`, with forms kept encoded.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for segment in self.segments() {
            text.push('/');
            for (at, character) in segment.char_indices() {
                match character {
                    '/' => text.push_str("%2F"),
                    '\\' => text.push_str("%5C"),
                    '#' => text.push_str("%23"),
                    '?' => text.push_str("%3F"),
                    '%' if triplet(&segment.as_bytes()[at..]).is_some() => text.push_str("%25"),
                    other => text.push(other),
                }
            }
        }
        if text.is_empty() { "/".to_owned() } else { text }
    }

    /// The same path, every byte that could mean something else encoded.
    pub(crate) fn encoded(&self) -> String {
        let mut text = String::new();
        for segment in self.segments() {
            text.push('/');
            for byte in segment.bytes() {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => text.push(char::from(byte)),
                    other => text.push_str(&format!("%{other:02x}")),
                }
            }
        }
        if text.is_empty() { "/".to_owned() } else { text }
    }
}

fn without_trailing_slash(parts: &[String]) -> &[String] {
    match parts {
        [before @ .., last] if last.is_empty() => before,
        all => all,
    }
}

/// Whether nothing but dots and spaces is there.
fn is_dots(segment: &str) -> bool {
    !segment.is_empty() && segment.trim_matches(['.', ' ']).is_empty()
}

fn forms(segment: &str) -> Vec<&'static str> {
    let mut forms = Vec::new();
    let mut form = |present: bool, name| {
        if present {
            forms.push(name);
        }
    };
    form(segment.is_empty(), "empty_segment");
    form(segment.contains(';'), "parameter");
    form(segment.contains(['/', '\\']), "encoded_slash");
    form(segment.contains('#'), "encoded_hash");
    form(segment.contains('?'), "encoded_question");
    form((0..segment.len()).any(|at| triplet(&segment.as_bytes()[at..]).is_some()), "double_encoding");
    form(segment.ends_with(['.', ' ']), "trailing_dot");
    forms
}

/// Everything that programs which cut, merge, split or decode again could make of a path, each change on the whole path.
fn readings(start: &[String]) -> Result<BTreeSet<Vec<String>>, Refused> {
    let mut found = BTreeSet::from([start.to_vec()]);
    let mut open = vec![start.to_vec()];
    while let Some(parts) = open.pop() {
        for other in changes(&parts)? {
            if other.iter().any(|part| is_dots(part)) {
                return Err(Refused::Ambiguous);
            }
            if found.insert(other.clone()) {
                open.push(other);
            }
        }
        if found.len() > 16 || found.iter().flatten().map(String::len).sum::<usize>() > 8 * 1024 {
            return Err(Refused::Endless);
        }
    }
    Ok(found.iter().map(|parts| without_trailing_slash(parts).to_vec()).collect())
}

fn changes(parts: &[String]) -> Result<Vec<Vec<String>>, Refused> {
    let each = |change: &dyn Fn(&str) -> String| parts.iter().map(|part| change(part)).collect::<Vec<_>>();
    let split = |at: char| parts.iter().flat_map(|part| part.split(at)).map(str::to_owned).collect::<Vec<_>>();
    let cut = |at: char| {
        let mut kept = Vec::new();
        for part in parts {
            kept.push(part.split(at).next().unwrap_or_default().to_owned());
            if part.contains(at) {
                break;
            }
        }
        kept
    };
    let mut merged: Vec<String> = parts.iter().filter(|part| !part.is_empty()).cloned().collect();
    if parts.last().is_some_and(String::is_empty) || merged.is_empty() {
        merged.push(String::new());
    }
    let mut decoded = Vec::new();
    for part in parts {
        let bytes = decode(part, Strictness::Lenient).unwrap_or_default();
        let changed = bytes != part.as_bytes();
        if changed && bytes.iter().any(u8::is_ascii_control) {
            return Err(Refused::Ambiguous);
        }
        decoded.push(String::from_utf8(bytes).map_err(|_| Refused::Ambiguous)?);
    }
    Ok(vec![
        each(&|part| part.split(';').next().unwrap_or_default().to_owned()),
        merged,
        split('/'),
        split('\\'),
        cut('#'),
        cut('?'),
        decoded,
        each(&|part| part.trim_end_matches(['.', ' ']).to_owned()),
    ])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// A `%` that begins no triplet is an error.
    Strict,
    /// It stays.
    Lenient,
}

fn decode(text: &str, strictness: Strictness) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        match triplet(rest) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[3..];
            }
            None if *first == b'%' && strictness == Strictness::Strict => return None,
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    Some(bytes)
}

fn triplet(bytes: &[u8]) -> Option<u8> {
    let digits = bytes.strip_prefix(b"%")?.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
