//! Gates: one narrow row per store that says how many calls it gets, and when.

use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};

use super::breaker::{Breaker, Memory, Trouble};
use crate::{
    DbError, DbResult, ReadTx, Tx,
    conn::{each, from_db, locked, to_db},
    schema::store_gate,
};

/// What a store is registered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGate {
    pub store: String,
    /// Calls at the same time.
    pub max_running: i64,
    /// Steps that one call may carry.
    pub batch: i64,
    /// Calls a second, and how many at once after a rest; `None` means no limit.
    pub rate: Option<Rate>,
}

/// Calls a second in thousandths, and calls at once after a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub milli_per_second: i64,
    pub burst: i64,
}

/// A gate as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    pub store: String,
    pub max_running: i64,
    pub batch: i64,
    pub breaker: Breaker,
    /// Failures in a row.
    pub fails: i64,
    /// Until when the breaker rests.
    pub open_until: Option<Timestamp>,
    /// Until when the store asked for patience.
    pub next_ok_at: Option<Timestamp>,
    pub paused: Option<Pause>,
    rest: i64,
    rate: Option<Rate>,
    tokens_milli: i64,
    refilled_at: Option<Timestamp>,
}

/// Who stopped a store, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    pub at: Timestamp,
    pub by: String,
    pub why: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = store_gate)]
pub(super) struct Row {
    store_id: String,
    max_running: i64,
    next_ok_at: Option<chrono::NaiveDateTime>,
    batch: i64,
    rate_milli: Option<i64>,
    burst_milli: i64,
    tokens_milli: i64,
    refilled_at: Option<chrono::NaiveDateTime>,
    breaker: String,
    fails: i64,
    open_seconds: i64,
    open_until: Option<chrono::NaiveDateTime>,
    paused_at: Option<chrono::NaiveDateTime>,
    paused_by: Option<String>,
    paused_why: Option<String>,
}

impl TryFrom<Row> for Gate {
    type Error = DbError;
    fn try_from(row: Row) -> DbResult<Gate> {
        let paused = match (row.paused_at, row.paused_by, row.paused_why) {
            (Some(at), Some(by), Some(why)) => Some(Pause {
                at: from_db(at),
                by,
                why,
            }),
            _ => None,
        };
        Ok(Gate {
            store: row.store_id,
            max_running: row.max_running,
            batch: row.batch,
            breaker: row.breaker.parse()?,
            fails: row.fails,
            open_until: row.open_until.map(from_db),
            next_ok_at: row.next_ok_at.map(from_db),
            paused,
            rest: row.open_seconds,
            rate: row.rate_milli.map(|milli_per_second| Rate {
                milli_per_second,
                burst: row.burst_milli / 1000,
            }),
            tokens_milli: row.tokens_milli,
            refilled_at: row.refilled_at.map(from_db),
        })
    }
}

impl Gate {
    /// The gate of a store that was never called.
    pub fn fresh(store: &str, max_running: i64, batch: i64) -> Gate {
        Gate {
            store: store.to_owned(),
            max_running,
            batch,
            breaker: Breaker::Closed,
            fails: 0,
            open_until: None,
            next_ok_at: None,
            paused: None,
            rest: 0,
            rate: None,
            tokens_milli: 0,
            refilled_at: None,
        }
    }

    /// Whether any call may go to the store now, whatever runs there already.
    pub(super) fn admits(&self, now: Timestamp) -> bool {
        self.paused.is_none()
            && self.next_ok_at.is_none_or(|next| next <= now)
            && self.open_until.is_none_or(|until| until <= now)
    }

    /// How many more calls may go to the store now, beside those that run.
    pub(super) fn room(&self, running: i64, now: Timestamp) -> i64 {
        if !self.admits(now) {
            return 0;
        }
        let free = match self.breaker {
            Breaker::Closed => self.max_running - running,
            // One probe; another when the worker that sent the last one is gone.
            Breaker::Open | Breaker::Probing => 1 - running.min(1),
        };
        let allowed = self.tokens(now).map_or(free, |milli| milli / 1000);
        free.min(allowed).max(0)
    }

