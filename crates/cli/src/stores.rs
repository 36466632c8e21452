//! Which connectors there are. Nothing else in the workspace names one.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use habeas_config::{Config, Store, StoreKind};
use habeas_connector::{Connector, Look, Proposal, StoreError};
use habeas_connector_mysql::MysqlConnector;
use habeas_connector_postgres::PostgresConnector;
use habeas_connector_sql::{Catalogue, Options, PseudonymKey};
use habeas_connector_sqlite::SqliteConnector;
use habeas_domain::{StoreId, data_map::DataMap};

/// Every configured store. Nothing is opened yet.
pub fn all(config: &Config) -> anyhow::Result<Vec<Arc<dyn Connector>>> {
    let mut stores: Vec<Arc<dyn Connector>> = Vec::new();
    for store in &config.stores {
        let connector = one(store)?;
        let id = &connector.map().store;
        if stores.iter().any(|other| other.map().store == *id) {
            bail!(
                "{}: a store named '{id}' is configured already",
                store.map.display()
            );
        }
        stores.push(connector);
    }
    Ok(stores)
}

/// The connector of one store, by its map.
pub fn one(store: &Store) -> anyhow::Result<Arc<dyn Connector>> {
    let file = store.map.display().to_string();
    let text = fs::read_to_string(&store.map).with_context(|| format!("cannot read {file}"))?;
    let map = DataMap::parse(&file, &text)?;
    if map.store.as_str().starts_with("habeas-") {
        bail!("{file}: store: names beginning with 'habeas-' are taken; choose another");
    }
    let options = options(store, &file)?;
    let unusable = || format!("the store of {file} cannot be used");
    Ok(match &store.kind {
        StoreKind::Sqlite { path } => Arc::new(SqliteConnector::open(path, map, options)),
        StoreKind::Postgres { url } => {
            Arc::new(PostgresConnector::new(url.reveal(), map, options).with_context(unusable)?)
        }
        StoreKind::Mysql { url } => {
            Arc::new(MysqlConnector::new(url.reveal(), map, options).with_context(unusable)?)
        }
    })
}

fn options(store: &Store, file: &str) -> anyhow::Result<Options> {
    let usual = Options::default();
    let limits = &store.limits;
    let pseudonym_key = match &store.pseudonym_key {
        None => None,
        Some(key) => Some(PseudonymKey::new(key.reveal()).with_context(|| {
            format!(
                "the pseudonym_key of the store of {file} is shorter than {} characters",
                PseudonymKey::LEAST
            )
        })?),
    };
    Ok(Options {
        effect_table: store.effect_table,
        batch: limits.batch.map_or(usual.batch, |batch| batch as usize),
        chunk_rows: limits.chunk_rows.map(u64::from),
        share_cap: limits.share_cap.unwrap_or(usual.share_cap),
        connect_timeout: limits.connect_timeout.unwrap_or(usual.connect_timeout),
        statement_timeout: limits.statement_timeout.unwrap_or(usual.statement_timeout),
        lock_timeout: limits.lock_timeout.unwrap_or(usual.lock_timeout),
        pseudonym_key,
        seen: seen(&store.map)?,
    })
}

/// Where the schema is kept that a map was made against.
pub fn schema_file(map: &Path) -> PathBuf {
    map.with_extension("schema.json")
}

fn seen(map: &Path) -> anyhow::Result<Option<Arc<Catalogue>>> {
    let file = schema_file(map);
    let shown = file.display();
    match fs::read_to_string(&file) {
        Ok(text) => {
            let seen = serde_json::from_str(&text);
            let again = || {
                format!(
                    "{shown} cannot be read; write it again with 'habeas store discover --remember'"
                )
            };
            Ok(Some(Arc::new(seen.with_context(again)?)))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {shown}")),
    }
}

/// A first map of a store that has none yet.
pub async fn discover(kind: &StoreKind, name: StoreId, look: Look) -> Result<Proposal, StoreError> {
    let options = Options::default();
    match kind {
        StoreKind::Sqlite { path } => SqliteConnector::discover_at(path, name, options, look).await,
        StoreKind::Postgres { url } => {
            PostgresConnector::discover_at(url.reveal(), name, options, look).await
        }
        StoreKind::Mysql { url } => {
            MysqlConnector::discover_at(url.reveal(), name, options, look).await
        }
    }
}
