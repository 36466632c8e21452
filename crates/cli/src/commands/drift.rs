//! `habeas store discover --diff` and `--remember`: how a store has moved away from its map.

use anyhow::Context as _;
use habeas_config::Config;
use habeas_connector::{Drift, DriftKind};
use serde_json::json;

use crate::{Context, End, stores, world};

/// Fails when something that may be personal is not in the map.
pub async fn compare(context: &Context, store: &str) -> anyhow::Result<End> {
    let config = context.load()?;
    let report = world::store(&config, store)?.check().await?;
    let remembered = stores::schema_file(&map_file(&config, store)?).exists();
    let personal = report
        .drift
        .iter()
        .any(|drift| drift.kind == DriftKind::Personal);
    let value = json!({ "store": store, "remembered": remembered, "drift": report.drift });
    context.out.result(&value, |_| {
        let mut text: String = report.drift.iter().map(in_words).collect();
        if report.drift.is_empty() {
            text += "the map names everything that is there\n";
        }
        if !remembered {
            text += &format!(
                "types, foreign keys, triggers and partitions were not compared: keep the schema \
                 with 'habeas store discover {store} --remember'\n"
            );
        }
        text
    });
    Ok(if personal { End::Failed } else { End::Success })
}

/// Writes the schema beside the map. No row is read.
pub async fn remember(context: &Context, store: &str) -> anyhow::Result<End> {
    let config = context.load()?;
    let report = world::store(&config, store)?.check().await?;
    let schema = report
        .schema
        .context("this kind of store has no schema to keep")?;
    let file = stores::schema_file(&map_file(&config, store)?);
    let text = serde_json::to_string_pretty(&schema)? + "\n";
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    let value = json!({ "store": store, "file": file });
    context.out.result(&value, |_| {
        format!("{} holds the schema as it is now", file.display())
    });
    Ok(End::Success)
}

/// `drift.personal     public.customer.phone: looks like …`
pub fn in_words(drift: &Drift) -> String {
    format!(
        "{:17}  {}: {}\n",
        drift.kind.as_str(),
        place(drift),
        drift.message
    )
}

pub fn place(drift: &Drift) -> String {
    match &drift.column {
        Some(column) => format!("{}.{column}", drift.table),
        None => drift.table.clone(),
    }
}

pub fn map_file(config: &Config, store: &str) -> anyhow::Result<std::path::PathBuf> {
    for entry in &config.stores {
        if stores::one(entry)?.map().store.as_str() == store {
            return Ok(entry.map.clone());
        }
    }
    anyhow::bail!("no store '{store}' is configured")
}