    /// Thousandths of a call that the rate has left, when there is a rate.
    fn tokens(&self, now: Timestamp) -> Option<i64> {
        let rate = self.rate?;
        let waited = self
            .refilled_at
            .map_or(SignedDuration::MAX, |at| now.duration_since(at))
            .max(SignedDuration::ZERO);
        let full = rate.burst * 1000;
        let gained = waited
            .as_millis()
            .saturating_mul(i128::from(rate.milli_per_second))
            / 1000;
        let gained = i64::try_from(gained).unwrap_or(i64::MAX);
        Some(self.tokens_milli.saturating_add(gained).min(full))
    }
}

/// Makes sure that a store has its gate, with these limits; what the gate remembers stays.
pub fn register(tx: &mut Tx<'_>, new: &NewGate) -> DbResult<()> {
    let limits = (
        store_gate::max_running.eq(new.max_running),
        store_gate::batch.eq(new.batch),
        store_gate::rate_milli.eq(new.rate.map(|rate| rate.milli_per_second)),
        store_gate::burst_milli.eq(new.rate.map_or(1000, |rate| rate.burst * 1000)),
    );
    each!(tx.conn(), c => diesel::insert_into(store_gate::table)
        .values((store_gate::store_id.eq(&new.store), limits))
        .on_conflict(store_gate::store_id)
        .do_update()
        .set(limits)
        .execute(c))?;
    Ok(())
}

/// Every gate, by name.
pub fn gates(tx: &mut ReadTx<'_>) -> DbResult<Vec<Gate>> {
    let rows: Vec<Row> = store_gate::table
        .order(store_gate::store_id)
        .select(Row::as_select())
        .load(tx.conn())?;
    rows.into_iter().map(Gate::try_from).collect()
}

/// Lets the whole store rest until an instant, because it asked for patience.
pub fn throttle(tx: &mut Tx<'_>, store: &str, until: Timestamp) -> DbResult<()> {
    diesel::update(store_gate::table)
        .filter(store_gate::store_id.eq(store))
        .set(store_gate::next_ok_at.eq(to_db(until)))
        .execute(tx.conn())?;
    Ok(())
}

/// Stops calls to a store, or to all of them, until [`resume`]. What runs goes on to its end.
/// Gives back how many gates were stopped that were not stopped already.
pub fn pause(
    tx: &mut Tx<'_>,
    store: Option<&str>,
    by: &str,
    why: &str,
    now: Timestamp,
) -> DbResult<usize> {
    let to = (
        store_gate::paused_at.eq(to_db(now)),
        store_gate::paused_by.eq(by),
        store_gate::paused_why.eq(why),
    );
    let running = diesel::update(store_gate::table).filter(store_gate::paused_at.is_null());
    Ok(match store {
        Some(store) => running
            .filter(store_gate::store_id.eq(store))
            .set(to)
            .execute(tx.conn())?,
        None => running.set(to).execute(tx.conn())?,
    })
}

/// Lets calls go to a store, or to all of them, again; a breaker that rests probes at once. Gives
/// back how many gates were stopped.
pub fn resume(tx: &mut Tx<'_>, store: Option<&str>) -> DbResult<usize> {
    let never: Option<chrono::NaiveDateTime> = None;
    let nobody: Option<String> = None;
    let to = (
        store_gate::paused_at.eq(never),
        store_gate::paused_by.eq(&nobody),
        store_gate::paused_why.eq(&nobody),
    );
    let paused = diesel::update(store_gate::table).filter(store_gate::paused_at.is_not_null());
    Ok(match store {
        Some(store) => paused
            .filter(store_gate::store_id.eq(store))
            .set(to)
            .execute(tx.conn())?,
        None => paused.set(to).execute(tx.conn())?,
    })
}

