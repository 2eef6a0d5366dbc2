//! Credentials as arguments: read from a file or standard input, so that nobody else sees them, and never printed.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use gatewright_prove::prove::Credential;

use crate::cli::failure::{Failure, warn};
use crate::cli::header;

/// Reads the credentials of a run.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// What was read, to tell two that are the same.
    seen: BTreeSet<Vec<String>>,
}

impl Reader {
    /// Reads the credential of an option.
    ///
    /// # Errors
    /// It is no header line, its file cannot be read, or another option has the same. What is in it is never repeated.
    pub(super) fn read(&mut self, option: &str, argument: &str) -> Result<Credential, Failure> {
        let instead = Self::source(option, argument)?;
        let argument = if is_input(argument) { "-" } else { argument };
        let fields = header::read(&format!("--{option}"), &[argument], io::stdin())?;
        let mut lines = Vec::new();
        for (name, value) in fields {
            let value = String::from_utf8(value);
            let value = value.map_err(|_| Failure::Usage(format!("a value of `--{option}` is not UTF-8")))?;
            lines.push(format!("{name}: {value}"));
        }
        let credential = Credential::new(&lines, &instead).map_err(|error| Failure::Usage(format!("`--{option}`: {error}")))?;
        if !self.seen.insert(lines) {
            return Err(Failure::Usage(format!("`--{option}` is the same credential as another: each is of somebody else")));
        }
        Ok(credential)
    }

    /// What stands for the credential wherever it would be printed, in the form that curl reads.
    fn source(option: &str, argument: &str) -> Result<String, Failure> {
        if is_input(argument) {
            return Ok("@-".to_owned());
        }
        if argument.starts_with('@') {
            return Ok(argument.to_owned());
        }
        if argument.len() <= LONGEST_NAME && Path::new(argument).is_file() {
            return Err(Failure::Usage(format!("`{argument}` is a file: to read it, write `--{option} @{argument}`")));
        }
        if option != "expired" {
            warn(&format!(
                "the credential of `--{option}` can be read by every user of this machine, and stays in the history of the shell: \
                 use `@FILE` or `-`"
            ));
        }
        Ok(format!("@{option}.txt"))
    }
}

/// Whether an argument stands for standard input: also as curl writes it, and so the lines of a report.
pub(super) fn is_input(argument: &str) -> bool {
    matches!(argument, "-" | "@-")
}

/// In bytes; a longer argument is no file of anybody's.
const LONGEST_NAME: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn error(option: &str, argument: &str) -> String {
        Reader::default().read(option, argument).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_header_line_is_not_repeated() {
        let text = error("allow", "hunter2");
        assert!(text.contains("--allow") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn file_without_its_sign_is_named() {
        let here = file!().rsplit('/').next().unwrap();
        let path = format!("src/cli/prove/{here}");
        assert!(error("allow", &path).contains(&format!("write `--allow @{path}`")));
    }

    #[test]
    fn two_people_have_two_credentials() {
        let mut reader = Reader::default();
        reader.read("expired", "Cookie: a=1").unwrap();
        assert!(reader.read("forbid", "cookie: a=1").is_ok());
        assert!(reader.read("second", "Cookie:  a=1").unwrap_err().to_string().contains("the same credential"));
    }

    #[test]
    fn credential_shows_only_where_it_came_from() {
        let credential = Reader::default().read("allow", "Cookie: a=hidden").unwrap();
        let text = format!("{credential:?}");
        assert!(text.contains("@allow.txt") && !text.contains("hidden"), "{text}");
    }
}
