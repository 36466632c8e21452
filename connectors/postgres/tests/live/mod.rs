//! Reference data in a database of its own.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::PathBuf;

use habeas_connector::{Subject, conformance::script};
use habeas_connector_postgres::{Options, PostgresConnector};
use habeas_domain::{Identifier, data_map::DataMap, outcome::CollectionRows};
use habeas_testkit::postgres::Database;
use tokio_postgres::NoTls;

pub struct Live {
    database: Database,
}

/// A file of the reference data; a test without it says so and passes.
#[expect(clippy::print_stderr, reason = "whoever runs the tests should know")]
pub fn reference(path: &str) -> Option<PathBuf> {
    let found = habeas_testkit::shared::data(path);
    if found.is_none() {
        eprintln!("left out: the reference data is not there");
    }
    found
}

impl Live {
    pub fn copy_of(template: &str, fill: impl FnOnce(&str)) -> Live {
        Live {
            database: Database::copy_of(template, fill),
        }
    }

    pub fn url(&self) -> &str {
        self.database.url()
    }

    pub fn run(&self, sql: &str) {
        self.database.run(sql);
    }

    pub fn connector(&self, map: &str) -> PostgresConnector {
        let map = DataMap::parse("map.yaml", map).unwrap();
        PostgresConnector::new(self.url(), map, Options::default()).unwrap()
    }

    async fn ask(&self, sql: &str) -> String {
        let (client, connection) = tokio_postgres::connect(self.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// The one text column of a query.
    pub async fn lines(&self, sql: &str) -> Vec<String> {
        let (client, connection) = tokio_postgres::connect(self.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        let rows = client.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub async fn counts<const N: usize>(&self, tables: [&str; N]) -> [u64; N] {
        let mut counts = [0; N];
        for (count, table) in counts.iter_mut().zip(tables) {
            let rows = self
                .ask(&format!("select count(*)::text from {table}"))
                .await;
            *count = rows.parse().unwrap();
        }
        counts
    }

    /// Counts and checksums of whole tables.
    pub async fn fingerprint(&self, tables: &[&str]) -> Vec<String> {
        let mut prints = Vec::new();
        for table in tables {
            let sql = format!(
                "select count(*) || ' ' || md5(string_agg(t::text, '|' order by t::text)) from {table} t"
            );
            prints.push(format!("{table}: {}", self.ask(&sql).await));
        }
        prints
    }
}

pub fn person(email: &str) -> Subject {
    script::subject(&Identifier::email(email).unwrap())
}

pub fn rows(located: &[CollectionRows]) -> Vec<u64> {
    located.iter().map(|collection| collection.rows).collect()
}

/// The sum of a money column of an export, to the cent.
pub fn sum(export: &script::Export, collection: &str, column: &str) -> f64 {
    let values = export
        .rows
        .iter()
        .filter(|(name, _)| name == collection)
        .flat_map(|(_, record)| record)
        .filter(|(name, _)| **name == *column)
        .map(|(_, value)| match value.to_json() {
            serde_json::Value::String(digits) => digits.parse::<f64>().unwrap(),
            number => number.as_f64().unwrap(),
        });
    (values.sum::<f64>() * 100.0).round() / 100.0
}

/// How many rows of a collection an export has, and their numbers in order.
pub fn ids(export: &script::Export, collection: &str, column: &str) -> String {
    let rows = export.rows.iter().filter(|(name, _)| name == collection);
    let values = rows.flat_map(|(_, record)| record);
    let values = values.filter(|(name, _)| **name == *column);
    let mut ids: Vec<i64> = values
        .map(|(_, value)| value.to_json().as_i64().unwrap())
        .collect();
    ids.sort_unstable();
    let words: Vec<String> = ids.iter().map(i64::to_string).collect();
    format!("{} {}", ids.len(), words.join(","))
}
