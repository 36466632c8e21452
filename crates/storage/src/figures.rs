//! Figures about the whole control database, for whoever watches it from outside: how much waits
//! at which store, what is late, and whether the schema is the one that this binary knows.
//!
//! Counts, names of stores and states only; nothing about one request. Each query reads open work
//! alone, and of that at most [`PAGE`] rows: a million closed requests cost nothing.

use diesel::{RunQueryDsl, sql_query, sql_types};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    DbError, DbResult, ReadTx,
    conn::{each, from_db, to_db},
    queue,
    steps::State,
};

/// Rows that one query counts. Where there are more, a figure says "at least".
pub const PAGE: i64 = 1_000_000;

/// Days before the due date from which an open request counts as at risk.
pub const AT_RISK_DAYS: i64 = 5;

/// How the control database stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Open steps; a store and state without any is left out.
    pub steps: Vec<Steps>,
    pub gates: Vec<Gate>,
    pub requests: Requests,
    /// Effects that were begun and are not confirmed, those under way included.
    pub unconfirmed_effects: u64,
    pub live_workers: u64,
}

/// The steps of one store in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    pub store: String,
    pub state: State,
    pub count: u64,
    /// When the oldest of them was queued.
    pub oldest: Timestamp,
    /// Those whose own due time has passed.
    pub late: u64,
}

/// The gate of one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    pub store: String,
    pub paused: bool,
    /// Calls that may run at the same time.
    pub max_running: u64,
    /// `closed`, `open` or `probing`.
    pub breaker: &'static str,
}

/// Requests that are not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requests {
    pub open: u64,
    pub overdue: u64,
    /// Due within [`AT_RISK_DAYS`], and not overdue yet.
    pub at_risk: u64,
    /// The due date that is nearest, or longest past.
    pub first_due: Option<Timestamp>,
}

#[derive(diesel::QueryableByName)]
struct StepRow {
    #[diesel(sql_type = sql_types::Text)]
    store_id: String,
    #[diesel(sql_type = sql_types::BigInt)]
    steps: i64,
    #[diesel(sql_type = sql_types::Text)]
    first_id: String,
    #[diesel(sql_type = sql_types::BigInt)]
    late: i64,
}

#[derive(diesel::QueryableByName)]
struct RequestRow {
    #[diesel(sql_type = sql_types::BigInt)]
    open: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    overdue: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    near: i64,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamp>)]
    first_due: Option<chrono::NaiveDateTime>,
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = sql_types::BigInt)]
    rows: i64,
}

#[derive(diesel::QueryableByName)]
struct Version {
    #[diesel(sql_type = sql_types::Text)]
    version: String,
}

/// Reads every figure, as of one moment.
pub fn read(tx: &mut ReadTx<'_>, now: Timestamp) -> DbResult<Figures> {
    let mut steps = Vec::new();
    for state in State::ALL.iter().filter(|state| !state.is_final()) {
        steps.extend(steps_in(tx, *state, now)?);
    }
    let gates = queue::gates(tx)?
        .into_iter()
        .map(|gate| Gate {
            store: gate.store,
            paused: gate.paused.is_some(),
            max_running: positive(gate.max_running),
            breaker: gate.breaker.as_str(),
        })
        .collect();
    Ok(Figures {
        steps,
        gates,
        requests: requests(tx, now)?,
        unconfirmed_effects: unconfirmed(tx)?,
        live_workers: workers(tx, now)?,
    })
}

/// The state stands in the text: a bound value would hide the partial index that serves it.
fn steps_in(tx: &mut ReadTx<'_>, state: State, now: Timestamp) -> DbResult<Vec<Steps>> {
    let sql = format!(
        "select store_id, count(*) as steps, min(id) as first_id, \
           sum(case when due_at < $1 then 1 else 0 end) as late \
         from (select store_id, id, due_at from step where state = '{state}' limit {PAGE}) as page \
         group by store_id order by store_id"
    );
    let rows: Vec<StepRow> = each!(tx.conn(), c => sql_query(sql)
        .bind::<sql_types::Timestamp, _>(to_db(now))
        .load(c))?;
    rows.into_iter()
        .map(|row| {
            Ok(Steps {
                state,
                count: positive(row.steps),
                oldest: made_at(&row.first_id)?,
                late: positive(row.late),
                store: row.store_id,
            })
        })
        .collect()
}

