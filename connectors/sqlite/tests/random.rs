//! Random worlds in SQLite files, against a model that knows no SQL.

#[path = "../../sql/worlds/random/found.rs"]
mod found;
#[path = "../../sql/worlds/random/mod.rs"]
mod random;
mod shop;

use std::path::PathBuf;

use habeas_connector::{
    Connector,
    conformance::{World as _, script::*},
};
use habeas_connector_sqlite::{Options, SqliteConnector};
use habeas_domain::{Identifier, data_map::DataMap};
use random::{Home, Words, World, cases, every, promises};
use rusqlite::Connection;
use tempfile::TempDir;

struct File {
    path: PathBuf,
    _folder: TempDir,
}

impl File {
    fn open(&self) -> Connection {
        Connection::open(&self.path).expect("the file is there")
    }
}

impl Home for File {
    const WORDS: Words = Words {
        text: "text",
        cast: "text",
        before: "pragma foreign_keys = off; begin;",
        after: "commit;",
        keys_afterwards: false,
        deferrable: true,
        actions: &[
            "no action",
            "cascade",
            "set null",
            "restrict",
            "set default",
        ],
        acts_row_by_row: true,
    };

    fn built(script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("random.sqlite");
        let file = File {
            path,
            _folder: folder,
        };
        file.run(script);
        file
    }

    fn connector(&self, map: DataMap, options: Options) -> Box<dyn Connector> {
        Box::new(SqliteConnector::open(&self.path, map, options))
    }

    fn run(&self, sql: &str) {
        let ran = self.open().execute_batch(sql);
        ran.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    fn read(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let connection = self.open();
        let mut statement = connection.prepare(sql).expect("the query is sound");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|n| row.get(n)).collect());
        rows.and_then(Iterator::collect).expect("the rows are read")
    }

    fn broken(&self) -> Vec<String> {
        let keys = "select \"table\" from pragma_foreign_key_check";
        let whole =
            "select integrity_check from pragma_integrity_check where integrity_check <> 'ok'";
        let lines = self.read(keys).into_iter().chain(self.read(whole));
        lines.flatten().flatten().collect()
    }

    fn fail_at(&self, world: &World, nth: usize) {
        self.run(&format!(
            "create table countdown (n integer); insert into countdown values ({nth})"
        ));
        for table in &world.tables {
            let name = &table.name;
            for event in ["update", "delete"] {
                self.run(&format!(
                    "create trigger {name}_{event} before {event} on {name} begin \
                     update countdown set n = n - 1; \
                     select raise(abort, 'not now') from countdown where n = 0; end"
                ));
            }
        }
    }

    fn fail_no_more(&self, _world: &World) {
        self.run("update countdown set n = 0");
    }
}

#[test]
fn everybody_one_by_one_ends_as_the_model_says() {
    every(
        cases(100),
        &File::WORDS,
        promises::everybody_one_by_one::<File>,
    );
}

#[test]
fn everybody_at_once_ends_as_one_by_one() {
    every(
        cases(100),
        &File::WORDS,
        promises::everybody_at_once::<File>,
    );
}

#[test]
fn a_failure_at_any_change_leaves_all_or_nothing() {
    let words = &File::WORDS;
    every(
        cases(100),
        words,
        promises::everybody_in_spite_of_a_failure::<File>,
    );
}

const CIRCLE: &str = "
habeas: 1
store: circle
title: Circle
collections:
  person:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
    refers_to: [{ collection: person, on: { up: id } }]
  badge:
    key: [id]
    columns: { id: { category: system }, person_id: { category: system } }
    belongs_to: [{ collection: person, on: { person_id: id } }]
";

/// Erases Ada of a world with this column in the row of a person.
async fn refused(up: &str) -> (String, bool) {
    let script = format!(
        "pragma foreign_keys = off;
         create table badge (id integer primary key, person_id integer not null references person (id));
         create table person (id integer primary key, email text, {up});
         insert into person values (1, 'ada@example.org', 1), (2, 'ada@example.org', 1);
         insert into badge values (1, 1);"
    );
    let map = CIRCLE.replace(
        "id: { category: system }\n      email",
        "id: { category: system }\n      up: { category: system }\n      email",
    );
    let shop = shop::Shop::built(&script, &map, Options::default());
    let ada = Identifier::email("ada@example.org").unwrap();
    let order = erase_order(shop.connector(), subject(&ada)).await;
    let before = shop.lines("select id || up from person").await;
    let error = shop
        .connector()
        .erase(&[order])
        .await
        .unwrap()
        .remove(0)
        .unwrap_err();
    let untouched = shop.lines("select id || up from person").await == before;
    (error.code, untouched && shop.count("badge").await == 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_a_circle_that_cannot_be_emptied_are_refused_before_anything_is_done() {
    let circle = "up integer not null references badge (id) on delete restrict";
    assert_eq!(refused(circle).await, ("map_mismatch".to_owned(), true));
}

/// SQLite runs the cascade in the middle of the statement, and counts other rows than it deletes.
#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_within_a_table_that_cannot_be_emptied_is_undone() {
    let cascade = "up integer not null references person (id) on delete cascade";
    assert_eq!(refused(cascade).await, ("rows_changed".to_owned(), true));
}