/// A call to the store went well: the breaker closes.
pub fn served(tx: &mut Tx<'_>, store: &str) -> DbResult<()> {
    // Nothing to write in the ordinary case: the row is hot.
    let remembers = store_gate::fails
        .ne(0)
        .or(store_gate::breaker.ne(Breaker::Closed.as_str()));
    let never: Option<chrono::NaiveDateTime> = None;
    diesel::update(store_gate::table)
        .filter(store_gate::store_id.eq(store))
        .filter(remembers)
        .set((
            store_gate::breaker.eq(Breaker::Closed.as_str()),
            store_gate::fails.eq(Memory::CLOSED.fails),
            store_gate::open_seconds.eq(Memory::CLOSED.rest),
            store_gate::open_until.eq(never),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// A call to the store went wrong. True when that opened the breaker.
pub fn troubled(tx: &mut Tx<'_>, store: &str, trouble: Trouble, now: Timestamp) -> DbResult<bool> {
    let rows: Vec<Row> = locked!(
        tx.conn(),
        store_gate::table
            .filter(store_gate::store_id.eq(store))
            .select(Row::as_select())
    )?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(false);
    };
    let gate = Gate::try_from(row)?;
    let before = Memory {
        breaker: gate.breaker,
        fails: gate.fails,
        rest: gate.rest,
    };
    let after = before.after(trouble);
    let opened = after.breaker == Breaker::Open && before.breaker != Breaker::Open;
    let until = match opened {
        true => Some(now + SignedDuration::from_secs(after.rest)),
        false => gate.open_until,
    };
    diesel::update(store_gate::table)
        .filter(store_gate::store_id.eq(store))
        .set((
            store_gate::breaker.eq(after.breaker.as_str()),
            store_gate::fails.eq(after.fails),
            store_gate::open_seconds.eq(after.rest),
            store_gate::open_until.eq(until.map(to_db)),
        ))
        .execute(tx.conn())?;
    Ok(opened)
}

/// Writes down that calls were sent: tokens are spent, and a breaker that rested is probing.
pub(super) fn spend(tx: &mut Tx<'_>, gate: &Gate, calls: i64, now: Timestamp) -> DbResult<()> {
    if let Some(tokens) = gate.tokens(now) {
        diesel::update(store_gate::table)
            .filter(store_gate::store_id.eq(&gate.store))
            .set((
                store_gate::tokens_milli.eq(tokens - 1000 * calls),
                store_gate::refilled_at.eq(to_db(now)),
            ))
            .execute(tx.conn())?;
    }
    if gate.breaker == Breaker::Open {
        let never: Option<chrono::NaiveDateTime> = None;
        diesel::update(store_gate::table)
            .filter(store_gate::store_id.eq(&gate.store))
            .set((
                store_gate::breaker.eq(Breaker::Probing.as_str()),
                store_gate::open_until.eq(never),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        Gate::fresh("shop", 4, 1)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_store_gets_as_many_calls_as_it_takes_at_once() {
        assert_eq!(
            [0, 3, 4, 5].map(|running| gate().room(running, at(0))),
            [4, 1, 0, 0]
        );
    }

    #[test]
    fn a_rate_fills_up_to_its_burst_and_no_further() {
        let limited = Gate {
            rate: Some(Rate {
                milli_per_second: 500,
                burst: 2,
            }),
            refilled_at: Some(at(100)),
            ..gate()
        };
        assert_eq!(
            [100, 101, 102, 104, 999].map(|now| limited.room(0, at(now))),
            [0, 0, 1, 2, 2]
        );
        // A clock that went back gives nothing and takes nothing.
        assert_eq!(limited.room(0, at(50)), 0);
    }

    #[test]
    fn an_open_breaker_lets_one_probe_through_when_its_rest_is_over() {
        let open = Gate {
            breaker: Breaker::Open,
            open_until: Some(at(30)),
            ..gate()
        };
        assert_eq!([29, 30].map(|now| open.room(0, at(now))), [0, 1]);
        let probing = Gate {
            breaker: Breaker::Probing,
            ..gate()
        };
        assert_eq!([0, 1].map(|running| probing.room(running, at(40))), [1, 0]);
    }

    #[test]
    fn a_paused_or_throttled_store_gets_nothing() {
        let pause = Pause {
            at: at(0),
            by: "officer".into(),
            why: "maintenance".into(),
        };
        let paused = Gate {
            paused: Some(pause),
            ..gate()
        };
        assert_eq!(paused.room(0, at(9)), 0);
        let throttled = Gate {
            next_ok_at: Some(at(10)),
            ..gate()
        };
        assert_eq!([9, 10].map(|now| throttled.room(0, at(now))), [0, 4]);
    }
}
