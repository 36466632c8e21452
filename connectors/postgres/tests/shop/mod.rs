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

pub struct Shop {
    connector: PostgresConnector,
    database: Database,
}

pub async fn world() -> Option<Shop> {
    Some(Shop::with(MAP, Options::default()))
}

impl Shop {
    pub fn with(map: &str, options: Options) -> Shop {
        let database = Database::fresh();
        let text = [SCHEMA, VISIT, DATA].concat();
        database.run(
            &text
                .replace("{bytes}", "bytea")
                .replace("{photo}", "'\\x00ff10'"),
        );
        let map = DataMap::parse("map.yaml", map).expect("the map is sound");
        let connector = PostgresConnector::new(database.url(), map, options);
        Shop {
            connector: connector.expect("the URL is sound"),
            database,
        }
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
