//! Chores of the project, the same on every machine: `cargo xtask <chore>`.
//!
//! It builds, checks and tests; it deliberately knows nothing about what Habeas does.

// A chore talks to the person who runs it, and is told where things are by the environment.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

mod bench;
mod counts;
mod needs;
mod test;
mod tidy;
mod torture;

use std::{path::Path, process::ExitCode};

const USAGE: &str = "\
usage: cargo xtask <chore>

  test [PART] [ARGS]  all tests with a private PostgreSQL and MariaDB, or those of a part: sql;
               ARGS go to the test runner (`-p habeas-mail`, a part of a test's name) and leave
               the doc tests out
  bench NAME   a benchmark beside its baseline, built for release: sql [--small], engine
               [--small]
  torture [--minutes N] [--seed S] [--backend sqlite|postgres] [--scenario N]
               processes, databases, wires and mail fail while people use Habeas; then looks at
               what is left. One pass unless told for how long
  tidy         fast checks of the sources: sizes, leftovers, links, who depends on whom
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace");
    let done = match args.split_first() {
        Some((chore, rest)) if chore == "test" => test::run(root, rest),
        Some((chore, rest)) if chore == "bench" => bench::run(root, rest),
        Some((chore, rest)) if chore == "torture" => torture::run(root, rest),
        Some((chore, [])) if chore == "tidy" => tidy::run(root),
        Some(_) | None => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
