//! What reading a file has at hand: the shell that reads references, and a place for warnings.

use std::fmt;

use super::document::{Node, Place, Problem};
use super::error::Warning;
use crate::secret::Secret;

/// Something outside the file that it refers to; the caller reads it (see [`Config::resolve`](crate::Config::resolve)).
///
/// # Example
/// ```
/// use gatewright::Reference;
/// assert_eq!(Reference::Env("SESSION_KEY".to_owned()).to_string(), "env:SESSION_KEY");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a shell must read every kind of reference")]
pub enum Reference {
    /// `env:NAME`: the text of an environment variable.
    Env(String),
    /// `file:PATH`, or the value of a key that is a path; relative to the folder of the policy file.
    File(String),
}

impl Reference {
    /// Reads `env:NAME` or `file:PATH`; anything else is no reference.
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("env", name)) => Some(Self::Env(name.to_owned())),
            Some(("file", path)) => Some(Self::File(path.to_owned())),
            _ => None,
        }
    }
}

/// Returns the path that the value of a key is, with or without `file:` in front.
pub(super) fn path(node: &Node) -> Result<&str, Problem> {
    node.text().map(|text| text.strip_prefix("file:").unwrap_or(text))
}

/// Points into the text that a value refers to, as far as it refers to one: `users.htpasswd: line 4: …`.
pub(super) fn problem_in(node: &Node, message: impl fmt::Display) -> Problem {
    let text = node.text().unwrap_or_default();
    match Reference::parse(text) {
        Some(Reference::File(path)) => node.problem(format!("{path}: {message}")),
        Some(variable @ Reference::Env(_)) => node.problem(format!("{variable}: {message}")),
        None => node.secret_problem(message.to_string()),
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(formatter, "env:{name}"),
            Self::File(path) => write!(formatter, "file:{path}"),
        }
    }
}

type Shell<'s> = &'s mut dyn FnMut(&Reference) -> Result<Vec<u8>, String>;

/// Collects, while a file is read, what it refers to and what looks wrong.
pub(super) struct Reader<'s> {
    shell: Option<Shell<'s>>,
    read: Vec<(Reference, Option<Vec<u8>>)>,
    unresolved: Option<(String, Place)>,
    warnings: Vec<Problem>,
    notes: Vec<Problem>,
}

impl<'s> Reader<'s> {
    /// Reads nothing outside the file.
    pub(super) fn without_shell() -> Self {
        Self { shell: None, read: Vec::new(), unresolved: None, warnings: Vec::new(), notes: Vec::new() }
    }

    /// Reads references through the shell.
    pub(super) fn with_shell(shell: Shell<'s>) -> Self {
        Self { shell: Some(shell), ..Self::without_shell() }
    }

    pub(super) fn warn(&mut self, message: impl Into<String>, place: &Place) {
        self.warnings.push(Problem::new(message, place));
    }

    /// Keeps advice about what has to be done outside the file, which no reader of the file can see.
    pub(super) fn note(&mut self, message: impl Into<String>, place: &Place) {
        self.notes.push(Problem::new(message, place));
    }

    pub(super) fn warnings(&self, source: &str) -> Vec<Warning> {
        findings(&self.warnings, source)
    }

    pub(super) fn notes(&self, source: &str) -> Vec<Warning> {
        findings(&self.notes, source)
    }

    pub(super) fn references(&self) -> Vec<Reference> {
        self.read.iter().map(|(reference, _)| reference.clone()).collect()
    }

    pub(super) fn unresolved(&self) -> Option<(String, Place)> {
        self.unresolved.clone()
    }

    /// Reads a reference; `None` if there is no shell to read it.
    pub(super) fn fetch(&mut self, reference: Reference, place: &Place) -> Result<Option<Vec<u8>>, Problem> {
        if let Some((_, bytes)) = self.read.iter().find(|(known, _)| *known == reference) {
            return Ok(bytes.clone());
        }
        let bytes = match &mut self.shell {
            Some(shell) => Some(shell(&reference).map_err(|message| Problem::new(message, place))?),
            None => {
                let message = format!("`{reference}` has not been read; resolve the configuration first");
                self.unresolved.get_or_insert_with(|| (message, place.clone()));
                None
            }
        };
        self.read.push((reference, bytes.clone()));
        Ok(bytes)
    }

    /// Reads the file that a key names.
    pub(super) fn file(&mut self, node: &Node) -> Result<Option<Vec<u8>>, Problem> {
        let path = path(node)?;
        if path.is_empty() {
            return Err(node.problem("expected the path of a file"));
        }
        self.fetch(Reference::File(path.to_owned()), &node.place)
    }

    /// Reads the text file that a key names.
    pub(super) fn text_file(&mut self, node: &Node) -> Result<Option<String>, Problem> {
        let Some(bytes) = self.file(node)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|_| node.problem("the file is not UTF-8 text"))
    }

    /// Reads a text that `env:NAME` or `file:PATH` refers to, or that stands in the file itself, which is worth a warning.
    pub(super) fn text(&mut self, node: &Node) -> Result<Option<String>, Problem> {
        let text = node.text()?;
        let Some(reference) = Reference::parse(text) else {
            self.warn("what others must not read stands in the file; write `file:PATH`", &node.secret_place());
            return Ok(Some(text.to_owned()));
        };
        let Some(bytes) = self.fetch(reference, &node.place)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|_| node.problem("it is not UTF-8 text"))
    }

    /// Reads a secret: `env:NAME`, `file:PATH`, or a literal, which is worth a warning.
    pub(super) fn secret(&mut self, node: &Node) -> Result<Option<Secret>, Problem> {
        let text = node.text()?;
        let Some(reference) = Reference::parse(text) else {
            self.warn("a secret stands in the file; write `env:NAME` or `file:PATH`", &node.secret_place());
            return Secret::from_text(text).map(Some).map_err(|message| node.secret_problem(message));
        };
        let Some(bytes) = self.fetch(reference, &node.place)? else { return Ok(None) };
        let text = str::from_utf8(&bytes)
            .map_err(|_| node.problem("the secret is not UTF-8; write its bytes as `base64:…` or `hex:…`"))?;
        Secret::from_text(text).map(Some).map_err(|message| node.problem(message))
    }
}

fn findings(problems: &[Problem], source: &str) -> Vec<Warning> {
    problems.iter().map(|problem| Warning::new(problem.message.clone(), &problem.place, source)).collect()
}

/// Reads `[revocations]`.
pub(super) fn revocations(node: &Node) -> Result<Reference, Problem> {
    let mut table = node.table("[revocations]")?;
    let file = table.require("file")?;
    let reference = Reference::File(path(file)?.to_owned());
    table.finish()?;
    Ok(reference)
}
