//! How steps move: claimed under a lease, ended by whoever still holds it, taken back from the
//! dead. Every write after a claim names the epoch of that claim and must change exactly one row.

mod breaker;
mod claim;
mod effects;
mod gates;
mod moves;
mod officer;
mod workers;

use diesel::{dsl::exists, prelude::*};
use habeas_domain::StepId;
use jiff::Timestamp;

pub use breaker::{Breaker, Trouble};
pub use claim::{Order, claim};
pub use effects::{Effect, confirm, effect, intend, mark_verified};
pub use gates::{
    Gate, NewGate, Pause, Rate, gates, pause, register, resume, served, throttle, troubled,
};
pub use moves::{Failure, SPLIT, check_lease, complete, fail, give_back, park, wait};
pub use officer::{give_up, park_by_officer, unpark};
pub use workers::{Recovered, recover, recover_all, register_worker, renew, retire};

use crate::{DbError, DbResult, ReadTx, conn::to_db, schema::step, steps::State};

/// A claimed step: the right to work on it until the lease is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub step: StepId,
    pub epoch: i64,
}

fn exactly_one(changed: usize) -> DbResult<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(DbError::Fenced)
    }
}

/// Whether nothing is ready, running or due: what a test waits for, and what `work --until-idle`
/// asks.
pub fn is_idle(tx: &mut ReadTx<'_>, now: Timestamp) -> DbResult<bool> {
    let busy = step::state
        .eq(State::Running.as_str())
        .or(step::state.eq(State::Ready.as_str()));
    let due = step::state
        .eq_any([State::Delayed, State::Waiting].map(State::as_str))
        .and(step::not_before.le(to_db(now)));
    let found: bool = diesel::select(exists(
        step::table.filter(busy.nullable().or(due)).select(step::id),
    ))
    .get_result(tx.conn())?;
    Ok(!found)
}
