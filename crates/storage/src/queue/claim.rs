//! The claim: which steps a worker takes next, in calls that go to one store each.
//!
//! Stores are asked one by one and never through one global order, so that a store that is blocked
//! costs nothing however many steps wait for it. What to take is a pure function of the gates, of
//! what runs and of the first page of what is ready.

use std::collections::BTreeMap;

use diesel::{
    dsl::{count, sql},
    prelude::*,
    sql_types::Bool,
};
use habeas_domain::WorkerId;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    gates::{self, Gate},
    moves::SPLIT,
};
use crate::{
    DbResult, Tx,
    conn::{each, locked, skip_locked, to_db},
    schema::{step, step_attempt, store_gate},
    steps::{Row, State, Step},
};

/// What a worker asks for.
#[derive(Debug, Clone)]
pub struct Order {
    pub me: WorkerId,
    /// The stores that this worker can reach.
    pub stores: Vec<String>,
    /// Calls that it has hands for.
    pub slots: usize,
    /// How long an attempt may take before it is taken back.
    pub patience: SignedDuration,
}

/// Gates that are looked at in one claim.
const GATES: usize = 8;
/// Steps whose time has come that one claim makes ready.
const PROMOTED: i64 = 500;
/// Ready steps of one store that a claim looks at, whatever the backlog.
const PAGE: i64 = 1000;
/// Ids in one statement.
const CHUNK: usize = 500;

/// Takes the most urgent ready steps, in calls of one store and verb each, the most urgent first.
///
/// The gates are locked first; what runs is counted by a statement of its own, because it has to
/// see what was true after the lock.
pub fn claim(tx: &mut Tx<'_>, order: &Order, now: Timestamp) -> DbResult<Vec<Vec<Step>>> {
    promote(tx, State::Delayed, now)?;
    promote(tx, State::Waiting, now)?;
    let stores = candidates(tx, order, now)?;
    let gates = lock(tx, &stores)?;
    let running = running(tx)?;
    let mut calls: Vec<Call> = Vec::new();
    for gate in &gates {
        let running = running.get(&gate.store).copied().unwrap_or(0);
        let room = gate.room(running, now).min(order.slots as i64);
        if room > 0 {
            let page = page(tx, gate, room)?;
            calls.extend(group(&gate.store, page, room as usize, gate.batch as usize));
        }
    }
    // The earliest deadline first across the stores.
    calls.sort_by(|a, b| a.head().cmp(b.head()));
    calls.truncate(order.slots);
    for gate in &gates {
        let sent = calls.iter().filter(|call| call.store == gate.store).count();
        if sent > 0 {
            gates::spend(tx, gate, sent as i64, now)?;
        }
    }
    calls
        .into_iter()
        .map(|call| take(tx, order, &call, now))
        .collect()
}

/// Makes steps ready whose time has come.
fn promote(tx: &mut Tx<'_>, from: State, now: Timestamp) -> DbResult<()> {
    let due: Vec<String> = skip_locked!(
        tx.conn(),
        step::table
            .filter(stands(from))
            .filter(step::not_before.le(to_db(now)))
            .order(step::not_before)
            .limit(PROMOTED)
            .select(step::id)
    )?;
    if !due.is_empty() {
        diesel::update(step::table)
            .filter(step::id.eq_any(&due))
            .set(step::state.eq(State::Ready.as_str()))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// The state as a literal: a plan that does not know it cannot use the partial indexes.
fn stands(state: State) -> diesel::expression::SqlLiteral<Bool> {
    sql::<Bool>(&format!("step.state = '{state}'"))
}

/// Calls under way, by store.
fn running(tx: &mut Tx<'_>) -> DbResult<BTreeMap<String, i64>> {
    let counts: Vec<(String, i64)> = step::table
        .filter(stands(State::Running))
        .group_by(step::store_id)
        .select((step::store_id, count(step::call).aggregate_distinct()))
        .load(tx.conn())?;
    Ok(counts.into_iter().collect())
}

/// The stores that have room and the most urgent heads, those first. A hint: nothing is locked.
fn candidates(tx: &mut Tx<'_>, order: &Order, now: Timestamp) -> DbResult<Vec<String>> {
    macro_rules! head {
        ($column:ident) => {
            step::table
                .filter(step::store_id.eq(store_gate::store_id))
                .filter(stands(State::Ready))
                .order((step::priority, step::due_at, step::id))
                .select(step::$column)
                .limit(1)
                .single_value()
        };
    }
    type Head = (Option<i64>, Option<chrono::NaiveDateTime>);
    let heads: Vec<(gates::Row, Head)> = store_gate::table
        .select((gates::Row::as_select(), (head!(priority), head!(due_at))))
        .load(tx.conn())?;
    let running = running(tx)?;
    let mut found: Vec<(Head, String)> = Vec::new();
    for (row, head) in heads {
        let gate = Gate::try_from(row)?;
        let running = running.get(&gate.store).copied().unwrap_or(0);
        let known = order.stores.contains(&gate.store);
        if known && head.1.is_some() && gate.room(running, now) > 0 {
            found.push((head, gate.store));
        }
    }
    found.sort();
    found.truncate(GATES);
    Ok(found.into_iter().map(|(_, store)| store).collect())
}

/// Locks the gates of these stores, as they stand now, in the order of their names. Those that
/// another worker holds are left to it, unless it holds all of them: then the first is waited for.
fn lock(tx: &mut Tx<'_>, stores: &[String]) -> DbResult<Vec<Gate>> {
    let Some(first) = stores.first() else {
        return Ok(Vec::new());
    };
    let mut rows: Vec<gates::Row> = skip_locked!(
        tx.conn(),
        store_gate::table
            .filter(store_gate::store_id.eq_any(stores))
            .order(store_gate::store_id)
            .select(gates::Row::as_select())
    )?;
    if rows.is_empty() {
        rows = locked!(
            tx.conn(),
            store_gate::table
                .filter(store_gate::store_id.eq(first))
                .select(gates::Row::as_select())
        )?;
    }
    rows.into_iter().map(Gate::try_from).collect()
}

/// A ready step, as far as the claim needs to know it. Ordered as the store takes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    priority: i64,
    due: chrono::NaiveDateTime,
    id: String,
    verb: String,
    /// It was under way when a worker died or a call failed: it goes alone, so that it can hurt
    /// nobody else.
    suspect: bool,
}

/// The first ready steps of a store: enough for so many full calls, and never more than a page.
fn page(tx: &mut Tx<'_>, gate: &Gate, calls: i64) -> DbResult<Vec<Head>> {
    type Found = (
        i64,
        chrono::NaiveDateTime,
        String,
        String,
        i64,
        Option<String>,
    );
    let found: Vec<Found> = skip_locked!(
        tx.conn(),
        step::table
            .filter(step::store_id.eq(&gate.store))
            .filter(stands(State::Ready))
            .order((step::priority, step::due_at, step::id))
            .limit(gate.batch.saturating_mul(calls).min(PAGE))
            .select((
                step::priority,
                step::due_at,
                step::id,
                step::verb,
                step::crashes,
                step::last_code
            ))
    )?;
    let head = |(priority, due, id, verb, crashes, code): Found| Head {
        priority,
        due,
        id,
        verb,
        suspect: crashes > 0 || code.as_deref() == Some(SPLIT),
    };
    Ok(found.into_iter().map(head).collect())
}

/// Steps of one verb that go to one store together. Never empty.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    store: String,
    steps: Vec<Head>,
}

