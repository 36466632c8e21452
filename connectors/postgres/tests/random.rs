//! Random worlds in PostgreSQL, each in a schema of its own, against a model that knows no SQL.

#[path = "../../sql/worlds/random/found.rs"]
mod found;
#[path = "../../sql/worlds/random/mod.rs"]
mod random;
mod shop;

use std::cell::RefCell;

use habeas_connector::Connector;
use habeas_connector_postgres::{Options, PostgresConnector};
use habeas_domain::data_map::DataMap;
use habeas_testkit::postgres::Database;
use random::{Home, Late, Words, World, cases, every, promises};
use tokio_postgres::{NoTls, SimpleQueryMessage};

thread_local! {
    /// Of the database of this test's cases: a test stays on its thread.
    static URL: RefCell<String> = const { RefCell::new(String::new()) };
}

fn database() -> Database {
    let database = Database::fresh();
    URL.set(database.url().to_owned());
    database
}

fn url() -> String {
    URL.with_borrow(Clone::clone)
}

struct Schema {
    name: String,
}

impl Schema {
    fn ask(&self, sql: &str) -> Vec<SimpleQueryMessage> {
        let sql = format!("set search_path = {}; {sql}", self.name);
        let ask = async {
            let connected = tokio_postgres::connect(&url(), NoTls).await;
            let (client, connection) = connected.expect("the server answers");
            tokio::spawn(connection);
            client.simple_query(&sql).await
        };
        // The caller stands in a task of its runtime.
        let answer =
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(ask));
        answer.unwrap_or_else(|error| panic!("{error:?}: {sql}"))
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        self.ask(&format!(
            "set client_min_messages = error; drop schema {} cascade",
            self.name
        ));
    }
}

impl Home for Schema {
    const WORDS: Words = Words {
        text: "text",
        cast: "text",
        before: "",
        after: "",
        keys_afterwards: true,
        late: Late::WhenDeclared,
        refuses_rings: None,
        actions: &[
            "no action",
            "cascade",
            "set null",
            "restrict",
            "set default",
        ],
        acts_row_by_row: false,
    };

    fn built(script: &str) -> Self {
        let schema = Schema {
            name: format!("case_{}", uuid::Uuid::new_v4().simple()),
        };
        schema.ask(&format!("create schema {}; {script}", schema.name));
        schema
    }

    fn connector(&self, map: DataMap, options: Options) -> Box<dyn Connector> {
        let url = format!("{}?options=-csearch_path%3D{}", url(), self.name);
        let connector = PostgresConnector::new(&url, map, options);
        Box::new(connector.expect("the URL is sound"))
    }

    fn run(&self, sql: &str) {
        self.ask(sql);
    }

    fn read(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let answer = self.ask(sql);
        let rows = answer.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                let cells = (0..row.len()).map(|n| row.get(n).map(str::to_owned));
                Some(cells.collect())
            }
            _ => None,
        });
        rows.collect()
    }

    /// The server checks its constraints itself, at the latest when a transaction ends.
    fn broken(&self) -> Vec<String> {
        self.ask("begin; set constraints all immediate; commit");
        Vec::new()
    }

    fn fail_at(&self, world: &World, nth: usize) {
        self.run(&format!(
            "create table countdown (n integer); insert into countdown values ({nth}); \
             create function fail() returns trigger language plpgsql as $$ begin \
             update {0}.countdown set n = n - 1; \
             if (select n from {0}.countdown) = 0 then raise exception 'not now'; end if; \
             if tg_op = 'DELETE' then return old; end if; return new; end $$",
            self.name
        ));
        for table in &world.tables {
            self.run(&format!(
                "create trigger fail before update or delete on {} for each row \
                 execute function fail()",
                table.name
            ));
        }
    }

    fn fail_no_more(&self, _world: &World) {
        self.run("update countdown set n = 0");
    }
}

#[test]
fn everybody_one_by_one_ends_as_the_model_says() {
    let _database = database();
    every(
        cases(20),
        &Schema::WORDS,
        promises::everybody_one_by_one::<Schema>,
    );
}

#[test]
fn everybody_at_once_ends_as_one_by_one() {
    let _database = database();
    every(
        cases(20),
        &Schema::WORDS,
        promises::everybody_at_once::<Schema>,
    );
}

#[test]
fn keys_in_a_circle_end_as_the_model_says() {
    let _database = database();
    promises::circles::<Schema>(cases(15));
}

#[test]
fn a_failure_at_any_change_leaves_all_or_nothing() {
    let _database = database();
    let words = &Schema::WORDS;
    every(
        cases(20),
        words,
        promises::everybody_in_spite_of_a_failure::<Schema>,
    );
}
