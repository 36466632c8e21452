//! What the tests need of a server besides the connector.

#![allow(dead_code, reason = "each test takes what it needs")]

use habeas_connector::{Subject, conformance::script};
use habeas_connector_mysql::{MysqlConnector, Options};
use habeas_domain::{Identifier, data_map::DataMap, outcome::CollectionRows};
use habeas_testkit::mariadb::Database;
use mysql_async::{Conn, Opts};

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
