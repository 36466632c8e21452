//! Random worlds in MariaDB, each in a database of its own, against a model that knows no SQL.

#[path = "../../sql/worlds/random/found.rs"]
mod found;
#[path = "../../sql/worlds/random/mod.rs"]
mod random;
mod shop;

use habeas_connector::Connector;
use habeas_connector_mysql::{MysqlConnector, Options};
use habeas_domain::data_map::DataMap;
use habeas_testkit::mariadb::Database;
use mysql_async::{Conn, Opts, Row, from_value, prelude::Queryable};
use random::{Home, Late, Words, World, cases, every, promises};

struct Place(Database);

impl Place {
    fn ask(&self, sql: &str) -> Vec<Row> {
        let ask = async {
            let opts = Opts::from_url(self.0.url()).expect("the URL is sound");
            let mut conn = Conn::new(opts).await?;
            let rows = conn.query(sql).await?;
            conn.disconnect().await?;
            Ok(rows)
        };
        // The caller stands in a task of its runtime.
        let answer: mysql_async::Result<_> =
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(ask));
        answer.unwrap_or_else(|error| panic!("{error}: {sql}"))
    }
}

impl Home for Place {
    const WORDS: Words = Words {
        text: "varchar(60)",
        cast: "char",
        before: "set foreign_key_checks = 0;",
        after: "set foreign_key_checks = 1;",
        keys_afterwards: false,
        late: Late::Never,
        refuses_rings: Some("1451"),
        // A column that cannot be null can declare no `set null` here, and none `set default`.
        actions: &["no action", "cascade", "restrict"],
        acts_row_by_row: true,
    };

    fn built(script: &str) -> Self {
        let place = Place(Database::fresh());
        place.0.run(script);
        place
    }

    fn connector(&self, map: DataMap, options: Options) -> Box<dyn Connector> {
        let connector = MysqlConnector::new(self.0.url(), map, options);
        Box::new(connector.expect("the URL is sound"))
    }

    fn run(&self, sql: &str) {
        self.0.run(sql);
    }

    fn read(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let rows = self.ask(sql).into_iter();
        rows.map(|row| row.unwrap().into_iter().map(from_value).collect())
            .collect()
    }

    /// Our own statements are checked by the server, row by row; what a foreign key points at is
    /// looked at again here.
    fn broken(&self) -> Vec<String> {
        let sql = "select concat('select count(*) from `', k.table_name, '` a where ', \
                   group_concat('a.`', k.column_name, '` is not null' separator ' and '), \
                   ' and not exists (select 1 from `', k.referenced_table_name, '` b where ', \
                   group_concat('a.`', k.column_name, '` = b.`', k.referenced_column_name, '`' \
                   separator ' and '), ')') \
                   from information_schema.key_column_usage k \
                   where k.table_schema = database() and k.referenced_table_name is not null \
                   group by k.table_name, k.constraint_name, k.referenced_table_name";
        let queries = self.read(sql).into_iter().flatten().flatten();
        queries
            .filter(|query| self.read(query) != [[Some("0".to_owned())]])
            .collect()
    }

    fn fail_at(&self, world: &World, nth: usize) {
        let mut sql =
            format!("create table countdown (n integer); insert into countdown values ({nth});");
        for table in &world.tables {
            let name = &table.name;
            for event in ["update", "delete"] {
                sql += &format!(
                    "create trigger {name}_{event} before {event} on {name} for each row begin \
                     update countdown set n = n - 1; \
                     if (select n from countdown) = 0 then \
                     signal sqlstate '45000' set message_text = 'not now'; end if; end;"
                );
            }
        }
        self.ask(&sql);
    }

    fn fail_no_more(&self, _world: &World) {
        self.run("update countdown set n = 0");
    }
}

#[test]
fn everybody_one_by_one_ends_as_the_model_says() {
    every(
        cases(40),
        &Place::WORDS,
        promises::everybody_one_by_one::<Place>,
    );
}

#[test]
fn everybody_at_once_ends_as_one_by_one() {
    every(
        cases(40),
        &Place::WORDS,
        promises::everybody_at_once::<Place>,
    );
}

#[test]
fn keys_in_a_circle_end_as_the_model_says() {
    promises::circles::<Place>(cases(15));
}

#[test]
fn a_failure_at_any_change_leaves_all_or_nothing() {
    every(
        cases(40),
        &Place::WORDS,
        promises::everybody_in_spite_of_a_failure::<Place>,
    );
}
