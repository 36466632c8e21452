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
mod traces;
mod vault;
mod world;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use habeas_config::{Config, Environment, Operate};

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
    let out = Output::new(cli.json);
    let ended = run(cli, &out);
    match ended {
        Ok(End::Success) => ExitCode::SUCCESS,
        Ok(End::Failed) => ExitCode::FAILURE,
        Err(error) => {
            out.complain(&failure::in_one_line(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli, out: &Output) -> anyhow::Result<End> {
    let environment = Environment::read();
    let config = cli.config.or(environment.config);
    let config = config.unwrap_or_else(|| "habeas.toml".into());
    let runtime = tokio::runtime::Runtime::new()?;
    let _traces = logging::start(
        cli.command.log_level(),
        environment.log.as_deref(),
        cli.json,
        &operate(&cli.command, &config),
        runtime.handle(),
    )?;
    let context = Context {
        out: out.clone(),
        config,
    };
    runtime.block_on(cli.command.run(&context))
}

/// How the processes that stay are watched. A configuration that cannot be read is named by the
/// command itself, which reads it next.
fn operate(command: &Command, config: &Path) -> Operate {
    match command.stays() {
        true => Config::load(config)
            .map(|config| config.operate)
            .unwrap_or_default(),
        false => Operate::default(),
    }
}
