//! Random worlds in SQLite files, against a model that knows no SQL.

#[path = "../../sql/worlds/random/found.rs"]
mod found;
#[path = "../../sql/worlds/random/mod.rs"]
mod random;
mod shop;

use std::path::PathBuf;

use habeas_connector::Connector;
use habeas_connector_sqlite::{Options, SqliteConnector};
use habeas_domain::data_map::DataMap;
use random::{Home, Late, Words, World, cases, every, promises};
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
        late: Late::Always,
        refuses_rings: None,
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
fn keys_in_a_circle_end_as_the_model_says() {
    promises::circles::<File>(cases(40));
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
