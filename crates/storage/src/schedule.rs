//! Timers: whoever inserts the slot of a timer first may act on it, so that each goes off once
//! however many workers watch the clock.

use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};

use crate::{
    DbResult, Tx,
    conn::{each, to_db},
    schema::schedule,
};

/// Slots that are older say nothing any more.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Takes the slot of a timer that goes off every so often; false when somebody has it already.
pub fn take(tx: &mut Tx<'_>, name: &str, every: SignedDuration, now: Timestamp) -> DbResult<bool> {
    let seconds = every.as_secs().max(1);
    let start = now.as_second() - now.as_second().rem_euclid(seconds);
    let slot = Timestamp::from_second(start).unwrap_or(now);
    let values = (
        schedule::name.eq(name),
        schedule::slot.eq(to_db(slot)),
        schedule::taken_at.eq(to_db(now)),
    );
    let taken = each!(tx.conn(), c => diesel::insert_into(schedule::table)
        .values(values)
        .on_conflict((schedule::name, schedule::slot))
        .do_nothing()
        .execute(c))?;
    diesel::delete(schedule::table)
        .filter(schedule::name.eq(name))
        .filter(schedule::slot.lt(to_db(now - REMEMBERED)))
        .execute(tx.conn())?;
    Ok(taken == 1)
}
