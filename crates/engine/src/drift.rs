//! Looks at the stores from time to time: what has changed since their maps were made is kept for
//! the officers to see. It changes no map and stops no request.

use habeas_connector::{Drift, DriftKind};
use habeas_domain::StoreId;
use habeas_storage::drift::{self, Seen};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{Engine, UseCaseError, engine::internal};

/// A store that is not any more as its map says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreDrift {
    pub store: StoreId,
    /// What people call the store.
    pub title: String,
    pub seen_at: Timestamp,
    pub drift: Vec<Drift>,
}

impl StoreDrift {
    /// What would be left out of an answer and survive an erasure.
    pub fn personal(&self) -> impl Iterator<Item = &Drift> {
        self.drift
            .iter()
            .filter(|drift| drift.kind == DriftKind::Personal)
    }
}

impl Engine {
    /// Compares every store with its map. A store that does not answer keeps what was seen of it
    /// before.
    pub async fn watch_stores(&self) -> Result<(), UseCaseError> {
        for (store, connector) in &self.0.connectors {
            let report = match connector.check().await {
                Ok(report) => report,
                Err(error) => {
                    warn!(store = %store, error = %error, "store {store} could not be compared with its map");
                    continue;
                }
            };
            if !report.drift.is_empty() {
                let count = report.drift.len();
                info!(store = %store, count, "store {store} differs from its map in {count} places");
            }
            let seen = Seen {
                store: store.to_string(),
                at: self.now(),
                drift: serde_json::to_string(&report.drift).map_err(internal)?,
            };
            self.write(move |tx| Ok(drift::keep(tx, &seen)?)).await?;
        }
        Ok(())
    }

    /// Configured stores that differ from their maps, as they were seen last.
    pub async fn drift(&self) -> Result<Vec<StoreDrift>, UseCaseError> {
        let seen = self.read(|tx| Ok(drift::all(tx)?)).await?;
        let mut drifted = Vec::new();
        for seen in seen {
            let configured = self.0.connectors.iter();
            let mut configured = configured.filter(|(store, _)| store.as_str() == seen.store);
            let Some((store, connector)) = configured.next() else {
                continue;
            };
            let drift: Vec<Drift> = serde_json::from_str(&seen.drift).map_err(internal)?;
            if !drift.is_empty() {
                drifted.push(StoreDrift {
                    store: store.clone(),
                    title: connector.map().title.clone(),
                    seen_at: seen.at,
                    drift,
                });
            }
        }
        Ok(drifted)
    }

    /// Looks at the stores every hour until told to stop.
    pub(crate) async fn keep_watch_on_stores(&self, stop: &CancellationToken) {
        let mut every = tokio::time::interval(std::time::Duration::from_secs(3600));
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = every.tick() => {}
            }
            let looked = tokio::select! {
                () = stop.cancelled() => return,
                looked = self.watch_stores() => looked,
            };
            if let Err(error) = looked {
                warn!(error = %error, "what was seen of the stores could not be kept");
            }
        }
    }
}
