//! `habeas migrate`.

use serde_json::json;
use tokio::task::spawn_blocking;

use crate::{Context, End, world};

pub async fn run(context: &Context) -> anyhow::Result<End> {
    let config = context.load()?;
    let location = world::location(&config);
    spawn_blocking(move || world::database(&config)).await??;
    let words = format!("{location} is up to date");
    context.out.result(&json!({ "migrated": true }), |_| words);
    Ok(End::Success)
}
