//! Benchmarks: what a part of Habeas costs beside the same work done by hand, in the same run on the
//! same machine. `cargo xtask bench <name>` builds and runs them.
//!
//! A ratio says more than a time: 0.5 means half the speed of the baseline.

// A benchmark talks to the person who runs it, and is told where things are by its arguments.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

mod engine;
mod report;
mod sql;

use anyhow::bail;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["sql"] => sql::run(sql::FULL).await,
        ["sql", "--small"] => sql::run(sql::SMALL).await,
        ["engine"] => engine::run(engine::FULL).await,
        ["engine", "--small"] => engine::run(engine::SMALL).await,
        // The process whose memory is measured.
        ["sql-one-subject", url, file] => sql::one_subject(url, file.as_ref()).await,
        _ => bail!("usage: sql|engine [--small]"),
    }
}
