//! The warning that a store has grown data which its map does not know.

use habeas_engine::{Engine, StoreDrift};

use crate::fault::Fault;

/// One store with something to look at.
pub(super) struct Warning {
    pub id: String,
    pub title: String,
    pub seen: String,
    pub places: Vec<Place>,
}

pub(super) struct Place {
    pub name: String,
    pub message: String,
}

/// Only what may be personal: the rest is for whoever keeps the map.
pub(super) async fn warnings(engine: &Engine) -> Result<Vec<Warning>, Fault> {
    let drifted = engine.drift().await?;
    let telling = drifted
        .iter()
        .filter(|store| store.personal().next().is_some());
    Ok(telling.map(|store| Warning::of(engine, store)).collect())
}

impl Warning {
    fn of(engine: &Engine, store: &StoreDrift) -> Self {
        let places = store.personal().map(|drift| Place {
            name: match &drift.column {
                Some(column) => format!("{}.{column}", drift.table),
                None => drift.table.clone(),
            },
            message: drift.message.clone(),
        });
        Self {
            id: store.store.to_string(),
            title: store.title.clone(),
            seen: engine
                .date_of(store.seen_at)
                .strftime("%-d %b %Y")
                .to_string(),
            places: places.collect(),
        }
    }
}
