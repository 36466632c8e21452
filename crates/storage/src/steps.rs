//! Steps: one durable piece of work each. The row is the queue row; how it moves is in `queue`.

use std::{fmt, str::FromStr};

use diesel::prelude::*;
use habeas_domain::{RequestId, StepId};
use jiff::Timestamp;

use crate::{
    DbError, DbResult, ReadTx, Tx,
    conn::{each, from_db, to_db},
    schema::{effect, step, step_attempt},
};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $column:literal { $($(#[$of:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$of])* $variant),* }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = DbError;
            fn from_str(text: &str) -> DbResult<Self> {
                match text {
                    $($word => Ok($name::$variant),)*
                    _ => Err(DbError::Corrupt { column: $column }),
                }
            }
        }
    };
}

words! {
    /// Where a step stands.
    State, "step.state" {
        /// Waits for a worker.
        Ready = "ready",
        /// Waits for its time.
        Delayed = "delayed",
        /// A worker is at it.
        Running = "running",
        /// The store, or a person, works on it.
        Waiting = "waiting",
        /// An officer has to look.
        Parked = "parked",
        Done = "done",
        Absent = "absent",
        Kept = "kept",
        Failed = "failed",
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What a step does.
    Verb, "step.verb" {
        Locate = "locate",
        Plan = "plan",
        Access = "access",
        Erase = "erase",
        Suppress = "suppress",
        Verify = "verify",
        Package = "package",
        Letter = "letter",
    }
}

impl State {
    /// Nothing more will happen to the step.
    pub fn is_final(self) -> bool {
        match self {
            State::Done | State::Absent | State::Kept | State::Failed | State::Withdrawn => true,
            State::Ready | State::Delayed | State::Running | State::Waiting | State::Parked => {
                false
            }
        }
    }
}

/// A step to be queued.
#[derive(Debug, Clone)]
pub struct NewStep {
    pub id: StepId,
    pub request: RequestId,
    /// A registered store, or one of the engine's own gates.
    pub store: String,
    pub verb: Verb,
    /// Tells apart steps of one verb on one store: the round of a search, the kind of a letter.
    pub slot: String,
    pub due_at: Timestamp,
    pub not_before: Option<Timestamp>,
    /// Sealed.
    pub payload: Option<Vec<u8>>,
}

/// A step as it stands.
#[derive(Debug, Clone)]
pub struct Step {
    pub id: StepId,
    pub request: RequestId,
    pub store: String,
    pub verb: Verb,
    pub slot: String,
    pub state: State,
    /// When the engine wants it done: before the law does.
    pub due_at: Timestamp,
    pub attempts: i64,
    pub not_before: Option<Timestamp>,
    pub lease_epoch: i64,
    pub last_class: Option<String>,
    pub last_code: Option<String>,
    pub last_message: Option<String>,
    pub parked_reason: Option<String>,
    pub payload: Option<Vec<u8>>,
    /// What the store gave to ask by, when it needed time. Sealed.
    pub handle: Option<Vec<u8>>,
    pub result: Option<Vec<u8>>,
    pub outcome: Option<String>,
    pub outcome_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = step)]
pub(crate) struct Row {
    id: String,
    request_id: String,
    store_id: String,
    verb: String,
    slot: String,
    state: String,
    due_at: chrono::NaiveDateTime,
    attempts: i64,
    not_before: Option<chrono::NaiveDateTime>,
    lease_epoch: i64,
    last_class: Option<String>,
    last_code: Option<String>,
    last_message: Option<String>,
    parked_reason: Option<String>,
    payload: Option<Vec<u8>>,
    handle: Option<Vec<u8>>,
    result: Option<Vec<u8>>,
    outcome: Option<String>,
    outcome_at: Option<chrono::NaiveDateTime>,
}

/// What is written down when a step is claimed.
#[derive(Insertable)]
#[diesel(table_name = step_attempt)]
pub(crate) struct Attempt {
    step_id: String,
    lease_epoch: i64,
    worker_id: String,
    started_at: chrono::NaiveDateTime,
}

impl Row {
    pub(crate) fn attempt(&self, worker: &str, now: Timestamp) -> Attempt {
        Attempt {
            step_id: self.id.clone(),
            lease_epoch: self.lease_epoch,
            worker_id: worker.to_owned(),
            started_at: to_db(now),
        }
    }
}

