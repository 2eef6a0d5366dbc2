//! The readings of an ambiguous path: what other programs could make of its forms.
//!
//! A reading is a list of segments, kept as one text with [`SEPARATOR`] between them, because the segments themselves may
//! hold slashes. An empty last segment is the one insignificant trailing slash.

use std::ops::ControlFlow;

use crate::percent;

/// Finds every reading that the transforms reach from `start`, without `start` itself; the trailing slash is left off.
///
/// The transforms (parameter cut, empty segment removed, slash or backslash split, `#` or `?` cut, triplets decoded again,
/// trailing dots cut) are each applied to the whole path, in every order, until nothing new appears.
///
/// # Errors
/// Says why no rule may accept the path: a reading has a dot segment, control bytes or invalid UTF-8, or there are too many.
pub(crate) fn all(start: &[impl AsRef<str>], trailing_slash: bool) -> Result<Vec<Vec<String>>, &'static str> {
    let mut first = start.iter().map(AsRef::as_ref).collect::<Vec<_>>().join("\0");
    if trailing_slash {
        first.push(SEPARATOR);
    }
    check(&first)?;
    let mut bytes = first.len();
    let mut readings = vec![first];
    let mut next = 0;
    while let Some(reading) = readings.get(next).cloned() {
        next = next.saturating_add(1);
        for transform in TRANSFORMS.iter().filter(|transform| (transform.applies)(&reading)) {
            let other = (transform.apply)(&reading)?;
            if readings.contains(&other) {
                continue;
            }
            check(&other)?;
            bytes = bytes.saturating_add(other.len());
            if readings.len() >= MAX_READINGS || bytes > MAX_TOTAL_BYTES {
                return Err("the path can be read in too many ways");
            }
            readings.push(other);
        }
    }
    let mut lists: Vec<Vec<String>> = readings.iter().map(|reading| segments(reading)).collect();
    let own = lists.swap_remove(0);
    lists.retain(|list| *list != own);
    lists.sort_unstable();
    lists.dedup();
    Ok(lists)
}

/// Whether a segment is `.`, `..` or becomes one or nothing when dots and spaces are cut.
pub(crate) fn is_dot_segment(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte == b'.' || byte == b' ')
}

fn check(reading: &str) -> Result<(), &'static str> {
    if reading.split(SEPARATOR).any(is_dot_segment) { Err("the path can be read with a dot segment") } else { Ok(()) }
}

fn segments(reading: &str) -> Vec<String> {
    let mut list: Vec<String> = reading.split(SEPARATOR).map(str::to_owned).collect();
    if list.last().is_some_and(String::is_empty) {
        list.pop();
    }
    list
}

/// One way in which a program could change a path.
struct Transform {
    /// A cheap test whether it could change anything here: most paths have one or two of the forms.
    applies: fn(&str) -> bool,
    apply: fn(&str) -> Result<String, &'static str>,
}

const TRANSFORMS: [Transform; 8] = [
    Transform {
        applies: |reading| reading.contains(';'),
        apply: |reading| Ok(each_segment(reading, |segment| segment.split(';').next().unwrap_or_default())),
    },
    Transform {
        applies: |reading| reading.starts_with(SEPARATOR) || reading.contains("\0\0"),
        apply: |reading| Ok(without_empty_segments(reading)),
    },
    Transform { applies: |reading| reading.contains('/'), apply: |reading| Ok(reading.replace('/', "\0")) },
    Transform { applies: |reading| reading.contains('\\'), apply: |reading| Ok(reading.replace('\\', "\0")) },
    Transform {
        applies: |reading| reading.contains('#'),
        apply: |reading| Ok(reading.split('#').next().unwrap_or_default().to_owned()),
    },
    Transform {
        applies: |reading| reading.contains('?'),
        apply: |reading| Ok(reading.split('?').next().unwrap_or_default().to_owned()),
    },
    Transform { applies: |reading| reading.contains('%'), apply: decode_again },
    Transform {
        applies: |reading| reading.contains(['.', ' ']),
        apply: |reading| Ok(each_segment(reading, |segment| segment.trim_end_matches(['.', ' ']))),
    },
];

