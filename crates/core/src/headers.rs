//! Header fields by name, without a copy, whatever map the caller keeps them in.

/// Header fields by name; the one thing a caller's own header map has to offer.
///
/// `name` is lower case. Every field of that name is handed to `each`, in order, so that a doubled field is seen. Names are
/// compared without regard to ASCII case and otherwise exactly: `X_User` is not `X-User`.
///
/// Pairs in an array, a slice or a `Vec` are headers, and so is `()`: none at all.
///
/// # Example
/// ```
/// use gatewright::Headers;
/// let headers = [("Cookie", "a=1"), ("cookie", "b=2")];
/// let mut seen = Vec::new();
/// headers.each("cookie", &mut |value| seen.push(value));
/// assert_eq!(seen, [b"a=1", b"b=2"]);
/// ```
pub trait Headers {
    /// Calls `each` with the value of every field called `name` (case-insensitively).
    fn each<'h>(&'h self, name: &str, each: &mut dyn FnMut(&'h [u8]));
}

impl Headers for () {
    fn each<'h>(&'h self, _: &str, _: &mut dyn FnMut(&'h [u8])) {}
}

impl<K: AsRef<[u8]>, V: AsRef<[u8]>, const N: usize> Headers for [(K, V); N] {
    fn each<'h>(&'h self, name: &str, each: &mut dyn FnMut(&'h [u8])) {
        each_pair(self, name, each);
    }
}

impl<K: AsRef<[u8]>, V: AsRef<[u8]>> Headers for &[(K, V)] {
    fn each<'h>(&'h self, name: &str, each: &mut dyn FnMut(&'h [u8])) {
        each_pair(self, name, each);
    }
}

impl<K: AsRef<[u8]>, V: AsRef<[u8]>> Headers for Vec<(K, V)> {
    fn each<'h>(&'h self, name: &str, each: &mut dyn FnMut(&'h [u8])) {
        each_pair(self, name, each);
    }
}

fn each_pair<'h, K: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &'h [(K, V)], name: &str, each: &mut dyn FnMut(&'h [u8])) {
    for (own_name, value) in pairs {
        if own_name.as_ref().eq_ignore_ascii_case(name.as_bytes()) {
            each(value.as_ref());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<'h>(headers: &'h dyn Headers, name: &str) -> Vec<&'h [u8]> {
        let mut values = Vec::new();
        headers.each(name, &mut |value| values.push(value));
        values
    }

    #[test]
    fn every_field_of_a_name_is_seen_in_order() {
        let pairs = vec![("X-User", "a"), ("x-user", "b"), ("X_User", "c"), ("X-User ", "d")];
        assert_eq!(values(&pairs, "x-user"), [b"a", b"b"]);
        assert_eq!(values(&pairs.as_slice(), "x-user"), [b"a", b"b"]);
        assert_eq!(values(&[("A".to_owned(), b"\xff".to_vec())], "a"), [b"\xff"]);
        assert!(values(&(), "a").is_empty());
    }
}
