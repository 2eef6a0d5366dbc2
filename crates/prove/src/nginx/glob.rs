//! File names with wildcards, as the C library's `glob` expands them for nginx: sorted by bytes, folders not crossed, hidden files
//! only where the pattern has the dot.
//!
//! Not here: `[[.hyphen.]]`, `[[=a=]]`, and `.` and `..` as matches of `.*`.

/// Every existing name that the pattern means. `names` lists a folder, given with its `/`.
pub(crate) fn expand(pattern: &[u8], names: impl Fn(&[u8]) -> Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut found = vec![Vec::new()];
    let mut is_literal = true;
    let mut parts = pattern.split(|byte| *byte == b'/').peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        let is_wild = is_wild(part);
        is_literal &= !is_wild;
        let literal = unescape(part);
        let mut longer = Vec::new();
        for folder in found {
            let join = |name: &[u8]| [&*folder, name, if is_last { b"" } else { b"/" }].concat();
            if is_wild {
                longer.extend(names(&folder).iter().filter(|name| matches(part, name)).map(|name| join(name)));
            } else if matches!(&*literal, b"" | b"." | b"..") || (is_literal && !is_last) || names(&folder).contains(&literal) {
                longer.push(join(&literal));
            }
        }
        found = longer;
    }
    found.sort_unstable();
    found
}

/// Whether nginx looks for files at all, instead of opening the one that is named.
pub(crate) fn is_glob(name: &[u8]) -> bool {
    name.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

/// Whether a part of a path is more than a name. A `[` without `]` is not.
fn is_wild(part: &[u8]) -> bool {
    let mut bytes = part.iter();
    let mut is_open = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' => return true,
            b']' if is_open => return true,
            b'[' => is_open = true,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    false
}

fn unescape(part: &[u8]) -> Vec<u8> {
    let mut bytes = part.iter().copied();
    std::iter::from_fn(|| bytes.next().and_then(|byte| if byte == b'\\' { bytes.next() } else { Some(byte) })).collect()
}

/// Whether a pattern without `/` matches the whole name.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    if name.starts_with(b".") && !(pattern.starts_with(b".") || pattern.starts_with(b"\\.")) {
        return false;
    }
    let (mut pattern, mut name) = (pattern, name);
    // What stands behind the last `*`, and from where in the name it was tried. Earlier ones need no second try.
    let mut star = None;
    loop {
        if let [b'*', behind @ ..] = pattern {
            star = Some((behind, name));
            pattern = behind;
        } else if pattern.is_empty() && name.is_empty() {
            return true;
        } else if let Some((pattern_left, name_left)) = one(pattern, name) {
            (pattern, name) = (pattern_left, name_left);
        } else if let Some((behind, [_, later @ ..])) = star {
            star = Some((behind, later));
            (pattern, name) = (behind, later);
        } else {
            return false;
        }
    }
}

/// Matches one byte; what is left of both.
fn one<'a>(pattern: &'a [u8], name: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (byte, name) = name.split_first()?;
    let (is_match, pattern) = match pattern {
        [] | [b'\\'] => return None,
        [b'?', rest @ ..] => (true, rest),
        [b'[', rest @ ..] => bracket(rest, *byte).unwrap_or((*byte == b'[', rest)),
        [b'\\', escaped, rest @ ..] => (escaped == byte, rest),
        [meant, rest @ ..] => (meant == byte, rest),
    };
    is_match.then_some((pattern, name))
}

/// Reads what is behind a `[`: whether it has the byte, and what is behind its `]`. `None` if there is no `]`.
fn bracket(inner: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let (is_negated, mut rest) = match inner {
        [b'!' | b'^', rest @ ..] => (true, rest),
        _ => (false, inner),
    };
    let mut has = false;
    let mut is_first = true;
    loop {
        if let (Some(behind), false) = (rest.strip_prefix(b"]"), is_first) {
            return Some((has != is_negated, behind));
        }
        let class = rest.strip_prefix(b"[:").and_then(|class| in_class(class, byte));
        let (is_member, behind) = class.or_else(|| in_range(rest, byte))?;
        has |= is_member;
        rest = behind;
        is_first = false;
    }
}

