//! `cargo xtask torture`. Exit codes: 0 nothing was violated, 1 something was, 2 wrong use.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to the person who runs it"
)]

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use habeas_torture::{rig::installation::Backend, run::Run};

/// Breaks everything around Habeas while people use it, and looks at what is left.
#[derive(Debug, Parser)]
#[command(name = "torture")]
struct Arguments {
    /// Go on for so long; one pass, a minute or two, unless given
    #[arg(long, default_value_t = 0)]
    minutes: u64,
    /// Chooses who is hit, when, and how; the time of day unless given
    #[arg(long)]
    seed: Option<u64>,
    /// Where the control database lives; both unless given
    #[arg(long)]
    backend: Option<Wanted>,
    /// Only the scenario with this number; may be given several times
    #[arg(long)]
    scenario: Vec<u8>,
    /// How many scenarios are played side by side
    #[arg(long, default_value_t = 8)]
    at_once: usize,
    /// This process is root in a mount namespace of its own (`unshare --mount`): disks can be filled
    #[arg(long)]
    may_mount: bool,
    /// The program to test; the one that lies beside this one unless given
    #[arg(long)]
    habeas: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wanted {
    Sqlite,
    Postgres,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("torture: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(given: Arguments) -> anyhow::Result<bool> {
    let habeas = match given.habeas {
        Some(path) => path.canonicalize().context("no program to test is there")?,
        None => std::env::current_exe()?.with_file_name("habeas"),
    };
    anyhow::ensure!(
        habeas.is_file(),
        "{} is not there; build it with 'cargo build -p habeas-cli'",
        habeas.display()
    );
    let run = Run {
        seed: given.seed.map_or_else(by_the_clock, Ok)?,
        backends: match given.backend {
            Some(Wanted::Sqlite) => vec![Backend::Sqlite],
            Some(Wanted::Postgres) => vec![Backend::Postgres],
            None => Backend::BOTH.to_vec(),
        },
        scenarios: given.scenario,
        time: Duration::from_secs(60 * given.minutes),
        at_once: given.at_once.max(1),
        may_mount: given.may_mount,
        habeas,
    };
    println!("seed {}", run.seed);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let table = runtime.block_on(run.play(|line| eprintln!("{line}")));
    println!("{table}");
    Ok(table.is_sound())
}

fn by_the_clock() -> anyhow::Result<u64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(now.as_secs())
}
