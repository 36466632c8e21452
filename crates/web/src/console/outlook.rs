//! Stores that are not called at the moment, and requests that will be late as things stand.

use std::collections::BTreeSet;

use habeas_domain::RequestId;
use habeas_engine::{Engine, StoreOutlook, StoreState};

use crate::{
    fault::Fault,
    words::{Local, When},
};

/// One store that something is the matter with.
pub(super) struct Trouble {
    pub title: String,
    /// What is the matter, as the rest of a sentence that begins with the store.
    pub state: Option<String>,
    pub until: Option<When>,
    /// Requests that will be late there.
    pub late: usize,
    /// When the store will have done what is open.
    pub done: Option<When>,
}

pub(super) struct Outlook {
    pub troubles: Vec<Trouble>,
    pub at_risk: BTreeSet<RequestId>,
}

pub(super) async fn look(engine: &Engine) -> Result<Outlook, Fault> {
    let stores = engine.outlook().await?;
    let local = Local::new(&engine.site().timezone);
    Ok(Outlook {
        troubles: stores
            .iter()
            .filter_map(|store| Trouble::of(&local, store))
            .collect(),
        at_risk: stores.into_iter().flat_map(|store| store.at_risk).collect(),
    })
}

impl Trouble {
    fn of(local: &Local, store: &StoreOutlook) -> Option<Self> {
        let (state, until) = match &store.state {
            StoreState::Working => (None, None),
            StoreState::Resting { until, fails: 0 } => {
                (Some("asked for patience".to_owned()), Some(*until))
            }
            StoreState::Resting { until, fails } => {
                let state = format!("failed {fails} times in a row and is left alone");
                (Some(state), Some(*until))
            }
            StoreState::Probing => (Some("failed and is being tried again".to_owned()), None),
            StoreState::Paused { by, why, .. } => {
                (Some(format!("was paused by {by}: {why}")), None)
            }
        };
        let late = store.at_risk.len();
        (state.is_some() || late > 0).then(|| Self {
            title: store.title.clone(),
            state,
            until: until.map(|at| local.when(at)),
            late,
            done: store.done_at.filter(|_| late > 0).map(|at| local.when(at)),
        })
    }
}
