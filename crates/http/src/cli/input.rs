//! An argument that may be `-`: then its text is on standard input, where no other user of the machine can read it.

use std::io::Read;

use crate::cli::failure::Failure;

/// Returns the argument, or what standard input holds.
///
/// # Errors
/// Standard input cannot be read, or is longer than any credential.
pub(crate) fn argument(argument: String) -> Result<String, Failure> {
    if argument != "-" {
        if argument.len() <= LONGEST_NAME && std::path::Path::new(&argument).is_file() {
            return Err(Failure::Usage(format!("`{argument}` is a file: to read it, write `- < {argument}`")));
        }
        return Ok(argument);
    }
    let mut text = String::new();
    let read = std::io::stdin().take(MOST_BYTES).read_to_string(&mut text);
    read.map_err(|error| Failure::Usage(format!("standard input cannot be read: {error}")))?;
    Ok(text)
}

/// In bytes; a longer argument is no file of anybody's.
const LONGEST_NAME: usize = 128;
/// A token is at most 64 KiB, a session 2,000 bytes.
const MOST_BYTES: u64 = 128 * 1024;
