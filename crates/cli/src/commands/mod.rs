//! The commands, one module each.

mod check;
mod drift;
mod explain;
mod import;
mod law;
mod map;
mod migrate;
mod officer;
mod openapi;
mod request;
mod serve;
mod store;
mod verify;
mod work;

use clap::Subcommand;

use crate::{Context, End, demo};

pub use officer::generate as generate_password;
pub use serve::Worker;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// A whole company in one process: two stores, portal, console, worker, letters
    Demo(demo::Args),
    /// The web process, with a worker in it unless told otherwise
    Serve(serve::Args),
    /// A worker
    Work(work::Args),
    /// Bring the schema of the control database up to date
    Migrate,
    /// Read the configuration and the data maps, connect to everything, say what to fix
    Check,
    /// Look at the systems that hold data
    #[command(subcommand)]
    Store(store::Command),
    /// Make, follow and decide requests
    #[command(subcommand)]
    Request(request::Command),
    /// The laws that are known, and how a due date came about
    #[command(subcommand)]
    Law(law::Command),
    /// Check a package or a receipt offline
    Verify(verify::Args),
    /// Let officers in, or keep them out
    #[command(subcommand)]
    Officer(officer::Command),
    /// Print the description of the API (OpenAPI 3.1)
    Openapi,
}

impl Command {
    /// What is logged unless `RUST_LOG` says otherwise.
    pub fn log_level(&self) -> &'static str {
        match self {
            Command::Serve(_) | Command::Work(_) => "info",
            Command::Demo(_)
            | Command::Migrate
            | Command::Check
            | Command::Store(_)
            | Command::Request(_)
            | Command::Law(_)
            | Command::Verify(_)
            | Command::Officer(_)
            | Command::Openapi => "warn",
        }
    }

    pub async fn run(self, context: &Context) -> anyhow::Result<End> {
        match self {
            Command::Demo(args) => demo::run(context, args).await,
            Command::Serve(args) => serve::run(context, &args).await,
            Command::Work(args) => work::run(context, &args).await,
            Command::Migrate => migrate::run(context).await,
            Command::Check => check::run(context).await,
            Command::Store(command) => store::run(context, command).await,
            Command::Request(command) => request::run(context, command).await,
            Command::Law(command) => law::run(context, command).await,
            Command::Verify(args) => verify::run(context, &args),
            Command::Officer(command) => officer::run(context, command).await,
            Command::Openapi => openapi::run(context),
        }
    }
}
