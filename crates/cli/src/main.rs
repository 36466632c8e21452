//! The binary `habeas`: one command per module, and the only place that names concrete connectors.
//!
//! Commands translate between a terminal and the engine; rules live below. Exit codes: 0 success,
//! 1 a failed result, 2 wrong use.

mod commands;
mod demo;
mod failure;
mod logging;
mod output;
mod signals;
mod stores;
mod world;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use habeas_config::{Config, Environment};

use commands::Command;
use output::Output;

/// Carries a person's privacy request to every system that holds their data, and hands back proof.
#[derive(Debug, Parser)]
#[command(name = "habeas", version, arg_required_else_help = true)]
struct Cli {
    /// One JSON value on stdout instead of text; log lines are JSON too
    #[arg(long, global = true)]
    json: bool,
    /// The configuration [default: $HABEAS_CONFIG, or habeas.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// How a command ended when nothing went wrong on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Success,
    /// The answer is no: a check found faults, a file does not verify.
    Failed,
}

/// What every command is given.
#[derive(Debug)]
pub struct Context {
    out: Output,
    config: PathBuf,
}

impl Context {
    fn load(&self) -> anyhow::Result<Config> {
        Ok(Config::load(&self.config)?)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = Environment::read();
    logging::start(
        cli.command.log_level(),
        environment.log.as_deref(),
        cli.json,
    );
    let config = cli.config.or(environment.config);
    let context = Context {
        out: Output::new(cli.json),
        config: config.unwrap_or_else(|| "habeas.toml".into()),
    };
    let ended = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(cli.command.run(&context)));
    match ended {
        Ok(End::Success) => ExitCode::SUCCESS,
        Ok(End::Failed) => ExitCode::FAILURE,
        Err(error) => {
            context.out.complain(&failure::in_one_line(&error));
            ExitCode::FAILURE
        }
    }
}
