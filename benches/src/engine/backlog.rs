//! Databases with a backlog, filled by SQL beside the product.

use anyhow::Context as _;
use habeas_storage::Location;
use habeas_testkit::postgres::Server;

use crate::sql::world::connect;

/// The name of a store by its number.
pub fn store(number: u32) -> String {
    format!("store-{number:03}")
}

/// A fresh database on the server.
pub async fn database(server: &Server, steps: u32) -> anyhow::Result<String> {
    let name = format!("backlog_{steps}");
    let client = connect(server.url()).await?;
    client
        .batch_execute(&format!("create database {name}"))
        .await?;
    let (rest, query) = match server.url().split_once('?') {
        Some((rest, query)) => (rest, format!("?{query}")),
        None => (server.url(), String::new()),
    };
    let (base, _) = rest.rsplit_once('/').context("a URL names a database")?;
    Ok(format!("{base}/{name}{query}"))
}

/// One request with all the steps. The first two stores have the most urgent fifth, the others an
/// equal part of the rest.
pub async fn fill(location: &Location, steps: u32, stores: u32) -> anyhow::Result<()> {
    let series = match location {
        Location::Sqlite(_) => format!(
            "with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < {steps})"
        ),
        Location::Postgres(_) => {
            format!("with n(i) as (select generate_series(0, {steps} - 1))")
        }
    };
    let (number, hex, due, empty) = match location {
        Location::Sqlite(_) => (
            "printf('store-%03d', s)",
            "printf('%012x', i)",
            "strftime('%Y-%m-%d %H:%M:%f', '2026-12-01', '+' || (i * 37 % 100003) || ' seconds', \
             case when s < 2 then '-10 days' else '+0 days' end)",
            "x''",
        ),
        Location::Postgres(_) => (
            "'store-' || lpad(s::text, 3, '0')",
            "lpad(to_hex(i), 12, '0')",
            "timestamp '2026-12-01' + (i::bigint * 37 % 100003) * interval '1 second' \
             - case when s < 2 then interval '10 days' else interval '0' end",
            "'\\x'",
        ),
    };
    let request = "019ab000-0000-7000-8000-000000000009";
    let mut sql = format!(
        "insert into request (id, reference, \"right\", channel, law_profile, law_version, clock, \
           received_at, due_on, due_at, phase, phase_data, person) \
         values ('{request}', 'HB-1', 'erasure', 'api', 'eu', '1', '{{}}', '2026-11-23 08:00:00', \
           '2026-12-23', '2026-12-23 08:00:00', 'approved', '{{}}', {empty});"
    );
    for number in 0..stores {
        sql += &format!(
            "insert into store_gate (store_id, max_running) values ('{}', 4);",
            store(number)
        );
    }
    sql += &format!(
        "{series}, placed(i, s) as (select i, case when i % 5 = 0 then i / 5 % 2 \
           else 2 + i % {} end from n)
         insert into step (id, request_id, store_id, verb, slot, state, due_at)
         select '019ab000-0000-7000-9000-' || {hex}, '{request}', {number}, 'erase', \
           cast(i as text), 'ready', {due} from placed;",
        stores - 2
    );
    match location {
        Location::Sqlite(path) => rusqlite::Connection::open(path)?.execute_batch(&sql)?,
        Location::Postgres(url) => {
            let client = connect(url).await?;
            client.batch_execute(&sql).await?;
            client.batch_execute("analyze").await?;
        }
    }
    Ok(())
}
