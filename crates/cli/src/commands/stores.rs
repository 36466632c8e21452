//! `habeas stores`: stop the calls to a store, or to all, and let them go on. Requests keep coming
//! in and their clocks go on; only the work on them waits.

use anyhow::Context as _;
use habeas_engine::{Stores, UseCaseError};
use serde_json::json;

use super::account;
use crate::{Context, End, world};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Send nothing more to a store; what runs goes on to its end
    Pause {
        #[command(flatten)]
        which: Which,
        /// For the audit trail
        #[arg(long)]
        reason: String,
    },
    /// Let calls go to a store again
    Resume {
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Debug, clap::Args)]
pub struct Which {
    /// A store, or habeas-mail for letters and habeas-desk for what needs no store
    #[arg(required_unless_present = "all")]
    store: Option<String>,
    /// Every store, letters included
    #[arg(long, conflicts_with = "store")]
    all: bool,
}

impl Which {
    fn stores(self) -> Stores {
        self.store.map_or(Stores::All, Stores::One)
    }
}

pub async fn run(context: &Context, command: Command) -> anyhow::Result<End> {
    let engine = world::open(&context.load()?).await?;
    let by = account::operator();
    let (which, changed, words) = match command {
        Command::Pause { which, reason } => {
            let stores = which.stores();
            let changed = engine.pause(&by, stores.clone(), &reason).await;
            (stores, changed, "paused")
        }
        Command::Resume { which } => {
            let stores = which.stores();
            let changed = engine.resume(&by, stores.clone()).await;
            (stores, changed, "resumed")
        }
    };
    let name = match &which {
        Stores::All => "every store",
        Stores::One(store) => store,
    };
    let changed = match changed {
        Err(UseCaseError::NotFound) => Err(UseCaseError::NotFound)
            .with_context(|| format!("no store '{name}' is registered"))?,
        changed => changed?,
    };
    let value = json!({ "store": name, "done": words, "changed": changed });
    context.out.result(&value, |_| match changed {
        0 => format!("{name}: was {words} already"),
        _ => format!("{name}: {words}"),
    });
    Ok(End::Success)
}
