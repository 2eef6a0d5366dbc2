//! Foreign text inside a log line: whatever a client sends, a line stays one line and a terminal stays calm.

/// Appends foreign bytes as the inside of a JSON string: quotes, backslashes and everything that a terminal, a line reader or a
/// browser could act on are escaped, broken UTF-8 becomes U+FFFD, and what is longer than [`MAX_TEXT`] is cut and marked.
pub(super) fn push(line: &mut String, text: &[u8]) {
    let (kept, cut) = match text.get(..MAX_TEXT) {
        Some(kept) if text.len() > MAX_TEXT => (kept, true),
        _ => (text, false),
    };
    if let (true, Ok(plain)) = (kept.iter().all(is_plain), std::str::from_utf8(kept)) {
        line.push_str(plain); // nearly every field is, and every decision writes several
    } else {
        push_escaped(line, kept);
    }
    if cut {
        line.push('…');
    }
}

fn is_plain(byte: &u8) -> bool {
    matches!(byte, b' '..=b'~') && *byte != b'"' && *byte != b'\\'
}

fn push_escaped(line: &mut String, text: &[u8]) {
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_char(line, character);
        }
        if !chunk.invalid().is_empty() {
            line.push('\u{fffd}');
        }
    }
}

fn push_char(line: &mut String, character: char) {
    match character {
        '"' => line.push_str("\\\""),
        '\\' => line.push_str("\\\\"),
        // C0, DEL, C1, line and paragraph separators, and the marks that turn the direction of writing.
        '\0'..='\x1f'
        | '\x7f'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => {
            use std::fmt::Write;
            let _ = write!(line, "\\u{:04x}", u32::from(character));
        }
        other => line.push(other),
    }
}

/// Bytes of one field that are logged; a path may have 8 KiB, and a queue of them would push out everything else.
pub(super) const MAX_TEXT: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &[u8]) -> String {
        let mut line = String::new();
        push(&mut line, text);
        line
    }

    #[test]
    fn nothing_breaks_out_of_the_line() {
        assert_eq!(escaped(b"a\"b\\c\r\nd\x1b[31m\x7f"), r#"a\"b\\c\u000d\u000ad\u001b[31m\u007f"#);
        assert_eq!(escaped("\u{85}\u{2028}\u{202e}é名".as_bytes()), "\\u0085\\u2028\\u202eé名");
        assert_eq!(escaped(b"a\xff\xc3b"), "a\u{fffd}\u{fffd}b");
    }

    #[test]
    fn every_byte_gives_valid_json() {
        let every: Vec<u8> = (0..=255).collect();
        assert!(serde_json::from_str::<String>(&format!("\"{}\"", escaped(&every))).is_ok());
    }

    #[test]
    fn long_text_is_cut_and_marked() {
        let line = escaped(&[b'a'; 3000]);
        assert_eq!(line.chars().count(), MAX_TEXT + 1);
        assert!(line.ends_with('…'));
        assert_eq!(escaped(&[b'a'; MAX_TEXT]).len(), MAX_TEXT);
    }
}
