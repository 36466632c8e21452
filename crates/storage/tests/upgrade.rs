//! A database of an earlier version, with work in it, is brought up to date without losing any.

mod home;

use std::{fs, path::Path};

use habeas_domain::StepId;
use habeas_storage::{
    Db, DbError, Location,
    steps::{self, State},
};
use habeas_testkit::postgres::Database;
use home::run_allowed;

/// What the first version knew, in the order in which it was applied.
const EARLIER: [(&str, &str); 2] = [
    ("20261123000001", "2026-11-23-000001_journey"),
    ("20261124000110", "2026-11-24-000110_store_drift"),
];

fn migration(backend: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../migrations")
        .join(backend)
        .join(name)
        .join("up.sql");
    fs::read_to_string(path).expect("a migration is never removed")
}

const REQUEST: &str = "019ab000-0000-7000-8000-000000000009";
const IDS: [&str; 4] = [
    "019ab000-0000-7000-8000-000000000001",
    "019ab000-0000-7000-8000-000000000002",
    "019ab000-0000-7000-8000-000000000003",
    "019ab000-0000-7000-8000-000000000004",
];

/// The first version's tables with a request in them: a step that is ready, one that waits for its
/// time, one under way and one that has ended, with its intent.
fn fill(location: &Location) {
    let (backend, bytes) = match location {
        Location::Sqlite(_) => ("sqlite", "x'01'"),
        Location::Postgres(_) => ("postgres", r"'\x01'"),
    };
    let mut sql = "create table __diesel_schema_migrations (version varchar(50) primary key not \
                   null, run_on timestamp not null default current_timestamp);"
        .to_owned();
    for (version, name) in EARLIER {
        sql += &migration(backend, name);
        sql += &format!("insert into __diesel_schema_migrations (version) values ('{version}');");
    }
    let at = "'2026-11-23 08:00:00'";
    let [ready, later, running, done] = IDS;
    sql += &format!(
        "insert into worker values ('w', 'h', '0', {at}, {at}, 'alive');
         insert into request (id, reference, \"right\", channel, law_profile, law_version, clock, \
           received_at, due_on, due_at, phase, phase_data, person) values ('{REQUEST}', 'HB-1', 'erasure', \
           'api', 'eu', '1', '{{}}', {at}, '2026-12-23', {at}, 'verified', '{{}}', {bytes});
         insert into store_gate (store_id, max_running) values ('shop', 4);"
    );
    let columns = "id, request_id, store_id, verb, slot, state, due_at, not_before, attempts, \
                   lease_epoch, lease_owner, outcome, outcome_at, result";
    for (id, rest) in [
        (
            ready,
            format!("'1', 'ready', {at}, null, 0, 0, null, null, null, null"),
        ),
        (
            later,
            format!("'2', 'ready', {at}, {at}, 3, 3, null, null, null, null"),
        ),
        (
            running,
            format!("'3', 'running', {at}, null, 1, 1, 'w', null, null, null"),
        ),
        (
            done,
            format!("'4', 'done', {at}, null, 1, 1, null, 'erased', {at}, {bytes}"),
        ),
    ] {
        sql += &format!(
            "insert into step ({columns}) values ('{id}', '{REQUEST}', 'shop', 'erase', {rest});"
        );
    }
    sql += &format!(
        "insert into effect values ('{done}', 'k', 1, {at}, {at}, {at});
         insert into step_attempt (step_id, lease_epoch, worker_id, started_at) \
           values ('{done}', 1, 'w', {at});"
    );
    run_allowed(location, &sql);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_of_an_earlier_version_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let server = Database::fresh();
    for location in [
        Location::Sqlite(dir.path().join("habeas.sqlite")),
        Location::Postgres(server.url().to_owned()),
    ] {
        fill(&location);
        let db = Db::open(&location).unwrap();
        let ids = IDS.map(|id| id.parse::<StepId>().unwrap());
        let (states, attempts, result, effect) = db
            .read(move |tx| {
                let steps = ids.map(|id| steps::get(tx, id));
                let [a, b, c, d] = steps;
                let (a, b, c, d) = (a?, b?, c?, d?);
                let effect = habeas_storage::queue::effect(tx, d.id)?;
                let states = [a.state, b.state, c.state, d.state];
                Ok::<_, DbError>((states, b.attempts, d.result, effect))
            })
            .await
            .unwrap();
        use State::{Delayed, Done, Ready, Running};
        assert_eq!(states, [Ready, Delayed, Running, Done]);
        assert_eq!(attempts, 3);
        assert_eq!(result.as_deref(), Some([1].as_slice()));
        assert_eq!(effect.expect("the intent is still known").key, "k");
    }
}