/// Reads a byte, or two with `-` between; a `-` before the `]` is one like any other.
fn in_range(text: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let (low, behind) = bracket_byte(text)?;
    let range = behind.strip_prefix(b"-").filter(|behind| !behind.starts_with(b"]"));
    let (high, behind) = range.map_or(Some((low, behind)), bracket_byte)?;
    Some(((low..=high).contains(&byte), behind))
}

fn bracket_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [b'\\', byte, rest @ ..] | [byte, rest @ ..] => Some((*byte, rest)),
        [] => None,
    }
}

/// Reads a class name and its `:]`.
fn in_class(text: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let end = text.windows(2).position(|pair| pair == b":]")?;
    let (name, behind) = text.split_at_checked(end)?;
    let is_member = match name {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => matches!(byte, b' '..=b'~'),
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => matches!(byte, b'\t'..=b'\r' | b' '),
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => return None,
    };
    Some((is_member, behind.get(2..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_matches_whole_names() {
        for (pattern, name) in [
            ("*.conf", "a.conf"),
            ("*", "a"),
            ("a*b*c", "a-b-bc"),
            ("?.?", "a.b"),
            (".*", ".a"),
            ("\\.a", ".a"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[^a]", "b"),
            ("[]a]", "]"),
            ("[]-a]", "^"),
            ("[a-]", "-"),
            ("[\\]]", "]"),
            ("[[:digit:]x]", "7"),
            ("[[:alpha:]]", "z"),
            ("a\\*", "a*"),
            ("[a", "[a"),
        ] {
            assert!(matches(pattern.as_bytes(), name.as_bytes()), "{pattern} {name}");
        }
    }

    #[test]
    fn pattern_does_not_match_other_names() {
        for (pattern, name) in [
            ("*.conf", "a.conf~"),
            ("*.conf", ".a.conf"),
            ("?a", ".a"),
            ("[.]a", ".a"),
            ("a*b", "abc"),
            ("[a-c]", "d"),
            ("[!a-c]", "b"),
            ("[c-a]", "b"),
            ("[[:digit:]]", "a"),
            ("A", "a"),
            ("a\\*", "ab"),
            ("a\\", "a\\"),
        ] {
            assert!(!matches(pattern.as_bytes(), name.as_bytes()), "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_long_time() {
        assert!(!matches("*a".repeat(50).as_bytes(), "a".repeat(49).as_bytes()));
        assert!(!matches(("a*".repeat(200) + "b").as_bytes(), "a".repeat(5000).as_bytes()));
    }

    fn tree(folder: &[u8]) -> Vec<Vec<u8>> {
        let names: &[&str] = match folder {
            b"/e/" | b"/e/./" => &["sites", "conf.d", "[x", "f"],
            b"/e/conf.d/" | b"/e/./conf.d/" => &["b.conf", "a.conf", "B.conf", ".c.conf", "d"],
            b"/e/sites/" | b"/e/./sites/" => &["a.conf"],
            b"" => &["z"],
            _ => &[],
        };
        names.iter().map(|name| name.as_bytes().to_vec()).collect()
    }

    fn expanded(pattern: &str) -> Vec<String> {
        expand(pattern.as_bytes(), tree).into_iter().map(|name| String::from_utf8(name).unwrap()).collect()
    }

    #[test]
    fn names_are_sorted_by_bytes_over_all_folders() {
        assert_eq!(expanded("/e/conf.d/*.conf"), ["/e/conf.d/B.conf", "/e/conf.d/a.conf", "/e/conf.d/b.conf"]);
        assert_eq!(expanded("/e/*/a.conf"), ["/e/conf.d/a.conf", "/e/sites/a.conf"]);
        assert_eq!(expanded("/e/./*/a.co*"), ["/e/./conf.d/a.conf", "/e/./sites/a.conf"]);
        assert_eq!(expanded("/e//sites/*"), Vec::<String>::new());
        assert_eq!(expanded("?"), ["z"]);
    }

    #[test]
    fn pattern_without_matches_means_nothing() {
        for pattern in ["/e/none/*", "/e/*/none", "/e/*/*/x", "/e/f/*", "/e/[y", ""] {
            assert!(expanded(pattern).iter().all(String::is_empty), "{pattern}");
        }
        assert_eq!(expanded("/e/[x"), ["/e/[x"]);
        assert_eq!(expanded("/e/conf.d/\\a.c[o]nf"), ["/e/conf.d/a.conf"]);
    }
}
