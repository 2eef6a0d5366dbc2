//! The operator's mistakes: what is wrong, where in the file, and what to write instead.

use std::fmt;

use super::document::Place;

/// A place in the file, counted from 1; columns count characters.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// The operator's mistake: what is wrong, where, and what to write instead.
///
/// # Example
/// ```
/// use gatewright::Config;
/// let error = Config::from_toml("version = 1\n\n[[rule]]\nid = \"a\"\nalow = \"anyone\"\n").unwrap_err();
/// assert_eq!(error.position().map(|place| (place.line, place.column)), Some((5, 1)));
/// assert_eq!(error.render("gatewright.toml"), "\
/// gatewright.toml:5:1: unknown key `alow` in `[[rule]]`; did you mean `allow`?
///   |
/// 5 | alow = \"anyone\"
///   | ^^^^
/// ");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    message: String,
    whereabouts: Whereabouts,
}

/// Something that is allowed but looks like a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    message: String,
    whereabouts: Whereabouts,
}

/// Where something stands, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Whereabouts {
    /// In a text: the position, the line and how many characters to underline.
    Text { position: Position, line: String, width: usize },
    /// Outside a text: a path into a value, or the name of an environment variable.
    Named(String),
}

impl ConfigError {
    pub(super) fn new(message: impl Into<String>, place: &Place, source: &str) -> Self {
        Self { message: message.into(), whereabouts: Whereabouts::find(place, source) }
    }

    /// Returns the sentence alone.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns where in the file; `None` if the configuration was no text.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.whereabouts.position()
    }

    /// Prints the error the way compilers do: the file's name, line and column, and a caret below the place.
    #[must_use]
    pub fn render(&self, file: &str) -> String {
        self.whereabouts.render(file, &self.message)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whereabouts.write(formatter, &self.message)
    }
}

impl std::error::Error for ConfigError {}

impl Warning {
    pub(super) fn new(message: impl Into<String>, place: &Place, source: &str) -> Self {
        Self { message: message.into(), whereabouts: Whereabouts::find(place, source) }
    }

    /// Returns the sentence alone.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns where in the file; `None` if the configuration was no text.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.whereabouts.position()
    }

    /// Prints the warning like an error, with the word `warning`.
    #[must_use]
    pub fn render(&self, file: &str) -> String {
        self.whereabouts.render(file, &format!("warning: {}", self.message))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whereabouts.write(formatter, &self.message)
    }
}

impl Whereabouts {
    fn find(place: &Place, source: &str) -> Self {
        let (start, end, secret) = match place {
            Place::Span { start, end } => (*start, *end, false),
            Place::Secret { start } => (*start, *start, true),
            Place::Named(name) => return Self::Named(name.clone()),
        };
        let start = char_boundary(source, start);
        let before = source.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
        let rest = source.get(line_start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let hidden = source.get(line_start..start).filter(|_| secret).map(|shown| format!("{shown}…"));
        let line = hidden.as_deref().unwrap_or(line);
        let column = source.get(line_start..start).map_or(0, |text| text.chars().count());
        let visible = line.chars().count().saturating_sub(column);
        let marked = source.get(start..char_boundary(source, end)).map_or(1, |text| text.chars().count());
        Self::Text {
            position: Position { line: before.matches('\n').count().saturating_add(1), column: column.saturating_add(1) },
            line: line.to_owned(),
            width: marked.clamp(1, visible.max(1)),
        }
    }

    fn position(&self) -> Option<Position> {
        match self {
            Self::Text { position, .. } => Some(*position),
            Self::Named(_) => None,
        }
    }

    fn write(&self, formatter: &mut fmt::Formatter<'_>, message: &str) -> fmt::Result {
        match self {
            Self::Text { position, .. } => write!(formatter, "{}:{}: {message}", position.line, position.column),
            Self::Named(name) if name.is_empty() => formatter.write_str(message),
            Self::Named(name) => write!(formatter, "{name}: {message}"),
        }
    }

    fn render(&self, file: &str, message: &str) -> String {
        match self {
            Self::Text { position: Position { line: number, column }, line, width } => {
                let margin = " ".repeat(number.to_string().len());
                // A tab stays a tab, so that the caret stands below its character.
                let indent: String =
                    line.chars().take(column.saturating_sub(1)).map(|it| if it == '\t' { '\t' } else { ' ' }).collect();
                let carets = "^".repeat(*width);
                format!("{file}:{number}:{column}: {message}\n{margin} |\n{number} | {line}\n{margin} | {indent}{carets}\n")
            }
            Self::Named(name) if name.is_empty() => format!("{file}: {message}\n"),
            Self::Named(name) => format!("{file}: {name}: {message}\n"),
        }
    }
}

/// Returns the nearest boundary between characters at or before a byte.
fn char_boundary(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len())).rev().find(|byte| text.is_char_boundary(*byte)).unwrap_or_default()
}
