//! What a forecast is made from: work that is open at the stores, and how long calls took lately.
//! It counts and predicts nothing itself.

use std::collections::BTreeMap;

use diesel::prelude::*;
use habeas_domain::RequestId;
use jiff::{SignedDuration, Timestamp};

use crate::{
    DbError, DbResult, ReadTx,
    conn::{from_db, to_db},
    schema::{step, step_attempt},
    steps::State,
};

/// An open step, as far as a forecast needs to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub request: RequestId,
    pub due_at: Timestamp,
    /// When it may begin, if that is later.
    pub not_before: Option<Timestamp>,
}

/// The most open steps that one look reads: whoever is late beyond them is late already.
const MOST: i64 = 10_000;
/// Attempts whose time is remembered.
const LATELY: i64 = 2_000;

/// Open steps that are due before the horizon, by store, the most urgent first. Steps that wait for
/// a person are not among them: those are shown to one already.
pub fn open(tx: &mut ReadTx<'_>, horizon: Timestamp) -> DbResult<BTreeMap<String, Vec<Open>>> {
    type Row = (
        String,
        String,
        chrono::NaiveDateTime,
        Option<chrono::NaiveDateTime>,
    );
    let states = [State::Ready, State::Delayed, State::Running].map(State::as_str);
    let rows: Vec<Row> = step::table
        .filter(step::state.eq_any(states))
        .filter(step::due_at.lt(to_db(horizon)))
        .order((step::due_at, step::id))
        .limit(MOST)
        .select((
            step::store_id,
            step::request_id,
            step::due_at,
            step::not_before,
        ))
        .load(tx.conn())?;
    let mut open: BTreeMap<String, Vec<Open>> = BTreeMap::new();
    for (store, request, due_at, not_before) in rows {
        let corrupt = |_| DbError::Corrupt {
            column: "step.request_id",
        };
        open.entry(store).or_default().push(Open {
            request: request.parse().map_err(corrupt)?,
            due_at: from_db(due_at),
            not_before: not_before.map(from_db),
        });
    }
    Ok(open)
}

/// How long the last attempts that ended well took, by store, in no order.
pub fn durations(tx: &mut ReadTx<'_>) -> DbResult<BTreeMap<String, Vec<SignedDuration>>> {
    let rows: Vec<(String, chrono::NaiveDateTime, Option<chrono::NaiveDateTime>)> =
        step_attempt::table
            .inner_join(step::table)
            .filter(step_attempt::ended_at.is_not_null())
            .filter(step_attempt::class.eq("done"))
            .order(step_attempt::ended_at.desc())
            .limit(LATELY)
            .select((
                step::store_id,
                step_attempt::started_at,
                step_attempt::ended_at,
            ))
            .load(tx.conn())?;
    let mut took: BTreeMap<String, Vec<SignedDuration>> = BTreeMap::new();
    for (store, started, ended) in rows {
        let Some(ended) = ended else { continue };
        let duration = from_db(ended).duration_since(from_db(started));
        took.entry(store).or_default().push(duration);
    }
    Ok(took)
}
