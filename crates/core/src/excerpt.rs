//! Client text inside a sentence for the operator's log: escaped, and cut.

/// Writes `text` in backticks, as printable ASCII, at most [`MAX_BYTES`] of it.
pub(crate) fn excerpt(text: &[u8]) -> String {
    match text.get(..MAX_BYTES) {
        Some(start) if text.len() > MAX_BYTES => format!("`{}…`", start.escape_ascii()),
        _ => format!("`{}`", text.escape_ascii()),
    }
}

/// Enough to recognise what was sent, too little to flood a log.
const MAX_BYTES: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_text_is_escaped_and_cut() {
        assert_eq!(excerpt(b"a\r\n\x1b[31m\xff"), r"`a\r\n\x1b[31m\xff`");
        assert_eq!(excerpt(&[b'x'; 80]), format!("`{}`", "x".repeat(80)));
        assert_eq!(excerpt(&[b'x'; 81]), format!("`{}…`", "x".repeat(80)));
    }
}
