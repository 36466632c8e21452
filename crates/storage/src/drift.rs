//! How each store has moved away from its data map, as somebody saw it last. One row per store.

use diesel::prelude::*;
use jiff::Timestamp;

use crate::{
    DbResult, ReadTx, Tx,
    conn::{each, from_db, to_db},
    schema::store_drift,
};

/// What was seen of one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub store: String,
    pub at: Timestamp,
    /// JSON, as the engine wrote it.
    pub drift: String,
}

/// Keeps what was seen in place of what was seen before.
pub fn keep(tx: &mut Tx<'_>, seen: &Seen) -> DbResult<()> {
    let rest = (
        store_drift::seen_at.eq(to_db(seen.at)),
        store_drift::drift.eq(&seen.drift),
    );
    each!(tx.conn(), c => diesel::insert_into(store_drift::table)
        .values((store_drift::store_id.eq(&seen.store), rest))
        .on_conflict(store_drift::store_id)
        .do_update()
        .set(rest)
        .execute(c))?;
    Ok(())
}

/// Every store that somebody looked at, by name.
pub fn all(tx: &mut ReadTx<'_>) -> DbResult<Vec<Seen>> {
    let rows: Vec<(String, chrono::NaiveDateTime, String)> = store_drift::table
        .order(store_drift::store_id)
        .select((
            store_drift::store_id,
            store_drift::seen_at,
            store_drift::drift,
        ))
        .load(tx.conn())?;
    Ok(rows
        .into_iter()
        .map(|(store, at, drift)| Seen {
            store,
            at: from_db(at),
            drift,
        })
        .collect())
}
