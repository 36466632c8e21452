//! How steps move: claimed under a lease, ended by whoever still holds it, taken back from the
//! dead. Every write after a claim names the epoch of that claim and must change exactly one row.

use diesel::{dsl::count_star, prelude::*};
use habeas_domain::{StepId, WorkerId};
use jiff::{SignedDuration, Timestamp};

use crate::{
    DbError, DbResult, ReadTx, Tx,
    conn::{each, from_db, locked, skip_locked, to_db},
    schema::{effect, step, step_attempt, store_gate, worker},
    steps::{Row, State, Step},
};

/// A claimed step: the right to work on it until the lease is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub step: StepId,
    pub epoch: i64,
}

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
        ))
        .execute(tx.conn())?;
    diesel::update(worker::table)
        .filter(worker::id.eq(id.to_string()))
        .set(worker::state.eq("dead"))
        .execute(tx.conn())?;
    Ok(())
}

/// Takes up to `slots` of the most urgent ready steps of these stores, within each store's limit.
///
/// The gates are locked first; the count below is a statement of its own, because it has to see
/// what was true after the lock.
pub fn claim(
    tx: &mut Tx<'_>,
    stores: &[String],
    me: WorkerId,
    slots: i64,
    patience: SignedDuration,
    now: Timestamp,
) -> DbResult<Vec<Step>> {
    let at = to_db(now);
    let gates: Vec<(String, i64, Option<chrono::NaiveDateTime>)> = skip_locked!(
        tx.conn(),
        store_gate::table
            .filter(store_gate::store_id.eq_any(stores))
            .order(store_gate::store_id)
            .select((
                store_gate::store_id,
                store_gate::max_running,
                store_gate::next_ok_at,
            ))
    )?;
    let mut heads: Vec<(chrono::NaiveDateTime, String)> = Vec::new();
    for (store, max_running, next_ok_at) in gates {
        if next_ok_at.is_some_and(|next| next > at) {
            continue;
        }
        let running: i64 = step::table
            .filter(step::store_id.eq(&store))
            .filter(step::state.eq(State::Running.as_str()))
            .select(count_star())
            .first(tx.conn())?;
        let room = (max_running - running).min(slots);
        if room <= 0 {
            continue;
        }
        let found: Vec<(chrono::NaiveDateTime, String)> = skip_locked!(
            tx.conn(),
            step::table
                .filter(step::store_id.eq(&store))
                .filter(step::state.eq(State::Ready.as_str()))
                .filter(step::not_before.is_null().or(step::not_before.le(at)))
                .order((step::due_at, step::id))
                .limit(room)
                .select((step::due_at, step::id))
        )?;
        heads.extend(found);
    }
    // Earliest deadline first across the stores.
    heads.sort();
    heads.truncate(usize::try_from(slots).unwrap_or(0));
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    let picked: Vec<&String> = heads.iter().map(|(_, id)| id).collect();
    let deadline = to_db(now + patience);
    diesel::update(step::table)
        .filter(step::id.eq_any(&picked))
        .filter(step::state.eq(State::Ready.as_str()))
        .set((
            step::state.eq(State::Running.as_str()),
            step::lease_epoch.eq(step::lease_epoch + 1),
            step::attempts.eq(step::attempts + 1),
            step::lease_owner.eq(me.to_string()),
            step::run_deadline_at.eq(deadline),
        ))
        .execute(tx.conn())?;
    let rows: Vec<Row> = step::table
        .filter(step::id.eq_any(&picked))
        .filter(step::lease_owner.eq(me.to_string()))
        .order((step::due_at, step::id))
        .select(Row::as_select())
        .load(tx.conn())?;
    let claimed: Vec<Step> = rows
        .into_iter()
        .map(Step::try_from)
        .collect::<DbResult<_>>()?;
    for step in &claimed {
        diesel::insert_into(step_attempt::table)
            .values((
                step_attempt::step_id.eq(step.id.to_string()),
                step_attempt::lease_epoch.eq(step.lease_epoch),
                step_attempt::worker_id.eq(me.to_string()),
                step_attempt::started_at.eq(at),
            ))
            .execute(tx.conn())?;
    }
    Ok(claimed)
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
    let found: Vec<String> = locked!(
        tx.conn(),
        step::table
            .filter(step::id.eq(lease.step.to_string()))
            .filter(step::lease_epoch.eq(lease.epoch))
            .filter(step::state.eq(State::Running.as_str()))
            .select(step::id)
    )?;
    if found.len() == 1 {
        Ok(())
    } else {
        Err(DbError::Fenced)
    }
}

