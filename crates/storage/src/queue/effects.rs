//! The intent log: what was about to change the world, what came back, and what was seen.

use diesel::prelude::*;
use habeas_domain::StepId;
use jiff::Timestamp;

use super::{Lease, check_lease, exactly_one};
use crate::{
    DbResult, ReadTx, Tx,
    conn::{each, from_db, to_db},
    schema::effect,
};

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
