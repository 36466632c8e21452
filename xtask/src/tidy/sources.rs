//! Sizes and leftovers.

use super::{Finding, tree::Tree};

const MOST_LINES: usize = 600;

// In two pieces, so that this file does not find itself.
const LEFTOVERS: [&str; 3] = [
    concat!("to", "do!("),
    concat!("db", "g!("),
    concat!("unimple", "mented!("),
];
const MACHINE_PATHS: [&str; 4] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let rust = file.path.ends_with(".rs");
        let lines = file.text.lines().count();
        if rust && lines > MOST_LINES {
            findings.push(format!(
                "{}: {lines} lines; a file of ours holds one idea and at most {MOST_LINES}",
                file.path
            ));
        }
        for (number, line) in (1..).zip(file.text.lines()) {
            for leftover in LEFTOVERS
                .iter()
                .filter(|leftover| rust && line.contains(**leftover))
            {
                findings.push(format!(
                    "{}:{number}: left over from work in progress: {leftover}",
                    file.path
                ));
            }
            for path in MACHINE_PATHS
                .iter()
                .filter(|path| begins_a_path(line, path))
            {
                findings.push(format!(
                    "{}:{number}: a path of one machine: {path}",
                    file.path
                ));
            }
        }
    }
    findings
}

/// Not in the middle of an address or of a longer path.
fn begins_a_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        !line[..at].ends_with(|c: char| c.is_alphanumeric() || "./_-}*)".contains(c))
    })
}
