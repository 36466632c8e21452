//! How many tests passed, read off the summary lines of cargo-nextest and of `cargo test`.

use std::{fmt, ops::AddAssign};

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub passed: u32,
    pub failed: u32,
    pub skipped: u32,
}

impl Counts {
    /// What a line of output adds: nothing, unless it is a summary.
    pub fn of_line(line: &str) -> Counts {
        // nextest: `Summary [ 6.1s] 7 tests run: 5 passed (1 slow), 1 failed, 1 timed out, 2 skipped`
        // cargo:   `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; …`
        // cargo's begins its line: nextest shows it indented, as output of a test that failed.
        let parts = if line.trim_start().starts_with("Summary [") {
            line.split_once(" run: ")
        } else if line.starts_with("test result: ") {
            line.split_once(". ")
        } else {
            None
        };
        let mut counts = Counts::default();
        for part in parts.map_or("", |(_, parts)| parts).split([',', ';']) {
            let Some((number, what)) = part.trim().split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<u32>() else {
                continue;
            };
            match what.split(" (").next().unwrap_or(what) {
                "passed" => counts.passed += number,
                "skipped" | "ignored" | "filtered out" => counts.skipped += number,
                "failed" | "timed out" | "exec failed" | "failed to execute" => {
                    counts.failed += number
                }
                _ => {}
            }
        }
        counts
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Counts) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.skipped += more.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, passed: u32, failed: u32, skipped: u32) {
        assert_eq!(
            Counts::of_line(line),
            Counts {
                passed,
                failed,
                skipped
            }
        );
    }

    #[test]
    fn summaries_of_nextest_are_counted() {
        check(
            "     Summary [   6.131s] 6 tests run: 6 passed, 0 skipped",
            6,
            0,
            0,
        );
        check("Summary [ 1.0s] 1 test run: 1 passed, 3 skipped", 1, 0, 3);
        check(
            "Summary [ 1.0s] 9 tests run: 5 passed (1 slow, 1 leaky), 2 failed, 1 timed out, 1 exec failed, 2 skipped",
            5,
            4,
            2,
        );
        check(
            "Summary [ 1.0s] 4/9 tests run: 3 passed, 1 failed, 0 skipped",
            3,
            1,
            0,
        );
    }

    #[test]
    fn summaries_of_cargo_are_counted() {
        check(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
            3,
            0,
            3,
        );
        check(
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            1,
            2,
            0,
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        check("PASS [ 0.1s] (1/6) 5 passed, 3 failed", 0, 0, 0);
        check("running 3 tests", 0, 0, 0);
        check(
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured",
            0,
            0,
            0,
        );
    }
}
