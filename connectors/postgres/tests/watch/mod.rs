//! How the stories about servers speak of PostgreSQL, and what they see of it from outside.

use std::time::Duration;

use habeas_connector_postgres::{Options, PostgresConnector};
use habeas_domain::data_map::DataMap;
use tokio_postgres::Client;

use crate::shop::Shop;

pub const SCHEME: &str = "postgres";

pub const WRONG_PASSWORD: &str = "28P01";
pub const WRONG_DATABASE: &str = "3D000";
pub const TOO_LONG: &str = "57014";
pub const ROW_IS_HELD: &str = "55P03";

/// Takes for ever, once per row.
pub const SLOW_VIEW: &str = "create view slow as \
    select id, email || coalesce(pg_sleep(3600)::text, '') as email from person";

pub fn connect(url: &str, map: &str) -> PostgresConnector {
    let map = DataMap::parse("map.yaml", map).unwrap();
    PostgresConnector::new(url, map, Options::default()).unwrap()
}

/// Another session in the shop's database.
pub struct Other(Client);

impl Other {
    pub async fn of(shop: &Shop) -> Other {
        Other(shop.client().await)
    }

    pub async fn says(&mut self, sql: &str) {
        self.0.batch_execute(sql).await.unwrap();
    }
}

/// Waits until the connector sleeps inside the server.
pub async fn until_asleep(shop: &Shop) {
    until(shop, "wait_event = 'PgSleep'", |connections| {
        connections > 0
    })
    .await;
}

/// Waits until no statement of the connector runs any more.
pub async fn until_calm(shop: &Shop) {
    until(shop, "state <> 'idle'", |connections| connections == 0).await;
}

/// Waits until the connector waits for a row.
pub async fn until_blocked(shop: &Shop) {
    until(shop, "wait_event_type = 'Lock'", |connections| {
        connections > 0
    })
    .await;
}

/// Waits until so many connections of the connector are in a state as is wanted.
async fn until(shop: &Shop, state: &str, wanted: impl Fn(i64) -> bool) {
    let watcher = shop.client().await;
    let sql = format!(
        "select count(*) from pg_stat_activity where application_name = 'habeas' and \
         datname = current_database() and {state}"
    );
    let watch = async {
        while !wanted(watcher.query_one(&sql, &[]).await.unwrap().get(0)) {
            tokio::task::yield_now().await;
        }
    };
    let watched = tokio::time::timeout(Duration::from_secs(60), watch).await;
    watched.unwrap_or_else(|_| panic!("it never came: {state}"));
}
