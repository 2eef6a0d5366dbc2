//! Where the Lua of a `*_by_lua_block` ends: OpenResty's lexer, which knows strings, comments and long brackets, and counts braces.

/// Finds the `}` that ends the Lua at the start of `text`; `None` if the text ends before.
///
/// As OpenResty: a string holds no line feed, escaped or not, so that a lone quote is like any other byte. Not as OpenResty: any
/// length is taken, where its lexer reads a string that crosses its buffer as if it were code.
pub(crate) fn end(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0_usize;
    // Up to where there is no closing quote, `"` and `'`, so that a line of escaped quotes is not searched again from each.
    let mut open = [0_usize; 2];
    loop {
        let rest = text.get(at..)?;
        let length = match rest.first()? {
            b'{' => {
                depth = depth.saturating_add(1);
                1
            }
            b'}' if depth == 0 => return Some(at),
            b'}' => {
                depth = depth.saturating_sub(1);
                1
            }
            b'[' => match long_bracket(rest) {
                Some(level) => closed(rest, level)?,
                None => 1,
            },
            b'-' if rest.starts_with(b"--") => {
                let comment = rest.get(2..).unwrap_or_default();
                match long_bracket(comment) {
                    Some(level) => closed(comment, level)?.saturating_add(2),
                    None => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
                }
            }
            quote @ (b'"' | b'\'') => {
                let [double, single] = &mut open;
                let open = if *quote == b'"' { double } else { single };
                if at < *open {
                    1
                } else {
                    string(rest, *quote).unwrap_or_else(|searched| {
                        *open = at.saturating_add(searched);
                        1
                    })
                }
            }
            _ => 1,
        };
        at = at.saturating_add(length);
    }
}

/// The number of `=` in a `[==[` at the start.
fn long_bracket(text: &[u8]) -> Option<usize> {
    let inner = text.strip_prefix(b"[")?;
    let level = inner.iter().take_while(|byte| **byte == b'=').count();
    (inner.get(level) == Some(&b'[')).then_some(level)
}

/// The length of what a long bracket of this level opens, both brackets included.
fn closed(text: &[u8], level: usize) -> Option<usize> {
    let mut at = level.saturating_add(2);
    loop {
        let found = text.get(at..)?.iter().position(|byte| *byte == b']')?;
        let behind = at.saturating_add(found).saturating_add(1);
        let equals = text.get(behind..)?.iter().take_while(|byte| **byte == b'=').count();
        let last = behind.saturating_add(equals);
        if equals == level && text.get(last) == Some(&b']') {
            return Some(last.saturating_add(1));
        }
        at = last;
    }
}

/// The length of a string at the start, quotes included. `Err` with what was searched, if a line feed or the end comes first.
fn string(text: &[u8], quote: u8) -> Result<usize, usize> {
    let mut at = 1_usize;
    loop {
        let next = at.saturating_add(1);
        match text.get(at) {
            Some(b'\n') | None => return Err(at.min(text.len())),
            Some(b'\\') if text.get(next) != Some(&b'\n') => at = next.saturating_add(1),
            Some(byte) if *byte == quote => return Ok(next),
            Some(_) => at = next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brace_ends_lua_outside_of_strings_comments_and_long_brackets() {
        for body in [
            "",
            "a = {{}, {b = {}}}",
            "a = '}' b = \"}\" c = '\\'}' d = \"\\\"}\"",
            "-- }\n",
            "---[[ }\n",
            "--[[ } ]=] } ]] -- ]] }\n",
            "a = [[ } ' \" -- ]] b = [==[ } ]] ]=] ]===] ]==]",
            "--[=[ } ]] ]=] x",
            "a = b[c[1]] ",
            "'it",
            "say(\"'}\")",
            "\"\\\\\" {}",
        ] {
            assert_eq!(end(format!("{body}}} more }}").as_bytes()), Some(body.len()), "{body}");
        }
    }

    #[test]
    fn string_does_not_go_past_its_line() {
        assert_eq!(end(b"a = 'x }\n'"), Some(7));
        assert_eq!(end(b"a = 'x\\\n}'"), Some(8));
    }

    #[test]
    fn lua_without_its_brace_has_no_end() {
        for open in ["", "{}", "{ }", "'}'", "--[[ }", "[=[ } ]]", "-- }", "\\", "'\\"] {
            assert_eq!(end(open.as_bytes()), None, "{open}");
        }
    }
}
