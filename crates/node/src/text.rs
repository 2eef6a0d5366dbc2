//! Text that came over the wire: one character of a JavaScript string is one byte.

use std::borrow::Cow;

/// Returns the ISO 8859-1 bytes of a text; `None` if it has a character beyond U+00FF, which no HTTP message can carry.
pub(crate) fn latin1(text: &str) -> Option<Cow<'_, [u8]>> {
    if text.is_ascii() {
        return Some(Cow::Borrowed(text.as_bytes()));
    }
    text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect::<Option<Vec<u8>>>().map(Cow::Owned)
}