impl TryFrom<Row> for Step {
    type Error = DbError;
    fn try_from(row: Row) -> DbResult<Step> {
        Ok(Step {
            id: row
                .id
                .parse()
                .map_err(|_| DbError::Corrupt { column: "step.id" })?,
            request: row.request_id.parse().map_err(|_| DbError::Corrupt {
                column: "step.request_id",
            })?,
            store: row.store_id,
            verb: row.verb.parse()?,
            slot: row.slot,
            state: row.state.parse()?,
            due_at: from_db(row.due_at),
            attempts: row.attempts,
            not_before: row.not_before.map(from_db),
            lease_epoch: row.lease_epoch,
            last_class: row.last_class,
            last_code: row.last_code,
            last_message: row.last_message,
            parked_reason: row.parked_reason,
            payload: row.payload,
            handle: row.handle,
            result: row.result,
            outcome: row.outcome,
            outcome_at: row.outcome_at.map(from_db),
        })
    }
}

/// Queues a step. The same (request, store, verb, slot) is queued once, however often it is asked
/// for; true when it was new.
pub fn enqueue(tx: &mut Tx<'_>, new: &NewStep) -> DbResult<bool> {
    let state = match new.not_before {
        None => State::Ready,
        Some(_) => State::Delayed,
    };
    let values = (
        step::id.eq(new.id.to_string()),
        step::request_id.eq(new.request.to_string()),
        step::store_id.eq(&new.store),
        step::verb.eq(new.verb.as_str()),
        step::slot.eq(&new.slot),
        step::state.eq(state.as_str()),
        step::due_at.eq(to_db(new.due_at)),
        step::not_before.eq(new.not_before.map(to_db)),
        step::payload.eq(&new.payload),
    );
    let added = each!(tx.conn(), c => diesel::insert_into(step::table)
        .values(values)
        .on_conflict((step::request_id, step::store_id, step::verb, step::slot))
        .do_nothing()
        .execute(c))?;
    tx.wakes_workers();
    Ok(added == 1)
}

/// Records a step that the plan itself has already decided: nothing will be sent to the store.
pub fn record_decided(
    tx: &mut Tx<'_>,
    new: &NewStep,
    state: State,
    outcome: &str,
    message: &str,
    result: Option<&[u8]>,
    now: Timestamp,
) -> DbResult<()> {
    diesel::insert_into(step::table)
        .values((
            step::id.eq(new.id.to_string()),
            step::request_id.eq(new.request.to_string()),
            step::store_id.eq(&new.store),
            step::verb.eq(new.verb.as_str()),
            step::slot.eq(&new.slot),
            step::state.eq(state.as_str()),
            step::due_at.eq(to_db(new.due_at)),
            step::outcome.eq(outcome),
            step::outcome_at.eq(to_db(now)),
            step::last_message.eq(message),
            step::result.eq(result),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The steps of a request in the order in which they were queued.
pub fn of_request(tx: &mut ReadTx<'_>, request: RequestId) -> DbResult<Vec<Step>> {
    let rows: Vec<Row> = step::table
        .filter(step::request_id.eq(request.to_string()))
        .order(step::id)
        .select(Row::as_select())
        .load(tx.conn())?;
    rows.into_iter().map(Step::try_from).collect()
}

pub fn get(tx: &mut ReadTx<'_>, id: StepId) -> DbResult<Step> {
    step::table
        .filter(step::id.eq(id.to_string()))
        .select(Row::as_select())
        .first(tx.conn())?
        .try_into()
}

/// Everything that waits for a person, oldest due first.
pub fn parked(tx: &mut ReadTx<'_>) -> DbResult<Vec<Step>> {
    let rows: Vec<Row> = step::table
        .filter(step::state.eq(State::Parked.as_str()))
        .order((step::due_at, step::id))
        .limit(500)
        .select(Row::as_select())
        .load(tx.conn())?;
    rows.into_iter().map(Step::try_from).collect()
}

/// Ends the open steps of a request that the subject or an officer stopped. Nothing that has an
/// intent is touched: it runs to its end.
pub fn withdraw_open(tx: &mut Tx<'_>, request: RequestId, now: Timestamp) -> DbResult<()> {
    let work: Vec<&str> = Verb::ALL
        .iter()
        .filter(|verb| **verb != Verb::Letter)
        .map(|verb| verb.as_str())
        .collect();
    let open: Vec<&str> = State::ALL
        .iter()
        .filter(|state| !state.is_final())
        .map(|state| state.as_str())
        .collect();
    let none: Option<String> = None;
    diesel::update(step::table)
        .filter(step::request_id.eq(request.to_string()))
        .filter(step::state.eq_any(open))
        .filter(step::verb.eq_any(work))
        .filter(step::id.ne_all(effect::table.select(effect::step_id)))
        .set((
            step::state.eq(State::Withdrawn.as_str()),
            step::outcome_at.eq(to_db(now)),
            step::lease_owner.eq(&none),
            step::call.eq(&none),
            step::parked_reason.eq(&none),
        ))
        .execute(tx.conn())?;
    Ok(())
}
