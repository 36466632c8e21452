//! Both databases, each with a life as long as its test, and what most tests put into them.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::PathBuf;

use habeas_domain::{RequestId, Right, StepId, WorkerId};
use habeas_storage::{
    Db, DbError, Location,
    queue::{self, NewGate, Order},
    requests::{self, NewRequest},
    steps::{self, NewStep, State, Step, Verb},
};
use habeas_testkit::postgres::Database;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A database that goes away with the test.
pub struct Home {
    pub db: Db,
    pub location: Location,
    _dir: tempfile::TempDir,
    _server: Option<Database>,
}

pub fn homes() -> Vec<Home> {
    let dir = || tempfile::tempdir().unwrap();
    let sqlite = dir();
    let file: PathBuf = sqlite.path().join("habeas.sqlite");
    let server = Database::fresh();
    let url = server.url().to_owned();
    [
        (Location::Sqlite(file), sqlite, None),
        (Location::Postgres(url), dir(), Some(server)),
    ]
    .into_iter()
    .map(|(location, dir, server)| Home {
        db: Db::open(&location).unwrap(),
        location,
        _dir: dir,
        _server: server,
    })
    .collect()
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub fn request_row(id: RequestId) -> NewRequest {
    NewRequest {
        id,
        reference: format!("HB-{id}"),
        right: Right::Erasure,
        channel: "api".into(),
        law_profile: "eu".into(),
        law_version: "2018-05-25".into(),
        clock: "{}".into(),
        received_at: at(0),
        due_on: "2027-01-15".parse().unwrap(),
        due_at: at(30 * 86_400),
        person: vec![1],
        idempotency: None,
    }
}

pub fn step(request: RequestId, store: &str, slot: &str, due: Timestamp) -> NewStep {
    NewStep {
        id: StepId::fresh(),
        request,
        store: store.into(),
        verb: Verb::Erase,
        slot: slot.into(),
        due_at: due,
        not_before: None,
        payload: None,
    }
}

pub fn gate(store: &str, max_running: i64, batch: i64) -> NewGate {
    NewGate {
        store: store.into(),
        max_running,
        batch,
        rate: None,
    }
}

impl Home {
    pub async fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut habeas_storage::Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.db.write(f).await
    }

    /// A request with some steps on one store, the first of them due first.
    pub async fn with_steps(&self, store: &'static str, count: i64, limit: i64) -> Vec<StepId> {
        self.write(move |tx| {
            queue::register(tx, &gate(store, limit, 1))?;
            let id = RequestId::fresh();
            requests::insert(tx, &request_row(id))?;
            let mut ids = Vec::new();
            for number in 0..count {
                let new = step(id, store, &number.to_string(), at(1000 + number));
                assert!(steps::enqueue(tx, &new)?);
                ids.push(new.id);
            }
            Ok(ids)
        })
        .await
        .unwrap()
    }

    pub async fn worker(&self, now: Timestamp) -> WorkerId {
        let me = WorkerId::fresh();
        let until = now + 60.seconds();
        self.write(move |tx| queue::register_worker(tx, me, "test", "0", now, until))
            .await
            .unwrap();
        me
    }

    pub async fn calls(&self, me: WorkerId, slots: usize, now: Timestamp) -> Vec<Vec<Step>> {
        let order = Order {
            me,
            stores: vec!["shop".to_owned(), "crm".to_owned()],
            slots,
            patience: SignedDuration::from_mins(15),
        };
        self.write(move |tx| queue::claim(tx, &order, now))
            .await
            .unwrap()
    }

    pub async fn claim(&self, me: WorkerId, slots: usize, now: Timestamp) -> Vec<Step> {
        self.calls(me, slots, now)
            .await
            .into_iter()
            .flatten()
            .collect()
    }

    pub async fn state(&self, id: StepId) -> State {
        self.db
            .read(move |tx| Ok::<_, DbError>(steps::get(tx, id)?.state))
            .await
            .unwrap()
    }
}

/// Runs SQL beside the product, as somebody with a console would; gives back the refusal.
pub fn run_raw(location: &Location, sql: &str) -> String {
    match location {
        Location::Sqlite(path) => {
            let conn = rusqlite::Connection::open(path).unwrap();
            conn.execute(sql, [])
                .expect_err("it is refused")
                .to_string()
        }
        Location::Postgres(url) => {
            let output = std::process::Command::new("psql")
                .args([url, "--command", sql])
                .output()
                .expect("psql runs");
            assert!(!output.status.success(), "it is refused");
            String::from_utf8_lossy(&output.stderr).into_owned()
        }
    }
}

/// Runs SQL beside the product, and expects that it is allowed.
pub fn run_allowed(location: &Location, sql: &str) {
    match location {
        Location::Sqlite(path) => {
            let conn = rusqlite::Connection::open(path).unwrap();
            conn.execute_batch(sql).unwrap();
        }
        Location::Postgres(url) => {
            let output = std::process::Command::new("psql")
                .args([url, "--set", "ON_ERROR_STOP=1", "--quiet", "--command", sql])
                .output()
                .expect("psql runs");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}
