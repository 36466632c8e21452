//! Workers and their leases: one row each, renewed while the process lives.

use diesel::prelude::*;
use habeas_domain::{StepId, WorkerId};
use jiff::Timestamp;

use crate::{
    DbError, DbResult, Tx,
    conn::{skip_locked, to_db},
    schema::{step, worker},
    steps::State,
};

/// Three workers died over it: it may be what killed them.
const CRASHES_BEFORE_PARKING: i64 = 3;
/// Steps taken back in one transaction.
const REAP_BATCH: i64 = 100;

pub fn register_worker(
    tx: &mut Tx<'_>,
    id: WorkerId,
    host: &str,
    version: &str,
    now: Timestamp,
    alive_until: Timestamp,
) -> DbResult<()> {
    diesel::insert_into(worker::table)
        .values((
            worker::id.eq(id.to_string()),
            worker::host.eq(host),
            worker::version.eq(version),
            worker::started_at.eq(to_db(now)),
            worker::alive_until.eq(to_db(alive_until)),
            worker::state.eq("alive"),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Renews the worker's lease. [`DbError::Fenced`] means that it was declared dead: it must stop
/// all its work.
pub fn renew(tx: &mut Tx<'_>, id: WorkerId, alive_until: Timestamp) -> DbResult<()> {
    let renewed = diesel::update(worker::table)
        .filter(worker::id.eq(id.to_string()))
        .filter(worker::state.eq("alive"))
        .set(worker::alive_until.eq(to_db(alive_until)))
        .execute(tx.conn())?;
    if renewed == 1 {
        Ok(())
    } else {
        Err(DbError::Fenced)
    }
}

/// A worker that stops in good order gives its steps back without a mark against them.
pub fn retire(tx: &mut Tx<'_>, id: WorkerId) -> DbResult<()> {
    let none: Option<String> = None;
    diesel::update(step::table)
        .filter(step::lease_owner.eq(id.to_string()))
        .filter(step::state.eq(State::Running.as_str()))
        .set((
            step::state.eq(State::Ready.as_str()),
            step::lease_owner.eq(&none),
            step::call.eq(&none),
            step::attempts.eq(step::attempts - 1),
            step::releases.eq(step::releases + 1),
        ))
        .execute(tx.conn())?;
    diesel::update(worker::table)
        .filter(worker::id.eq(id.to_string()))
        .set(worker::state.eq("dead"))
        .execute(tx.conn())?;
    Ok(())
}

/// A step that was taken back from a dead worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    pub step: StepId,
    pub parked: bool,
}

/// Declares workers dead whose lease has run out and takes their steps back, together with steps
/// that outlived their patience. One call serves at most 100 steps.
pub fn recover(tx: &mut Tx<'_>, now: Timestamp) -> DbResult<Vec<Recovered>> {
    let at = to_db(now);
    diesel::update(worker::table)
        .filter(worker::state.eq("alive"))
        .filter(worker::alive_until.lt(at))
        .set(worker::state.eq("dead"))
        .execute(tx.conn())?;
    take_back(tx, Some(at))
}

/// On the embedded database there is one process: whoever held a lease before is gone.
pub fn recover_all(tx: &mut Tx<'_>) -> DbResult<Vec<Recovered>> {
    diesel::update(worker::table)
        .filter(worker::state.eq("alive"))
        .set(worker::state.eq("dead"))
        .execute(tx.conn())?;
    take_back(tx, None)
}

fn take_back(tx: &mut Tx<'_>, late: Option<chrono::NaiveDateTime>) -> DbResult<Vec<Recovered>> {
    let dead: Vec<String> = worker::table
        .filter(worker::state.eq("dead"))
        .filter(
            worker::id.eq_any(
                step::table
                    .filter(step::state.eq(State::Running.as_str()))
                    .select(step::lease_owner.assume_not_null()),
            ),
        )
        .select(worker::id)
        .load(tx.conn())?;
    let lost: Vec<(String, i64)> = skip_locked!(
        tx.conn(),
        step::table
            .filter(step::state.eq(State::Running.as_str()))
            .filter(step::lease_owner.eq_any(&dead))
            .order(step::id)
            .limit(REAP_BATCH)
            .select((step::id, step::crashes))
    )?;
    let mut recovered = Vec::new();
    for (id, crashes) in lost {
        recovered.push(release(tx, &id, crashes + 1)?);
    }
    if let Some(at) = late {
        let overdue: Vec<(String, i64)> = skip_locked!(
            tx.conn(),
            step::table
                .filter(step::state.eq(State::Running.as_str()))
                .filter(step::run_deadline_at.lt(at))
                .order(step::id)
                .limit(REAP_BATCH)
                .select((step::id, step::crashes))
        )?;
        for (id, crashes) in overdue {
            recovered.push(release(tx, &id, crashes + 1)?);
        }
    }
    Ok(recovered)
}

fn release(tx: &mut Tx<'_>, id: &str, crashes: i64) -> DbResult<Recovered> {
    let parked = crashes >= CRASHES_BEFORE_PARKING;
    let state = if parked { State::Parked } else { State::Ready };
    let none: Option<String> = None;
    diesel::update(step::table)
        .filter(step::id.eq(id))
        .filter(step::state.eq(State::Running.as_str()))
        .set((
            step::state.eq(state.as_str()),
            step::parked_reason.eq(parked.then_some("poison")),
            step::lease_owner.eq(&none),
            step::call.eq(&none),
            step::crashes.eq(crashes),
            step::last_class.eq("crash"),
            step::last_message.eq("the worker died or ran out of time while it worked on this"),
        ))
        .execute(tx.conn())?;
    Ok(Recovered {
        step: id
            .parse()
            .map_err(|_| DbError::Corrupt { column: "step.id" })?,
        parked,
    })
}
