//! Colour, on a terminal and only there.

use std::io::{self, IsTerminal as _};

/// Paints text, or leaves it alone.
///
/// `NO_COLOR` (any value but an empty one), `TERM=dumb` and anything that is not a terminal turn colour off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// Returns the style for standard output.
    pub(crate) fn of_stdout() -> Self {
        Self::of(io::stdout().is_terminal())
    }

    /// Returns the style for standard error.
    pub(crate) fn of_stderr() -> Self {
        Self::of(io::stderr().is_terminal())
    }

    /// Paints what passed.
    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// Paints what failed.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// Paints what looks like a mistake.
    pub(crate) fn warning(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// Paints what the eye should find first.
    pub(crate) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Paints what may be skipped.
    pub(crate) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn of(terminal: bool) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { colour: terminal && !no_colour && !dumb }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_for_anything_but_a_terminal_is_left_alone() {
        assert_eq!(Style { colour: false }.bad("no"), "no");
        assert_eq!(Style::of(false).good("ok"), "ok");
    }

    #[test]
    fn text_for_a_terminal_ends_its_own_colour() {
        assert_eq!(Style { colour: true }.good("ok"), "\x1b[32mok\x1b[0m");
    }
}