/// A step's id begins with the moment at which it was queued (UUIDv7).
fn made_at(id: &str) -> DbResult<Timestamp> {
    let corrupt = || DbError::Corrupt { column: "step.id" };
    let stamp = Uuid::parse_str(id)
        .ok()
        .and_then(|id| id.get_timestamp())
        .ok_or_else(corrupt)?;
    let (seconds, nanoseconds) = stamp.to_unix();
    let seconds = i64::try_from(seconds).map_err(|_| corrupt())?;
    let nanoseconds = i32::try_from(nanoseconds).map_err(|_| corrupt())?;
    Timestamp::new(seconds, nanoseconds).map_err(|_| corrupt())
}

fn requests(tx: &mut ReadTx<'_>, now: Timestamp) -> DbResult<Requests> {
    let sql = format!(
        "select count(*) as open, \
           coalesce(sum(case when due_at < $1 then 1 else 0 end), 0) as overdue, \
           coalesce(sum(case when due_at >= $1 and due_at < $2 then 1 else 0 end), 0) as near, \
           min(due_at) as first_due \
         from (select due_at from request where closed_at is null order by due_at limit {PAGE}) \
         as page"
    );
    let near = now + SignedDuration::from_hours(24 * AT_RISK_DAYS);
    let row: RequestRow = each!(tx.conn(), c => sql_query(sql)
        .bind::<sql_types::Timestamp, _>(to_db(now))
        .bind::<sql_types::Timestamp, _>(to_db(near))
        .get_result(c))?;
    Ok(Requests {
        open: positive(row.open),
        overdue: positive(row.overdue),
        at_risk: positive(row.near),
        first_due: row.first_due.map(from_db),
    })
}

fn unconfirmed(tx: &mut ReadTx<'_>) -> DbResult<u64> {
    let sql = format!(
        "select count(*) as rows from \
         (select step_id from effect where confirmed_at is null limit {PAGE}) as page"
    );
    let count: Count = each!(tx.conn(), c => sql_query(sql).get_result(c))?;
    Ok(positive(count.rows))
}

fn workers(tx: &mut ReadTx<'_>, now: Timestamp) -> DbResult<u64> {
    let sql = "select count(*) as rows from worker where state = 'alive' and alive_until > $1";
    let count: Count = each!(tx.conn(), c => sql_query(sql)
        .bind::<sql_types::Timestamp, _>(to_db(now))
        .get_result(c))?;
    Ok(positive(count.rows))
}

fn positive(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// The migrations by version; both folders name the same ones.
const KNOWN: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Whether the database has exactly the migrations that this binary knows. Another process may
/// have brought it further since it was opened.
pub fn schema_is_ours(tx: &mut ReadTx<'_>) -> DbResult<bool> {
    use diesel::migration::{Migration, MigrationSource};
    let known: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> =
        KNOWN.migrations().map_err(DbError::Statement)?;
    let mut known: Vec<String> = known
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    known.sort_unstable();
    Ok(versions(tx)? == known)
}

/// The migrations that the database has, oldest first.
pub(crate) fn versions(tx: &mut ReadTx<'_>) -> DbResult<Vec<String>> {
    let sql = "select version from __diesel_schema_migrations";
    let rows: Vec<Version> = each!(tx.conn(), c => sql_query(sql).load(c))?;
    let mut versions: Vec<String> = rows.into_iter().map(|row| row.version).collect();
    versions.sort_unstable();
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Db, Location};

    #[tokio::test]
    async fn a_schema_that_a_newer_binary_has_moved_on_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&Location::Sqlite(folder.path().join("habeas.db"))).unwrap();
        let ours = || db.read(schema_is_ours);
        assert!(ours().await.unwrap());
        let moved_on = db.write(|tx| -> DbResult<()> {
            let sql = "insert into __diesel_schema_migrations (version) values ('99990101000000')";
            each!(tx.conn(), c => sql_query(sql).execute(c))?;
            Ok(())
        });
        moved_on.await.unwrap();
        assert!(!ours().await.unwrap());
    }

    #[test]
    fn the_moment_of_queueing_is_read_from_the_id() {
        let id = "0193a0c5-2f00-7000-8000-000000000000";
        let expected: Timestamp = "2024-12-07T10:58:17.472Z".parse().unwrap();
        assert_eq!(made_at(id).unwrap(), expected);
        assert!(made_at("7").is_err());
    }
}