fn exactly_one(changed: usize) -> DbResult<()> {
    if changed == 1 {
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
    let changed = diesel::update(step::table)
        .filter(step::id.eq(lease.step.to_string()))
        .filter(step::lease_epoch.eq(lease.epoch))
        .filter(step::state.eq(State::Running.as_str()))
        .set((
            step::state.eq(state.as_str()),
            step::lease_owner.eq(&none),
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
    let changed = diesel::update(step::table)
        .filter(step::id.eq(lease.step.to_string()))
        .filter(step::lease_epoch.eq(lease.epoch))
        .filter(step::state.eq(State::Running.as_str()))
        .set((
            step::state.eq(State::Ready.as_str()),
            step::lease_owner.eq(&none),
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
    let changed = diesel::update(step::table)
        .filter(step::id.eq(lease.step.to_string()))
        .filter(step::lease_epoch.eq(lease.epoch))
        .filter(step::state.eq(State::Running.as_str()))
        .set((
            step::state.eq(State::Parked.as_str()),
            step::parked_reason.eq(reason),
            step::lease_owner.eq(&none),
            step::last_class.eq(failure.class),
            step::last_code.eq(&failure.code),
            step::last_message.eq(&failure.message),
        ))
        .execute(tx.conn())?;
    exactly_one(changed)?;
    end_attempt(tx, lease, failure.class, &failure.code, now)
}

/// Lets the whole store rest until an instant, because it asked for patience.
pub fn throttle(tx: &mut Tx<'_>, store: &str, until: Timestamp) -> DbResult<()> {
    diesel::update(store_gate::table)
        .filter(store_gate::store_id.eq(store))
        .set(store_gate::next_ok_at.eq(to_db(until)))
        .execute(tx.conn())?;
    Ok(())
}

/// An officer lets a parked or waiting step run now.
pub fn unpark(tx: &mut Tx<'_>, id: StepId) -> DbResult<()> {
    let none: Option<String> = None;
    let never: Option<chrono::NaiveDateTime> = None;
    let waiting = [State::Parked, State::Ready].map(State::as_str);
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

/// What is known of an effect on the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    pub key: String,
    pub intent_epoch: i64,
    pub confirmed_at: Option<Timestamp>,
    pub verified_at: Option<Timestamp>,
}

/// Writes down that a call is about to change the world. A fenced write, made right before the
/// call, so it doubles as a lease check. True when an earlier attempt had already intended it.
pub fn intend(tx: &mut Tx<'_>, lease: Lease, key: &str, now: Timestamp) -> DbResult<bool> {
    check_lease(tx, lease)?;
    let before = effect(tx, lease.step)?;
    each!(tx.conn(), c => diesel::insert_into(effect::table)
        .values((
            effect::step_id.eq(lease.step.to_string()),
            effect::effect_key.eq(key),
            effect::intent_epoch.eq(lease.epoch),
            effect::intent_at.eq(to_db(now)),
        ))
        .on_conflict(effect::step_id)
        .do_update()
        .set(effect::intent_epoch.eq(lease.epoch))
        .execute(c))?;
    Ok(before.is_some())
}

/// Writes down that the call returned. Part of the transaction that ends the step.
pub fn confirm(tx: &mut Tx<'_>, step: StepId, now: Timestamp) -> DbResult<()> {
    let changed = diesel::update(effect::table)
        .filter(effect::step_id.eq(step.to_string()))
        .set(effect::confirmed_at.eq(to_db(now)))
        .execute(tx.conn())?;
    exactly_one(changed)
}

/// Writes down that the post-condition was seen.
pub fn mark_verified(tx: &mut Tx<'_>, step: StepId, now: Timestamp) -> DbResult<()> {
    let changed = diesel::update(effect::table)
        .filter(effect::step_id.eq(step.to_string()))
        .set(effect::verified_at.eq(to_db(now)))
        .execute(tx.conn())?;
    exactly_one(changed)
}

pub fn effect(tx: &mut ReadTx<'_>, step: StepId) -> DbResult<Option<Effect>> {
    type Row = (
        String,
        i64,
        Option<chrono::NaiveDateTime>,
        Option<chrono::NaiveDateTime>,
    );
    let row: Option<Row> = effect::table
        .filter(effect::step_id.eq(step.to_string()))
        .select((
            effect::effect_key,
            effect::intent_epoch,
            effect::confirmed_at,
            effect::verified_at,
        ))
        .first(tx.conn())
        .optional()?;
    Ok(
        row.map(|(key, intent_epoch, confirmed_at, verified_at)| Effect {
            key,
            intent_epoch,
            confirmed_at: confirmed_at.map(from_db),
            verified_at: verified_at.map(from_db),
        }),
    )
}

/// Whether anything is ready or running: what a test waits for, and what `work --until-idle` asks.
pub fn is_idle(tx: &mut ReadTx<'_>, now: Timestamp) -> DbResult<bool> {
    let busy: i64 = step::table
        .filter(
            step::state
                .eq(State::Running.as_str())
                .or(step::state.eq(State::Ready.as_str()).and(
                    step::not_before
                        .is_null()
                        .or(step::not_before.le(to_db(now))),
                )),
        )
        .count()
        .get_result(tx.conn())?;
    Ok(busy == 0)
}