fn each_segment<'t>(reading: &'t str, change: impl Fn(&'t str) -> &'t str) -> String {
    let mut changed = String::with_capacity(reading.len());
    for (index, segment) in reading.split(SEPARATOR).enumerate() {
        if index > 0 {
            changed.push(SEPARATOR);
        }
        changed.push_str(change(segment));
    }
    changed
}

fn without_empty_segments(reading: &str) -> String {
    let mut kept = reading.split(SEPARATOR).filter(|segment| !segment.is_empty()).collect::<Vec<_>>().join("\0");
    if !kept.is_empty() && reading.ends_with(SEPARATOR) {
        kept.push(SEPARATOR);
    }
    kept
}

/// Decodes the triplets there are; a `%` that begins none stays, as it does in programs that decode twice.
fn decode_again(reading: &str) -> Result<String, &'static str> {
    let mut decoded = Vec::with_capacity(reading.len());
    let mut rest = reading.as_bytes();
    let outcome = loop {
        let Some((first, after)) = rest.split_first() else { break ControlFlow::Continue(()) };
        match percent::triplet(rest) {
            Some(control) if control.is_ascii_control() => break ControlFlow::Break(()),
            Some(value) => {
                decoded.push(value);
                rest = rest.get(3..).unwrap_or_default();
            }
            None => {
                decoded.push(*first);
                rest = after;
            }
        }
    };
    if outcome.is_break() {
        return Err("the path holds a control byte when it is decoded twice");
    }
    String::from_utf8(decoded).map_err(|_| "the path is not UTF-8 when it is decoded twice")
}

/// Between segments: a byte that no decoded path holds.
const SEPARATOR: char = '\0';

/// Every combination of four forms; a path with more of them has no good reason to exist.
const MAX_READINGS: usize = 16;

/// Two readings of the longest path: every pattern of the file may be compared with each.
const MAX_TOTAL_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(segments: &[&str]) -> Vec<String> {
        all(segments, false).unwrap().into_iter().map(|list| format!("/{}", list.join("|"))).collect()
    }

    #[test]
    fn each_form_is_resolved() {
        assert_eq!(readings(&["a", "", "b"]), ["/a|b"]);
        assert_eq!(readings(&["a;x", "b"]), ["/a|b"]);
        assert_eq!(readings(&["a/b"]), ["/a|b"]);
        assert_eq!(readings(&["a\\b"]), ["/a|b"]);
        assert_eq!(readings(&["a#b", "c"]), ["/a"]);
        assert_eq!(readings(&["a?b", "c"]), ["/a"]);
        assert_eq!(readings(&["%61"]), ["/a"]);
        assert_eq!(readings(&["a. .", "b"]), ["/a|b"]);
    }

    #[test]
    fn forms_are_resolved_in_every_combination() {
        assert_eq!(readings(&["a/b\\c"]), ["/a|b|c", "/a|b\\c", "/a/b|c"]);
        assert_eq!(readings(&["a%252fb"]), ["/a|b", "/a%2fb", "/a/b"]);
        assert_eq!(readings(&["", "admin", ";x"]), ["/|admin", "/admin", "/admin|;x"]);
    }

    #[test]
    fn the_trailing_slash_is_not_an_empty_segment_of_its_own() {
        assert_eq!(all(&["a/"], false).unwrap(), [["a"]]);
        assert_eq!(all(&["a/"], true).unwrap(), [vec!["a"], vec!["a", ""]]);
        assert_eq!(all(&[";"], false).unwrap(), [Vec::<String>::new()]);
    }

    #[test]
    fn a_reading_with_a_dot_segment_is_refused() {
        for path in ["..;x", "a/../b", "..\\", "%2e%2e", "%252e", "..#", ".?", ". .", "%2e%3bx", "a/%2e.%2fb", " "] {
            assert!(all(&["x", path], false).is_err(), "{path}");
        }
    }

    #[test]
    fn emerging_control_bytes_and_invalid_utf8_are_refused() {
        for path in ["%00", "%2500", "%0a", "%7f", "%ff", "%c0%ae"] {
            assert!(all(&[path], false).is_err(), "{path}");
        }
    }

    #[test]
    fn too_many_readings_are_refused() {
        let long = "a;".repeat(4_000);
        assert!(all(&[long.as_str(), "x;#?/\\%61.", "", "y;#?/\\%61."], false).is_err());
        assert!(all(&["a;#?/\\%2525253b%61.", "", "b;#?/\\%61."], false).is_err());
    }
}
