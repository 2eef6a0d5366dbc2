//! One value of a query (`application/x-www-form-urlencoded`), read strictly.

use std::borrow::Cow;

use crate::percent::{self, Plus};

/// The values of `name` in a query, names and values form-decoded once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum QueryValue {
    Absent,
    One(String),
    /// The name is repeated, or a name or this value cannot be decoded.
    Unclear,
}

/// Looks `name` up in one pass over the query; only `&` separates, and a name without `=` has an empty value.
pub(crate) fn query_value(query: &[u8], name: &str) -> QueryValue {
    let mut found = QueryValue::Absent;
    for pair in query.split(|byte| *byte == b'&') {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let raw_name = parts.next().unwrap_or_default();
        // A name that cannot be read could be the one we look for.
        let Some(own_name) = decode(raw_name) else { return QueryValue::Unclear };
        if own_name != name || pair.is_empty() {
            continue;
        }
        let Some(value) = decode(parts.next().unwrap_or_default()) else { return QueryValue::Unclear };
        if found != QueryValue::Absent {
            return QueryValue::Unclear;
        }
        found = QueryValue::One(value.into_owned());
    }
    found
}

fn decode(text: &[u8]) -> Option<Cow<'_, str>> {
    match percent::decode(text, Plus::Space)? {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_form_decoded_once() {
        let one = |value: &str| QueryValue::One(value.to_owned());
        assert_eq!(query_value(b"a=1&b=x+y%2B%252B&c", "b"), one("x y+%2B"));
        assert_eq!(query_value(b"a=1&%61b=2&&", "ab"), one("2"));
        assert_eq!(query_value(b"flag&a=b=c", "flag"), one(""));
        assert_eq!(query_value(b"flag&a=b=c", "a"), one("b=c"));
        assert_eq!(query_value(b"a=1;b=2", "a"), one("1;b=2"));
        assert_eq!(query_value("é=ü".as_bytes(), "é"), one("ü"));
    }

    #[test]
    fn case_counts_and_other_names_are_absent() {
        for query in ["", "A=1", "b=a", "a%20=1", "&&", "=x"] {
            assert_eq!(query_value(query.as_bytes(), "a"), QueryValue::Absent, "{query}");
        }
    }

    #[test]
    fn repeated_or_undecodable_is_unclear() {
        for query in ["a=1&a=1", "a&%61=2", "a=%zz", "a=%ff", "a=1&%zz=2", "%ff&a=1", "a=1&a=%"] {
            assert_eq!(query_value(query.as_bytes(), "a"), QueryValue::Unclear, "{query}");
        }
        assert_eq!(query_value(b"a=1&b=%zz", "a"), QueryValue::One("1".to_owned()));
    }
}
