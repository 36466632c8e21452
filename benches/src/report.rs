//! The table that a benchmark ends with.

use std::time::Duration;

/// One measurement beside its baseline.
pub struct Line {
    pub what: String,
    pub ours: Duration,
    pub baseline: Duration,
    /// What the ratio should at least be.
    pub least: f64,
}

pub fn print(lines: &[Line]) {
    println!(
        "\n{:46} {:>9} {:>9} {:>7} {:>7}",
        "", "ours", "baseline", "ratio", "target"
    );
    for line in lines {
        let ratio = line.baseline.as_secs_f64() / line.ours.as_secs_f64();
        let verdict = if ratio >= line.least { "" } else { "  missed" };
        println!(
            "{:46} {:>7.2} s {:>7.2} s {:>7.2} {:>7.2}{verdict}",
            line.what,
            line.ours.as_secs_f64(),
            line.baseline.as_secs_f64(),
            ratio,
            line.least
        );
    }
}

pub fn print_limit(what: &str, measured: f64, most: f64, unit: &str) {
    let verdict = if measured <= most { "" } else { "  missed" };
    println!("{what:46} {measured:>7.1} {unit}, at most {most:.1} {unit}{verdict}");
}
