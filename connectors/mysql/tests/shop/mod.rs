//! The make-believe shop in a MariaDB database, its visits in partitions.

#![allow(dead_code, reason = "each test takes what it needs")]

use async_trait::async_trait;
use habeas_connector::{
    Connector,
    conformance::{Person, World},
};
use habeas_connector_mysql::MysqlConnector;
pub use habeas_connector_mysql::Options;
use habeas_domain::data_map::DataMap;
use habeas_testkit::mariadb::Database;

#[path = "../../../sql/worlds/shop/persons.rs"]
mod persons;

const SCHEMA: &str = include_str!("../../../sql/worlds/shop/schema.sql");
const VISIT: &str = include_str!("../../../sql/worlds/shop/visit.mysql.sql");
const DATA: &str = include_str!("../../../sql/worlds/shop/data.sql");
pub const MAP: &str = include_str!("../../../sql/worlds/shop/map.yaml");

/// What the shop says and what MariaDB says instead.
const WORDS: [(&str, &str); 8] = [
    ("{bytes}", "blob"),
    ("{photo}", "x'00ff10'"),
    ("{json}", "json"),
    ("{instant}", "datetime"),
    ("'{today}'", "now()"),
    ("joined timestamp", "joined datetime"),
    // A text of any length cannot be a key, and an index cannot leave rows out.
    ("sku text", "sku varchar(40)"),
    (
        "create unique index payer_once on ledger (payer)  where payer like '[%'",
        "alter table ledger add column erased varchar(40) as (case when payer like '[%' then payer end), \
         add unique index payer_once (erased)",
    ),
];

/// The shop's schema and rows as MariaDB writes them.
pub fn text() -> String {
    translated(&[SCHEMA, VISIT, DATA].concat())
}

/// What a foreign key says that a transaction may put off; `None` where there is no such word.
pub const PUT_OFF: Option<&str> = None;

/// One statement deletes rows of a table that point at each other.
pub const DELETES_TOGETHER: bool = false;

/// Tables by name, columns and a foreign key, whose keys may lead in a circle, and their rows.
pub fn circular(tables: &[(&str, &str, &str)], rows: &str) -> String {
    let create = |(name, columns, key): &(&str, &str, &str)| {
        format!("create table {name} ({columns}, {key});")
    };
    let tables: String = tables.iter().map(create).collect();
    format!("set foreign_key_checks = 0; {tables} {rows} set foreign_key_checks = 1;")
}

pub struct Shop {
    connector: MysqlConnector,
    database: Database,
}

pub async fn world() -> Option<Shop> {
    Some(Shop::with(MAP, Options::default()))
}

fn translated(sql: &str) -> String {
    WORDS
        .iter()
        .fold(sql.to_owned(), |sql, (from, to)| sql.replace(from, to))
}

impl Shop {
    pub fn with(map: &str, options: Options) -> Shop {
        Shop::built(&[SCHEMA, VISIT, DATA].concat(), map, options)
    }

    /// Another world than the shop, in a database of its own.
    pub fn built(text: &str, map: &str, options: Options) -> Shop {
        let database = Database::fresh();
        database.run(&translated(text));
        let map = DataMap::parse("map.yaml", map).expect("the map is sound");
        let connector = MysqlConnector::new(database.url(), map, options);
        Shop {
            connector: connector.expect("the URL is sound"),
            database,
        }
    }

    /// The same store by another map.
    pub fn again(&self, map: &str, options: Options) -> MysqlConnector {
        let map = DataMap::parse("map.yaml", map).expect("the map is sound");
        MysqlConnector::new(self.database.url(), map, options).expect("the URL is sound")
    }

    /// Every delete in the table fails until it is allowed again.
    pub fn forbid_deleting(&self, table: &str) {
        self.run(&format!(
            "create trigger refuse before delete on {table} for each row \
             signal sqlstate '45000' set message_text = 'not now'"
        ));
    }

    /// No trigger may write the table that it watches.
    pub fn put_back_what_is_deleted(&self, table: &str, _columns: &str, _values: &str) {
        unreachable!("no circle of '{table}' is ever opened here");
    }

    pub fn allow_deleting(&self, _table: &str) {
        self.run("drop trigger refuse");
    }

    /// The one column of a query, as text.
    pub async fn lines(&self, sql: &str) -> Vec<String> {
        let answer = self.database.ask(sql);
        answer.lines().map(str::to_owned).collect()
    }

    pub fn url(&self) -> &str {
        self.database.url()
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    pub fn run(&self, sql: &str) {
        self.database.run(&translated(sql));
    }

    pub async fn count(&self, table: &str) -> u64 {
        let answer = self.database.ask(&format!("select count(*) from {table}"));
        answer.trim().parse().expect("a count")
    }
}

#[async_trait]
impl World for Shop {
    fn connector(&self) -> &dyn Connector {
        &self.connector
    }

    fn persons(&self) -> [Person; 2] {
        persons::persons()
    }

    async fn fingerprint_without(&self, persons: &[usize]) -> String {
        let ids = persons::ids(persons);
        let tables = persons::TABLES.map(|(table, owner)| {
            let owner = owner.replace('/', "div");
            format!("select * from {table} where {owner} not in ({ids})")
        });
        let prints = tables.map(|sql| {
            let answer = self.database.ask(&sql);
            let mut lines: Vec<&str> = answer.lines().collect();
            lines.sort_unstable();
            lines.join("\n")
        });
        prints.join("\n--\n")
    }
}
