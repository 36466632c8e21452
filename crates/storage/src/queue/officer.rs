//! What an officer does to a step. Whoever calls writes the reason into the audit trail.

use diesel::prelude::*;
use habeas_domain::StepId;
use jiff::Timestamp;

use crate::{DbError, DbResult, Tx, conn::to_db, schema::step, steps::State};

/// An officer lets a parked or waiting step run now.
pub fn unpark(tx: &mut Tx<'_>, id: StepId) -> DbResult<()> {
    let none: Option<String> = None;
    let never: Option<chrono::NaiveDateTime> = None;
    let waiting = [State::Parked, State::Ready, State::Delayed].map(State::as_str);
    let changed = diesel::update(step::table)
        .filter(step::id.eq(id.to_string()))
        .filter(step::state.eq_any(waiting))
        .set((
            step::state.eq(State::Ready.as_str()),
            step::parked_reason.eq(&none),
            step::not_before.eq(never),
            step::crashes.eq(0),
        ))
        .execute(tx.conn())?;
    tx.wakes_workers();
    if changed == 1 {
        Ok(())
    } else {
        Err(DbError::Stale)
    }
}

/// An officer gives a parked step up: it ends as failed, and the answer will say so.
pub fn give_up(tx: &mut Tx<'_>, id: StepId, message: &str, now: Timestamp) -> DbResult<()> {
    let none: Option<String> = None;
    let changed = diesel::update(step::table)
        .filter(step::id.eq(id.to_string()))
        .filter(step::state.eq(State::Parked.as_str()))
        .set((
            step::state.eq(State::Failed.as_str()),
            step::parked_reason.eq(&none),
            step::outcome.eq("failed"),
            step::outcome_at.eq(to_db(now)),
            step::last_message.eq(message),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(DbError::Stale)
    }
}

/// An officer stops a step that has not begun, until somebody runs it again.
pub fn park_by_officer(tx: &mut Tx<'_>, id: StepId) -> DbResult<()> {
    let open = [State::Ready, State::Delayed, State::Waiting].map(State::as_str);
    let changed = diesel::update(step::table)
        .filter(step::id.eq(id.to_string()))
        .filter(step::state.eq_any(open))
        .set((
            step::state.eq(State::Parked.as_str()),
            step::parked_reason.eq("officer"),
        ))
        .execute(tx.conn())?;
    if changed == 1 {
        Ok(())
    } else {
        Err(DbError::Stale)
    }
}
