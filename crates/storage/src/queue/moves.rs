//! The moves of a running step. Each is one fenced write that changes exactly one row.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{Lease, exactly_one};
use crate::{
    DbError, DbResult, Tx,
    conn::{locked, to_db},
    schema::{step, step_attempt},
    steps::State,
};

/// The row, as long as this lease stands.
macro_rules! held {
    ($lease:expr) => {
        step::table
            .filter(step::id.eq($lease.step.to_string()))
            .filter(step::lease_epoch.eq($lease.epoch))
            .filter(step::state.eq(State::Running.as_str()))
    };
}

fn end_attempt(
    tx: &mut Tx<'_>,
    lease: Lease,
    class: &str,
    code: &str,
    now: Timestamp,
) -> DbResult<()> {
    diesel::update(step_attempt::table)
        .filter(step_attempt::step_id.eq(lease.step.to_string()))
        .filter(step_attempt::lease_epoch.eq(lease.epoch))
        .set((
            step_attempt::ended_at.eq(to_db(now)),
            step_attempt::class.eq(class),
            step_attempt::code.eq(code),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Holds the step against the reaper and checks that the lease still stands.
pub fn check_lease(tx: &mut Tx<'_>, lease: Lease) -> DbResult<()> {
    let found: Vec<String> = locked!(tx.conn(), held!(lease).select(step::id))?;
    if found.len() == 1 {
        Ok(())
    } else {
        Err(DbError::Fenced)
    }
}

/// Ends a step in a final state, with its sealed result.
pub fn complete(
    tx: &mut Tx<'_>,
    lease: Lease,
    state: State,
    outcome: &str,
    result: Option<&[u8]>,
    now: Timestamp,
) -> DbResult<()> {
    debug_assert!(state.is_final(), "complete ends a step");
    let none: Option<String> = None;
    let changed = diesel::update(held!(lease))
        .set((
            step::state.eq(state.as_str()),
            step::lease_owner.eq(&none),
            step::call.eq(&none),
            step::outcome.eq(outcome),
            step::outcome_at.eq(to_db(now)),
            step::result.eq(result),
            step::last_class.eq(&none),
            step::last_code.eq(&none),
            step::last_message.eq(&none),
        ))
        .execute(tx.conn())?;
    exactly_one(changed)?;
    end_attempt(tx, lease, "done", outcome, now)
}

/// Why an attempt did not succeed. Words only: this is shown and logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub class: &'static str,
    pub code: String,
    pub message: String,
}

/// Gives a step back to the queue for a later try. `spent` tells whether the try counts.
pub fn fail(
    tx: &mut Tx<'_>,
    lease: Lease,
    failure: &Failure,
    not_before: Timestamp,
    spent: bool,
    now: Timestamp,
) -> DbResult<()> {
    let none: Option<String> = None;
    let refund = i64::from(!spent);
    let changed = diesel::update(held!(lease))
        .set((
            step::state.eq(State::Delayed.as_str()),
            step::lease_owner.eq(&none),
            step::call.eq(&none),
            step::not_before.eq(to_db(not_before)),
            step::attempts.eq(step::attempts - refund),
            step::last_class.eq(failure.class),
            step::last_code.eq(&failure.code),
            step::last_message.eq(&failure.message),
        ))
        .execute(tx.conn())?;
    exactly_one(changed)?;
    end_attempt(tx, lease, failure.class, &failure.code, now)
}

/// Stops a step until a person looks at it. Never discards.
pub fn park(
    tx: &mut Tx<'_>,
    lease: Lease,
    failure: &Failure,
    reason: &str,
    now: Timestamp,
) -> DbResult<()> {
    let none: Option<String> = None;
    let changed = diesel::update(held!(lease))
        .set((
            step::state.eq(State::Parked.as_str()),
            step::parked_reason.eq(reason),
            step::lease_owner.eq(&none),
            step::call.eq(&none),
            step::last_class.eq(failure.class),
            step::last_code.eq(&failure.code),
            step::last_message.eq(&failure.message),
        ))
        .execute(tx.conn())?;
    exactly_one(changed)?;
    end_attempt(tx, lease, failure.class, &failure.code, now)
}

/// The code of a step that goes again alone, because of another step of its call.
pub const SPLIT: &str = "split";

/// Hands a running step back at once, without a mark against it. The code says why; with
/// [`SPLIT`] it is claimed alone the next time.
pub fn give_back(tx: &mut Tx<'_>, lease: Lease, code: &str, now: Timestamp) -> DbResult<()> {
    let none: Option<String> = None;
    let changed = diesel::update(held!(lease))
        .set((
            step::state.eq(State::Ready.as_str()),
            step::lease_owner.eq(&none),
            step::call.eq(&none),
            step::attempts.eq(step::attempts - 1),
            step::releases.eq(step::releases + 1),
            step::last_code.eq(code),
        ))
        .execute(tx.conn())?;
    exactly_one(changed)?;
    end_attempt(tx, lease, "released", code, now)
}

/// The store has taken the work and needs time: asked again at `not_before`, or woken by whoever
/// does it. `handle` is sealed.
pub fn wait(
    tx: &mut Tx<'_>,
    lease: Lease,
    handle: &[u8],
    not_before: Option<Timestamp>,
    now: Timestamp,
) -> DbResult<()> {
    let none: Option<String> = None;
    let changed = diesel::update(held!(lease))
        .set((
            step::state.eq(State::Waiting.as_str()),
            step::lease_owner.eq(&none),
            step::call.eq(&none),
            step::handle.eq(handle),
            step::not_before.eq(not_before.map(to_db)),
            // To be asked again is no failure.
            step::attempts.eq(step::attempts - 1),
            step::crashes.eq(0),
        ))
        .execute(tx.conn())?;
    exactly_one(changed)?;
    end_attempt(tx, lease, "accepted", "waiting", now)
}
