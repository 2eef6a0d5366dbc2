//! Counting tests by the closing lines of cargo's test runner.

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
    /// Reads one line; `None` if it is not a closing line.
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
    fn other_lines_are_not_counted() {
        assert_eq!(Count::from_line("test tests::closing_line ... ok"), None);
        assert_eq!(Count::from_line("running 12 tests"), None);
    }
}
