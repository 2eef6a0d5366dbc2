//! How far a run is, on a terminal.

use std::io::{self, IsTerminal as _, Write as _};

use gatewright_prove::prove::Progress;

/// A line on standard error that is written over and over, and gone at the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    is_shown: bool,
}

impl Bar {
    pub(super) fn new(quiet: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { is_shown: !quiet && !dumb && io::stderr().is_terminal() }
    }

    pub(super) fn show(self, progress: Progress<'_>) {
        if self.is_shown {
            Self::write(&line(progress.done, progress.of, progress.probe, progress.path));
        }
    }

    pub(super) fn clear(self) {
        if self.is_shown {
            Self::write("");
        }
    }

    fn write(line: &str) {
        let mut stderr = io::stderr().lock();
        // Whoever closed standard error does not want to see it.
        let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
    }
}

/// At most 79 characters, so that it stays one line.
fn line(done: usize, of: usize, probe: &str, path: &str) -> String {
    let share = |whole: usize| done.saturating_mul(whole).checked_div(of).unwrap_or(whole).min(whole);
    let filled = share(WIDTH);
    let (full, empty) = ("#".repeat(filled), ".".repeat(WIDTH.saturating_sub(filled)));
    let shown: String = path.chars().filter(|letter| letter.is_ascii_graphic()).take(LONGEST_PATH).collect();
    format!("[{full}{empty}] {:>3}% {probe} {shown}", share(100))
}

const WIDTH: usize = 24;
const LONGEST_PATH: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_says_how_much_is_done() {
        assert_eq!(line(0, 4, "P01", "/a"), format!("[{}]   0% P01 /a", ".".repeat(24)));
        assert_eq!(line(2, 4, "P09", ""), format!("[{}{}]  50% P09 ", "#".repeat(12), ".".repeat(12)));
        assert!(line(9, 4, "P19", &"/".repeat(999)).len() < 80 && line(0, 0, "P01", "\x1b").contains("100%"));
    }
}
