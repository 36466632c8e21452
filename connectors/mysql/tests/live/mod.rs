//! What the tests need of a server besides the connector.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::time::Duration;

use habeas_connector::{Subject, conformance::script};
use habeas_connector_mysql::{MysqlConnector, Options};
use habeas_domain::{Identifier, data_map::DataMap, outcome::CollectionRows};
use habeas_testkit::mariadb::Database;
use mysql_async::{Conn, Opts, prelude::Queryable};

pub fn connect(url: &str, map: &str) -> MysqlConnector {
    connect_with(url, map, Options::default())
}

pub fn connect_with(url: &str, map: &str, options: Options) -> MysqlConnector {
    let map = DataMap::parse("map.yaml", map).unwrap();
    MysqlConnector::new(url, map, options).unwrap()
}

pub async fn client(database: &Database) -> Conn {
    Conn::new(Opts::from_url(database.url()).unwrap())
        .await
        .unwrap()
}

pub fn person(email: &str) -> Subject {
    script::subject(&Identifier::email(email).unwrap())
}

pub fn rows(located: &[CollectionRows]) -> Vec<u64> {
    located.iter().map(|collection| collection.rows).collect()
}

/// Waits until a number that the server tells is as wanted.
pub async fn until(database: &Database, sql: &str, wanted: impl Fn(u64) -> bool) {
    let mut watcher = client(database).await;
    let watch = async {
        loop {
            let number: Option<u64> = watcher.query_first(sql).await.unwrap();
            if number.is_some_and(&wanted) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    patiently(sql, watch).await;
}

/// Waits until somebody waits for a row of this database.
pub async fn until_blocked(database: &Database) {
    let mut watcher = client(database).await;
    // The tables that say it in columns are made anew only when nobody asks for a while.
    let sql = "show engine innodb status";
    let watch = async {
        loop {
            let status: Option<(String, String, String)> = watcher.query_first(sql).await.unwrap();
            let (_, _, text) = status.unwrap();
            let waits = |line: &str| {
                line.contains(database.name()) && line.trim_end().ends_with(" waiting")
            };
            if text.lines().any(waits) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    patiently(sql, watch).await;
}

async fn patiently(what: &str, watch: impl Future<Output = ()>) {
    let watched = tokio::time::timeout(Duration::from_secs(60), watch).await;
    watched.unwrap_or_else(|_| panic!("it never came: {what}"));
}
