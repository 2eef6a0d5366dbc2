//! Reading one cookie out of the `Cookie` fields (RFC 6265 §4.2), strictly.

/// What the `Cookie` fields hold under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found<'r> {
    Absent,
    One(&'r [u8]),
    /// The same name with different values.
    Ambiguous,
}

impl<'r> Found<'r> {
    /// Joins what two places hold: the same value twice is one, different values are ambiguous.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Absent, found) | (found, Self::Absent) => found,
            (Self::One(value), Self::One(same)) if value == same => self,
            (Self::One(_) | Self::Ambiguous, Self::One(_) | Self::Ambiguous) => Self::Ambiguous,
        }
    }
}

/// Looks for `name`, compared byte for byte, in one `Cookie` field after the other.
///
/// Pairs end at `;`, only spaces and tabs around a pair are trimmed, the value is taken as sent (quotes included), and pairs
/// without `=` are passed over. One pass over the bytes.
pub(crate) fn find<'r>(fields: impl Iterator<Item = &'r [u8]>, name: &str) -> Found<'r> {
    let mut found = Found::Absent;
    for pair in fields.flat_map(|field| field.split(|byte| *byte == b';')) {
        let Some(value) = trim(pair).strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")) else { continue };
        found = found.and(Found::One(value));
    }
    found
}

/// Trims SP and HTAB; no other byte counts as white space here.
fn trim(mut pair: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = pair {
        pair = rest;
    }
    pair
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_in<'r>(fields: &[&'r str]) -> Found<'r> {
        find(fields.iter().map(|field| field.as_bytes()), "__Host-s")
    }

    #[test]
    fn one_cookie_is_found_among_others() {
        for fields in [
            &["__Host-s=ok"][..],
            &["a; b; __Host-s=ok"],
            &["=x;;;\t__Host-s=ok \t; z=\"1"],
            &["a=1", "b=2", "c=3;__Host-s=ok"],
            &["x=%;y=a,b; __Host-s=ok;q==="],
            &["=__Host-s=evil; __Host-s=ok"],
        ] {
            assert_eq!(find_in(fields), Found::One(b"ok"), "{fields:?}");
        }
    }

    #[test]
    fn the_value_is_taken_as_sent() {
        for (field, value) in
            [("__Host-s=\"a\"", "\"a\""), ("__Host-s=a=b,c%20", "a=b,c%20"), ("__Host-s=", ""), ("__Host-s= a", " a")]
        {
            assert_eq!(find_in(&[field]), Found::One(value.as_bytes()));
        }
    }

    #[test]
    fn names_are_compared_byte_for_byte() {
        for field in [
            "__host-s=x",
            "\u{2000}__Host-s=x",
            "\u{a0}__Host-s=x",
            "__Host-s =x",
            "__Host-s",
            "__Host-sx=x",
            "x__Host-s=x",
            "=__Host-s=x",
            "\"__Host-s\"=x",
            "a=1, __Host-s=x",
            "__Host%2ds=x",
            "\x0b__Host-s=x",
        ] {
            assert_eq!(find_in(&[field]), Found::Absent, "{field}");
        }
        assert_eq!(find_in(&["$Version=1; __Host-s=\"x\"; $Path=/"]), Found::One(b"\"x\""));
    }

    #[test]
    fn different_values_are_ambiguous_and_equal_ones_are_one() {
        assert_eq!(find_in(&["__Host-s=a; __Host-s=a", "__Host-s=a"]), Found::One(b"a"));
        assert_eq!(find_in(&["__Host-s=a; __Host-s=b"]), Found::Ambiguous);
        assert_eq!(find_in(&["__Host-s=a", "x=1; __Host-s="]), Found::Ambiguous);
        assert_eq!(find_in(&["__Host-s=a;__Host-s=b;__Host-s=b"]), Found::Ambiguous);
    }

    #[test]
    fn a_flood_of_cookies_is_one_pass() {
        let field = format!("{}__Host-s=ok", format!("c={}; ", "x".repeat(4_096)).repeat(100));
        assert_eq!(find_in(&[&field]), Found::One(b"ok"));
    }
}
