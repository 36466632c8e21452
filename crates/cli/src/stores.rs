//! Which connectors there are. Nothing else in the workspace names one.

use std::{fs, sync::Arc};

use anyhow::{Context as _, bail};
use habeas_config::{Config, Store, StoreKind};
use habeas_connector::{Connector, StoreError};
use habeas_connector_postgres::PostgresConnector;
use habeas_connector_sql::Options;
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
    let options = Options {
        effect_table: store.effect_table,
        ..Options::default()
    };
    Ok(match &store.kind {
        StoreKind::Sqlite { path } => Arc::new(SqliteConnector::open(path, map, options)),
        StoreKind::Postgres { url } => Arc::new(
            PostgresConnector::new(url.reveal(), map, options)
                .with_context(|| format!("the store of {file} cannot be used"))?,
        ),
    })
}

/// A first map of a store that has none yet.
pub async fn discover(kind: &StoreKind, name: StoreId) -> Result<DataMap, StoreError> {
    let options = Options::default();
    match kind {
        StoreKind::Sqlite { path } => SqliteConnector::discover_at(path, name, options).await,
        StoreKind::Postgres { url } => {
            PostgresConnector::discover_at(url.reveal(), name, options).await
        }
    }
}
