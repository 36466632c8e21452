//! The make-believe shop in a SQLite file.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use habeas_connector::{
    Connector,
    conformance::{Person, World},
};
pub use habeas_connector_sqlite::Options;
use habeas_connector_sqlite::SqliteConnector;
use habeas_domain::data_map::DataMap;
use rusqlite::{Connection, types::Value};
use tempfile::TempDir;

#[path = "../../../sql/worlds/shop/persons.rs"]
mod persons;

const SCHEMA: &str = include_str!("../../../sql/worlds/shop/schema.sql");
const VISIT: &str = include_str!("../../../sql/worlds/shop/visit.sqlite.sql");
const DATA: &str = include_str!("../../../sql/worlds/shop/data.sql");
pub const MAP: &str = include_str!("../../../sql/worlds/shop/map.yaml");

/// What a foreign key says that a transaction may put off; `None` where there is no such word.
pub const PUT_OFF: Option<&str> = Some("");

/// One statement deletes rows of a table that point at each other.
pub const DELETES_TOGETHER: bool = true;

/// Tables by name, columns and a foreign key, whose keys may lead in a circle, and their rows.
pub fn circular(tables: &[(&str, &str, &str)], rows: &str) -> String {
    let create = |(name, columns, key): &(&str, &str, &str)| {
        format!("create table {name} ({columns}, {key});")
    };
    let tables: String = tables.iter().map(create).collect();
    format!("pragma foreign_keys = off; {tables} {rows}")
}

pub struct Shop {
    connector: SqliteConnector,
    path: PathBuf,
    _folder: TempDir,
}

pub async fn world() -> Option<Shop> {
    Some(Shop::with(MAP, Options::default()))
}

impl Shop {
    pub fn with(map: &str, options: Options) -> Shop {
        let text = [SCHEMA, VISIT, DATA].concat();
        Shop::built(&text, map, options)
    }

    /// Another world than the shop, in a file of its own.
    pub fn built(text: &str, map: &str, options: Options) -> Shop {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("shop.sqlite");
        let text = text
            .replace("{bytes}", "blob")
            .replace("{photo}", "x'00ff10'")
            .replace("{json}", "text")
            .replace("{instant}", "datetime")
            .replace("'{today}'", "datetime('now')");
        Connection::open(&path)
            .and_then(|connection| connection.execute_batch(&text))
            .expect("the shop is filled");
        let map = DataMap::parse("map.yaml", map).expect("the map is sound");
        Shop {
            connector: SqliteConnector::open(&path, map, options),
            path,
            _folder: folder,
        }
    }

    /// The same store by another map.
    pub fn again(&self, map: &str, options: Options) -> SqliteConnector {
        let map = DataMap::parse("map.yaml", map).expect("the map is sound");
        SqliteConnector::open(&self.path, map, options)
    }

    /// Every delete in the table fails until it is allowed again.
    pub fn forbid_deleting(&self, table: &str) {
        self.run(&format!(
            "create trigger refuse before delete on {table} begin select raise(abort, 'not now'); end"
        ));
    }

    /// A row that is deleted stands there again at once, with these values.
    pub fn put_back_what_is_deleted(&self, table: &str, columns: &str, values: &str) {
        self.run(&format!(
            "create trigger put_back after delete on {table} begin \
             insert into {table} ({columns}) values ({values}); end"
        ));
    }

    pub fn allow_deleting(&self, _table: &str) {
        self.run("drop trigger refuse");
    }

    /// The one column of a query, as text.
    pub async fn lines(&self, sql: &str) -> Vec<String> {
        let connection = Connection::open(&self.path).expect("the shop is open");
        let sql = format!("with q (c) as ({sql}) select cast(c as text) from q");
        let mut statement = connection.prepare(&sql).expect("the query is sound");
        let lines = statement.query_map([], |row| row.get::<_, Option<String>>(0));
        lines
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .expect("the rows are read")
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub async fn count(&self, table: &str) -> u64 {
        let connection = Connection::open(&self.path).expect("the shop is open");
        let sql = format!("select count(*) from {table}");
        let rows: u32 = connection
            .query_row(&sql, [], |row| row.get(0))
            .expect("a count");
        rows.into()
    }

    pub fn run(&self, sql: &str) {
        let connection = Connection::open(&self.path).expect("the shop is open");
        connection.execute_batch(sql).expect("the statement runs");
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
        let connection = Connection::open(&self.path).expect("the shop is open");
        let ids = persons::ids(persons);
        let mut print = String::new();
        for (table, owner) in persons::TABLES {
            let sql = format!("select * from {table} where {owner} not in ({ids}) order by 1, 2");
            let mut statement = connection.prepare(&sql).expect("the table is there");
            let columns = statement.column_count();
            let rows: Vec<Vec<Value>> = statement
                .query_map([], |row| (0..columns).map(|n| row.get(n)).collect())
                .and_then(Iterator::collect)
                .expect("the rows are read");
            print += &format!("{table}: {rows:?}\n");
        }
        print
    }
}
