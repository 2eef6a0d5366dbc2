//! An argument that may be `-`: then its text is on standard input, where no other user of the machine can read it.

use std::io::Read;

use crate::cli::failure::Failure;

/// Returns the argument, or what standard input holds.
///
/// # Errors
/// Standard input cannot be read, or is longer than any credential.
pub(crate) fn argument(argument: String) -> Result<String, Failure> {
    if argument != "-" {
        return Ok(argument);
    }
    let mut text = String::new();
    let read = std::io::stdin().take(MOST_BYTES).read_to_string(&mut text);
    read.map_err(|error| Failure::Usage(format!("standard input cannot be read: {error}")))?;
    Ok(text)
}

/// A token is at most 64 KiB, a session 2,000 bytes.
const MOST_BYTES: u64 = 128 * 1024;