impl Call {
    /// Its most urgent step.
    fn head(&self) -> &Head {
        &self.steps[0]
    }
}

/// Puts the steps of a page into at most `most` calls of at most `batch` steps, as urgent as they
/// come.
fn group(store: &str, page: Vec<Head>, most: usize, batch: usize) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for head in page {
        let fits = |call: &Call| {
            let first = call.head();
            !first.suspect && first.verb == head.verb && call.steps.len() < batch
        };
        match calls.iter().position(fits) {
            Some(at) if !head.suspect => calls[at].steps.push(head),
            Some(_) | None if calls.len() < most => calls.push(Call {
                store: store.to_owned(),
                steps: vec![head],
            }),
            Some(_) | None => {}
        }
    }
    calls
}

/// Makes the steps of a call running and gives them back whole, in their order.
fn take(tx: &mut Tx<'_>, order: &Order, call: &Call, now: Timestamp) -> DbResult<Vec<Step>> {
    let (id, me) = (Uuid::now_v7().to_string(), order.me.to_string());
    let ids: Vec<&String> = call.steps.iter().map(|head| &head.id).collect();
    let mut taken: Vec<Step> = Vec::with_capacity(ids.len());
    for some in ids.chunks(CHUNK) {
        diesel::update(step::table)
            .filter(step::id.eq_any(some))
            .filter(step::state.eq(State::Ready.as_str()))
            .set((
                step::state.eq(State::Running.as_str()),
                step::lease_epoch.eq(step::lease_epoch + 1),
                step::attempts.eq(step::attempts + 1),
                step::lease_owner.eq(&me),
                step::call.eq(&id),
                step::run_deadline_at.eq(to_db(now + order.patience)),
            ))
            .execute(tx.conn())?;
        let rows: Vec<Row> = step::table
            .filter(step::id.eq_any(some))
            .filter(step::call.eq(&id))
            .order((step::priority, step::due_at, step::id))
            .select(Row::as_select())
            .load(tx.conn())?;
        let attempts: Vec<_> = rows.iter().map(|row| row.attempt(&me, now)).collect();
        each!(tx.conn(), c => diesel::insert_into(step_attempt::table)
            .values(attempts)
            .execute(c))?;
        for row in rows {
            taken.push(Step::try_from(row)?);
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(number: i64, verb: &str, suspect: bool) -> Head {
        Head {
            priority: 0,
            due: chrono::DateTime::UNIX_EPOCH.naive_utc(),
            id: number.to_string(),
            verb: verb.into(),
            suspect,
        }
    }

    fn grouped(page: &[(&str, bool)], most: usize, batch: usize) -> Vec<Vec<String>> {
        let page = page
            .iter()
            .enumerate()
            .map(|(number, (verb, suspect))| head(number as i64, verb, *suspect))
            .collect();
        let calls = group("shop", page, most, batch);
        let ids = |call: &Call| call.steps.iter().map(|head| head.id.clone()).collect();
        calls.iter().map(ids).collect()
    }

    #[test]
    fn steps_of_one_verb_go_together_up_to_the_batch() {
        let page = [
            ("erase", false),
            ("access", false),
            ("erase", false),
            ("erase", false),
        ];
        assert_eq!(grouped(&page, 4, 2), [vec!["0", "2"], vec!["1"], vec!["3"]]);
        assert_eq!(grouped(&page, 1, 8), [vec!["0", "2", "3"]]);
        assert_eq!(grouped(&page, 2, 1), [vec!["0"], vec!["1"]]);
    }

    #[test]
    fn a_step_that_may_have_killed_its_worker_goes_alone() {
        let page = [
            ("erase", false),
            ("erase", true),
            ("erase", false),
            ("erase", true),
        ];
        assert_eq!(grouped(&page, 4, 8), [vec!["0", "2"], vec!["1"], vec!["3"]]);
    }
}
