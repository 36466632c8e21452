//! The make-believe shop in a PostgreSQL database, its visits in partitions.

#![allow(dead_code, reason = "each test takes what it needs")]

use async_trait::async_trait;
use habeas_connector::{
    Connector,
    conformance::{Person, World},
};
pub use habeas_connector_postgres::Options;
use habeas_connector_postgres::PostgresConnector;
use habeas_domain::data_map::DataMap;
use habeas_testkit::postgres::Database;
use tokio_postgres::{Client, NoTls};

#[path = "../../../sql/worlds/shop/persons.rs"]
mod persons;

const SCHEMA: &str = include_str!("../../../sql/worlds/shop/schema.sql");
const VISIT: &str = include_str!("../../../sql/worlds/shop/visit.postgres.sql");
const DATA: &str = include_str!("../../../sql/worlds/shop/data.sql");
pub const MAP: &str = include_str!("../../../sql/worlds/shop/map.yaml");

/// What a foreign key says that a transaction may put off; `None` where there is no such word.
pub const PUT_OFF: Option<&str> = Some("deferrable");

/// One statement deletes rows of a table that point at each other.
pub const DELETES_TOGETHER: bool = true;

/// Tables by name, columns and a foreign key, whose keys may lead in a circle, and their rows.
pub fn circular(tables: &[(&str, &str, &str)], rows: &str) -> String {
    let mut text = String::new();
    for (name, columns, _) in tables {
        text += &format!("create table {name} ({columns}); ");
    }
    text += rows;
    for (name, _, key) in tables {
        text += &format!(" alter table {name} add {key};");
    }
    text
}

pub struct Shop {
    connector: PostgresConnector,
    database: Database,
}

pub async fn world() -> Option<Shop> {
    Some(Shop::with(MAP, Options::default()))
}

/// The shop's schema and rows as PostgreSQL writes them.
pub fn text() -> String {
    spelt(&[SCHEMA, VISIT, DATA].concat())
}

fn spelt(text: &str) -> String {
    text.replace("{bytes}", "bytea")
        .replace("{photo}", "'\\x00ff10'")
        .replace("{json}", "jsonb")
        .replace("{instant}", "timestamp")
        .replace("'{today}'", "now()")
}

impl Shop {
    pub fn with(map: &str, options: Options) -> Shop {
        let text = [SCHEMA, VISIT, DATA].concat();
        Shop::built(&text, map, options)
    }

    /// Another world than the shop, in a database of its own.
    pub fn built(text: &str, map: &str, options: Options) -> Shop {
        let database = Database::fresh();
        database.run(&spelt(text));
        let map = DataMap::parse("map.yaml", map).expect("the map is sound");
        let connector = PostgresConnector::new(database.url(), map, options);
        Shop {
            connector: connector.expect("the URL is sound"),
            database,
        }
    }

    /// The same store by another map.
    pub fn again(&self, map: &str, options: Options) -> PostgresConnector {
        let map = DataMap::parse("map.yaml", map).expect("the map is sound");
        PostgresConnector::new(self.database.url(), map, options).expect("the URL is sound")
    }

    /// Every delete in the table fails until it is allowed again.
    pub fn forbid_deleting(&self, table: &str) {
        self.run(&format!(
            "create function refuse() returns trigger language plpgsql as \
             $$ begin raise exception 'not now'; end $$; \
             create trigger refuse before delete on {table} for each row execute function refuse()"
        ));
    }

    /// A row that is deleted stands there again at once, with these values.
    pub fn put_back_what_is_deleted(&self, table: &str, columns: &str, values: &str) {
        self.run(&format!(
            "create function put_back() returns trigger language plpgsql as \
             $$ begin insert into {table} ({columns}) values ({values}); return old; end $$; \
             create trigger put_back after delete on {table} for each row execute function put_back()"
        ));
    }

    pub fn allow_deleting(&self, table: &str) {
        self.run(&format!("drop trigger refuse on {table}"));
    }

    /// The one column of a query, as text.
    pub async fn lines(&self, sql: &str) -> Vec<String> {
        let sql = format!("select q.c::text from ({sql}) q (c)");
        let rows = self.client().await.query(&sql, &[]).await;
        let rows = rows.expect("the rows are read");
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub fn url(&self) -> &str {
        self.database.url()
    }

    pub fn run(&self, sql: &str) {
        self.database.run(sql);
    }

    pub async fn count(&self, table: &str) -> u64 {
        let sql = format!("select count(*) from {table}");
        let row = self
            .client()
            .await
            .query_one(&sql, &[])
            .await
            .expect("a count");
        row.get::<_, i64>(0) as u64
    }

    pub async fn client(&self) -> Client {
        let connected = tokio_postgres::connect(self.database.url(), NoTls).await;
        let (client, connection) = connected.expect("the shop is open");
        tokio::spawn(connection);
        client
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
        let client = self.client().await;
        let ids = persons::ids(persons);
        let mut print = String::new();
        for (table, owner) in persons::TABLES {
            let sql = format!(
                "select coalesce(string_agg(t::text, E'\\n' order by t::text), '') from {table} t \
                 where {owner} not in ({ids})"
            );
            let row = client
                .query_one(&sql, &[])
                .await
                .expect("the rows are read");
            print += &format!("{table}: {}\n", row.get::<_, String>(0));
        }
        print
    }
}
