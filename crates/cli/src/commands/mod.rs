//! The commands, one module each.

mod account;
mod check;
mod copy;
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
mod steps;
mod store;
mod stores;
mod verify;
mod watched;
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
    /// Copy the control database from SQLite to an empty PostgreSQL, and compare the two
    Copy(copy::Args),
    /// Read the configuration and the data maps, connect to everything, say what to fix
    Check,
    /// Look at the systems that hold data
    #[command(subcommand)]
    Store(store::Command),
    /// Stop the calls to stores, and let them go on
    #[command(subcommand)]
    Stores(stores::Command),
    /// What waits in the queue: look at it, run it again, stop it
    #[command(subcommand)]
    Steps(steps::Command),
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
        if self.stays() { "info" } else { "warn" }
    }

    /// Whether it runs until it is told to stop, and is watched by machines meanwhile.
    pub fn stays(&self) -> bool {
        match self {
            Command::Serve(_) | Command::Work(_) => true,
            Command::Demo(_)
            | Command::Migrate
            | Command::Copy(_)
            | Command::Check
            | Command::Store(_)
            | Command::Stores(_)
            | Command::Steps(_)
            | Command::Request(_)
            | Command::Law(_)
            | Command::Verify(_)
            | Command::Officer(_)
            | Command::Openapi => false,
        }
    }

    pub async fn run(self, context: &Context) -> anyhow::Result<End> {
        match self {
            Command::Demo(args) => demo::run(context, args).await,
            Command::Serve(args) => serve::run(context, &args).await,
            Command::Work(args) => work::run(context, &args).await,
            Command::Migrate => migrate::run(context).await,
            Command::Check => check::run(context).await,
            Command::Copy(args) => copy::run(context, &args).await,
            Command::Store(command) => store::run(context, command).await,
            Command::Stores(command) => stores::run(context, command).await,
            Command::Steps(command) => steps::run(context, command).await,
            Command::Request(command) => request::run(context, command).await,
            Command::Law(command) => law::run(context, command).await,
            Command::Verify(args) => verify::run(context, &args),
            Command::Officer(command) => officer::run(context, command).await,
            Command::Openapi => openapi::run(context),
        }
    }
}
