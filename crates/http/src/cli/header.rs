//! Request headers of the command line: `'Name: value'`, `@FILE` and `-` for standard input.
//!
//! A file keeps a token out of the shell's history and out of the list of processes.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;

use crate::cli::failure::Failure;

/// Reads the arguments of an option in order into name and value pairs.
///
/// # Errors
/// A file cannot be read, or a line is no header. The text of a line is never repeated: it may be a secret.
pub(crate) fn read(
    option: &str,
    arguments: &[impl AsRef<OsStr>],
    mut stdin: impl Read,
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut fields = Vec::new();
    for argument in arguments {
        let bytes = argument.as_ref().as_encoded_bytes();
        if bytes == b"-" {
            let mut text = Vec::new();
            stdin
                .by_ref()
                .take(MOST_BYTES)
                .read_to_end(&mut text)
                .map_err(|error| Failure::Usage(format!("standard input cannot be read: {error}")))?;
            lines(&text, "standard input", &mut fields)?;
        } else if bytes.starts_with(b"@") {
            let name = argument.as_ref().to_str().and_then(|text| text.strip_prefix('@'));
            let path = Path::new(name.ok_or_else(|| Failure::Usage("the name after `@` is not UTF-8".to_owned()))?);
            let text = std::fs::read(path)
                .map_err(|error| Failure::Usage(format!("the headers in `{}` cannot be read: {error}", path.display())))?;
            lines(&text, &path.display().to_string(), &mut fields)?;
        } else {
            fields.push(field(bytes).ok_or_else(|| Failure::Usage(format!("a `{option}` is no header: {FORM}")))?);
        }
    }
    Ok(fields)
}

fn lines(text: &[u8], source: &str, fields: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.is_empty() {
            let number = index.saturating_add(1);
            fields.push(field(line).ok_or_else(|| Failure::Usage(format!("{source}:{number}: no header: {FORM}")))?);
        }
    }
    Ok(())
}

/// Reads one field (RFC 9110 §5): a token, a colon, and a value without the white space around it.
fn field(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty() && name.bytes().all(is_token_byte))?;
    let value = value.strip_prefix(b":")?.trim_ascii();
    (!value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'))).then(|| (name.to_owned(), value.to_vec()))
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

const FORM: &str = "write `Name: value`, `@FILE` or `-`";
/// Far above the 64 KiB that any server would take; only there so that a wrong pipe ends.
const MOST_BYTES: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn pairs(arguments: &[&str], stdin: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
        read("--header", arguments, stdin).map_err(|failure| failure.to_string())
    }

    fn pair(name: &str, value: &[u8]) -> (String, Vec<u8>) {
        (name.to_owned(), value.to_vec())
    }

    #[test]
    fn a_header_is_a_name_and_a_value_without_its_white_space() {
        assert_eq!(pairs(&["Accept:  text/html "], b""), Ok(vec![pair("Accept", b"text/html")]));
        assert_eq!(pairs(&["X-Empty:"], b""), Ok(vec![pair("X-Empty", b"")]));
    }

    #[test]
    fn repeated_headers_stay_two() {
        assert_eq!(pairs(&["A: 1", "A: 2"], b""), Ok(vec![pair("A", b"1"), pair("A", b"2")]));
    }

    #[test]
    fn standard_input_is_read_line_by_line() {
        assert_eq!(pairs(&["-"], b"A: 1\r\n\nB: \xff\n"), Ok(vec![pair("A", b"1"), pair("B", b"\xff")]));
    }

    #[test]
    fn a_line_that_is_no_header_is_named_but_not_repeated() {
        let error = pairs(&["-"], b"A: 1\nhunter2\n").unwrap_err();
        assert!(error.starts_with("standard input:2:") && !error.contains("hunter2"), "{error}");
        let error = pairs(&["hunter2"], b"").unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_name_with_a_space_is_no_header() {
        for wrong in ["A B: 1", ": 1", "A\t: 1", "é: 1"] {
            assert!(pairs(&[wrong], b"").is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_file_gives_its_lines() {
        let path = std::env::temp_dir().join(format!("gatewright-headers-{}", std::process::id()));
        std::fs::File::create(&path).unwrap().write_all(b"Cookie: a=b\n").unwrap();
        let found = pairs(&[&format!("@{}", path.display())], b"");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(found, Ok(vec![pair("Cookie", b"a=b")]));
    }
}
