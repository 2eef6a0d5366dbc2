//! Secret bytes that are wiped when dropped and never printed.

use std::fmt;

use zeroize::Zeroizing;

use crate::base64url;

/// Secret bytes: not comparable, not printable, wiped from memory when dropped.
///
/// As text a secret is the UTF-8 bytes as written, or `base64:…` (standard or url-safe alphabet,
/// padding optional), or `hex:…`.
///
/// # Example
/// ```
/// use gatewright::Secret;
/// let secret = Secret::from_text("hex:00ff").unwrap();
/// assert_eq!(secret.expose(), [0x00, 0xff]);
/// assert_eq!(format!("{secret:?}"), "Secret(2 bytes)");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes as they are.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads the text form of the policy file.
    ///
    /// # Errors
    /// Says what is wrong when `base64:` or `hex:` is not followed by that encoding; the text itself is not repeated.
    pub fn from_text(text: &str) -> Result<Self, &'static str> {
        if let Some(encoded) = text.strip_prefix("base64:") {
            return base64url::decode_lenient(encoded.as_bytes()).map(Self::from_bytes).ok_or("not valid base64 after `base64:`");
        }
        if let Some(digits) = text.strip_prefix("hex:") {
            return decode_hex(digits.as_bytes()).map(Self::from_bytes).ok_or("not valid hexadecimal after `hex:`");
        }
        Ok(Self::from_bytes(text.as_bytes().to_vec()))
    }

    /// Hands out the bytes; the one place to look for when auditing who sees a secret.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Returns how many bytes the secret has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret({} bytes)", self.0.len())
    }
}

/// A text that `Debug` leaves out: with it somebody could act as somebody else, or learn what they asked for.
#[derive(Clone, Default)]
pub(crate) struct Unprinted(String);

impl From<String> for Unprinted {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::ops::Deref for Unprinted {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Unprinted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "({} bytes)", self.0.len())
    }
}

/// Encodes as hexadecimal digits in lower case.
pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len().saturating_mul(2));
    for value in bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
        digits.push(char::from_digit(value.into(), 16).unwrap_or_default());
    }
    digits
}

/// Decodes hexadecimal digits in either case.
pub(crate) fn decode_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some((hex_value(*high)? << 4) | hex_value(*low)?)).collect()
}

/// Returns the value of one hexadecimal digit in either case.
pub(crate) fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_and_bytes_are_the_same() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(decode_hex(encode_hex(&bytes).as_bytes()), Some(bytes));
        assert_eq!(encode_hex(&[0x0a, 0xf0]), "0af0");
    }

    #[test]
    fn text_without_prefix_is_taken_as_written() {
        assert_eq!(Secret::from_text("s3cret é").unwrap().expose(), "s3cret é".as_bytes());
    }

    #[test]
    fn base64_is_read_in_both_alphabets() {
        assert_eq!(Secret::from_text("base64:+/8=").unwrap().expose(), Secret::from_text("base64:-_8").unwrap().expose());
    }

    #[test]
    fn wrong_encodings_are_refused_without_repeating_them() {
        for wrong in ["hex:0", "hex:zz", "base64:!!", "base64:a"] {
            assert!(!Secret::from_text(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn debug_shows_only_the_length() {
        assert_eq!(format!("{:?}", Secret::from_bytes(vec![1, 2, 3])), "Secret(3 bytes)");
    }
}
