//! Percent-encoding (RFC 3986 §2.1): one strict decoder for paths, queries and return addresses.

use std::borrow::Cow;

use crate::secret::hex_value;

/// What `+` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plus {
    /// Itself, as in a path.
    Literal,
    /// A space, as in a form-encoded query.
    Space,
}

/// Decodes every triplet once; `None` if a `%` does not begin one. Borrowed if there is nothing to decode.
pub(crate) fn decode(text: &[u8], plus: Plus) -> Option<Cow<'_, [u8]>> {
    if !text.iter().any(|byte| *byte == b'%' || (*byte == b'+' && plus == Plus::Space)) {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'%' => {
                let (value, after) = split_triplet(b'%', after)?;
                decoded.push(value);
                rest = after;
            }
            b'+' if plus == Plus::Space => decoded.push(b' '),
            other => decoded.push(*other),
        }
    }
    Some(Cow::Owned(decoded))
}

/// Returns the byte a triplet at the start of `text` stands for.
pub(crate) fn triplet(text: &[u8]) -> Option<u8> {
    let (first, after) = text.split_first()?;
    split_triplet(*first, after).map(|(value, _)| value)
}

/// Appends `text` with everything but RFC 3986's unreserved characters percent-encoded.
pub(crate) fn encode_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            push_triplet(out, byte);
        }
    }
}

/// Appends one byte as an upper-case triplet.
pub(crate) fn push_triplet(out: &mut String, byte: u8) {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase();
    out.extend(['%', digit(byte >> 4), digit(byte & 0x0f)]);
}

fn split_triplet(first: u8, after: &[u8]) -> Option<(u8, &[u8])> {
    match (first, after) {
        (b'%', [high, low, rest @ ..]) => Some(((hex_value(*high)? << 4) | hex_value(*low)?, rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triplets_are_decoded_once_and_strictly() {
        assert_eq!(decode(b"a%2Fb%2f%252F+", Plus::Literal).unwrap().as_ref(), b"a/b/%2F+");
        assert_eq!(decode(b"a+b%2B", Plus::Space).unwrap().as_ref(), b"a b+");
        assert!(matches!(decode(b"plain", Plus::Space), Some(Cow::Borrowed(_))));
        for wrong in ["%", "%2", "%zz", "a%+1", "%u002e", "%\u{ff12}f"] {
            assert_eq!(decode(wrong.as_bytes(), Plus::Literal), None, "{wrong}");
        }
    }

    #[test]
    fn everything_but_unreserved_is_encoded() {
        let mut out = String::new();
        encode_into(&mut out, "aZ9-._~/?&=é +%");
        assert_eq!(out, "aZ9-._~%2F%3F%26%3D%C3%A9%20%2B%25");
    }
}
