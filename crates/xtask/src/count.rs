//! Counting tests by the closing lines of the test runners: cargo's, pytest, and Node.js's in TAP.

use std::ops::AddAssign;

/// How many tests ran, and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Ignored or filtered out: a test that does not run proves nothing, so it counts as failed in the end.
    pub(crate) skipped: u64,
}

impl Count {
    /// Reads one line of pytest, such as `1 failed, 214 passed, 2 skipped in 5.07s`; `None` if it is not the closing line.
    pub(crate) fn from_pytest(line: &str) -> Option<Self> {
        let (numbers, time) = line.trim_matches(['=', ' ']).rsplit_once(" in ")?;
        time.split([' ', '(']).next()?.strip_suffix('s')?.parse::<f64>().ok()?;
        let mut count = Self::default();
        for part in numbers.split(", ") {
            let (number, what) = part.split_once(' ')?;
            let number: u64 = number.parse().ok()?;
            match what {
                "passed" => count.passed = number,
                "failed" | "error" | "errors" | "xpassed" => count.failed += number,
                "skipped" | "deselected" | "xfailed" => count.skipped += number,
                _ => {} // warnings
            }
        }
        Some(count)
    }

    /// Reads one line of TAP's closing comments, such as `# pass 12`; `None` if it is none of those that count.
    pub(crate) fn from_tap(line: &str) -> Option<Self> {
        let (what, number) = line.strip_prefix("# ")?.split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        match what {
            "pass" => Some(Self { passed: number, ..Self::default() }),
            "fail" => Some(Self { failed: number, ..Self::default() }),
            "skipped" | "todo" | "cancelled" => Some(Self { skipped: number, ..Self::default() }),
            _ => None,
        }
    }

    /// Reads one line of cargo's; `None` if it is not a closing line.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let mut count = Self::default();
        for part in numbers.split("; ") {
            match part.split_once(' ').map(|(number, what)| (number.parse(), what)) {
                Some((Ok(number), "passed")) => count.passed = number,
                Some((Ok(number), "failed")) => count.failed = number,
                Some((Ok(number), "ignored" | "filtered out")) => count.skipped += number,
                _ => {}
            }
        }
        Some(count)
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_line_of_a_test_binary_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.09s";
        assert_eq!(Count::from_line(line), Some(Count { passed: 12, failed: 3, skipped: 3 }));
    }

    #[test]
    fn closing_line_of_pytest_is_counted() {
        let line = "1 failed, 214 passed, 2 skipped, 3 deselected, 1 warning, 1 error in 65.07s (0:01:05)";
        assert_eq!(Count::from_pytest(line), Some(Count { passed: 214, failed: 2, skipped: 5 }));
        assert_eq!(Count::from_pytest("215 passed in 5.85s"), Some(Count { passed: 215, failed: 0, skipped: 0 }));
        assert_eq!(Count::from_pytest("215 passed in this"), None);
        assert_eq!(Count::from_pytest("vectors in Python: 1242 decisions"), None);
    }

    #[test]
    fn closing_lines_of_tap_are_counted() {
        let lines =
            ["# tests 9", "# pass 5", "# fail 1", "# cancelled 1", "# skipped 1", "# todo 1", "# duration_ms 12.5", "ok 1 - x"];
        let mut count = Count::default();
        lines.iter().filter_map(|line| Count::from_tap(line)).for_each(|part| count += part);
        assert_eq!(count, Count { passed: 5, failed: 1, skipped: 3 });
    }

    #[test]
    fn other_lines_are_not_counted() {
        assert_eq!(Count::from_line("test tests::closing_line ... ok"), None);
        assert_eq!(Count::from_line("running 12 tests"), None);
    }
}
