//! How the stories about servers speak of MariaDB, and what they see of it from outside.

use std::time::Duration;

use mysql_async::{
    Conn,
    prelude::{FromRow, Queryable},
};

pub use crate::live::connect;
use crate::{live::client, shop::Shop};

pub const SCHEME: &str = "mysql";

pub const WRONG_PASSWORD: &str = "1045";
pub const WRONG_DATABASE: &str = "1049";
pub const TOO_LONG: &str = "1969";
pub const ROW_IS_HELD: &str = "1205";

/// Takes for ever, once per row.
pub const SLOW_VIEW: &str = "create view slow as \
    select id, concat(email, nullif(sleep(3600), 0)) as email from person";

/// Another session in the shop's database.
pub struct Other(Conn);

impl Other {
    pub async fn of(shop: &Shop) -> Other {
        Other(client(shop.database()).await)
    }

    pub async fn says(&mut self, sql: &str) {
        self.0.query_drop(sql).await.unwrap();
    }
}

/// Waits until the connector sleeps inside the server.
pub async fn until_asleep(shop: &Shop) {
    until_sleepers(shop, |connections| connections > 0).await;
}

/// Waits until nothing sleeps inside the server any more.
pub async fn until_calm(shop: &Shop) {
    until_sleepers(shop, |connections| connections == 0).await;
}

/// Waits until so many connections sleep inside the server as is wanted.
async fn until_sleepers(shop: &Shop, wanted: impl Fn(u64) -> bool) {
    let sql = format!(
        "select count(*) from information_schema.processlist \
         where state = 'User sleep' and db = '{}'",
        shop.database().name()
    );
    until(shop, &sql, |connections: u64| wanted(connections)).await;
}

/// Waits until somebody waits for a row of the shop.
pub async fn until_blocked(shop: &Shop) {
    // The tables that say it in columns are made anew only when nobody asks for a while.
    let sql = "show engine innodb status";
    let name = shop.database().name();
    let waits = |line: &str| line.contains(name) && line.trim_end().ends_with(" waiting");
    until(shop, sql, |(_, _, text): (String, String, String)| {
        text.lines().any(waits)
    })
    .await;
}

/// Waits until the row that the server answers is as wanted.
async fn until<R: FromRow + Send + 'static>(shop: &Shop, sql: &str, wanted: impl Fn(R) -> bool) {
    let mut watcher = client(shop.database()).await;
    let watch = async {
        loop {
            let row: Option<R> = watcher.query_first(sql).await.unwrap();
            if row.is_some_and(&wanted) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let watched = tokio::time::timeout(Duration::from_secs(60), watch).await;
    watched.unwrap_or_else(|_| panic!("it never came: {sql}"));
}
