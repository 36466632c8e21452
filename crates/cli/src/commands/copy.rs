//! `habeas copy`: the control database from SQLite to PostgreSQL. Offline: the file must not be in
//! use, and the target must be empty.

use anyhow::{Context as _, bail};
use habeas_config::{Config, Database, Secret, VaultPlace};
use habeas_storage::{
    Db, Location,
    copy::{self, Copied},
};
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::{Context, End, world};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The empty PostgreSQL database: env:NAME, file:path, or a URL without a password
    #[arg(long, value_name = "URL")]
    to: String,
}

pub async fn run(context: &Context, args: &Args) -> anyhow::Result<End> {
    let config = context.load()?;
    let Database::Sqlite(file) = &config.database else {
        bail!("the configured control database is not SQLite; there is nothing to copy");
    };
    if !file.exists() {
        bail!("{} is not there", file.display());
    }
    let to = target(&args.to)?;
    let from = world::location(&config);
    context.out.progress("opening both databases");
    // The file's lock is held to the end: no process can begin to work on it meanwhile.
    let source = spawn_blocking(move || Db::open(&from)).await??;
    let target = spawn_blocking(move || Db::open(&to)).await?;
    let target = target.context("the target")?;
    context.out.progress("copying, then comparing every row");
    let copied = copy::copy(&source, &target).await?;
    let tables: Vec<_> = copied
        .iter()
        .map(|table| json!({ "table": table.table, "rows": table.rows, "sha256": table.digest }))
        .collect();
    let value = json!({ "copied": true, "tables": tables, "also": also(&config) });
    context.out.result(&value, |_| in_words(&config, &copied));
    Ok(End::Success)
}

fn target(to: &str) -> anyhow::Result<Location> {
    let url = Secret::url(to).map_err(anyhow::Error::msg)?;
    let is_postgres = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.reveal().starts_with(scheme));
    if !is_postgres {
        bail!("--to leads to no postgres:// URL");
    }
    Ok(Location::Postgres(url.reveal().to_owned()))
}

/// What the database is worth nothing without.
fn also(config: &Config) -> Vec<String> {
    let data = &config.data;
    let mut places = [&data.root_key, &data.signing_seed, &data.keys]
        .map(|path| path.display().to_string())
        .to_vec();
    places.push(match &config.vault {
        VaultPlace::Folder(path) => path.display().to_string(),
        VaultPlace::S3(bucket) => format!("the bucket {}", bucket.name),
    });
    places
}

fn in_words(config: &Config, copied: &[Copied]) -> String {
    let mut text = String::new();
    for table in copied {
        let digest: String = table.digest.chars().take(16).collect();
        text += &format!("{:18} {:9} rows  {digest}…\n", table.table, table.rows);
    }
    text += "\nevery row is the same on both sides\n\nnow, before anything is started:\n\
             - write postgres = \"env:…\" instead of sqlite = \"…\" under [database]\n\
             - these are not in the database and must be where every worker finds them:\n";
    for path in also(config) {
        text += &format!("    {path}\n");
    }
    text + "- keep the SQLite file as a backup, and start nothing on it any more"
}
