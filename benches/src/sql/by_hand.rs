//! The same work as a person with SQL would do it: the baselines.

use std::{
    io::Write as _,
    ops::Range,
    path::Path,
    time::{Duration, Instant},
};

use futures::StreamExt as _;
use tokio_postgres::Client;

use super::world::email;

/// Copies the rows of the subjects to a file, one JSON object in a line, a `COPY` for each table.
pub async fn copy(client: &Client, subjects: Range<u32>, file: &Path) -> anyhow::Result<Duration> {
    let start = Instant::now();
    wanted(client, subjects).await?;
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    for rows in [
        "select t.* from customer t join wanted w on t.id = w.id",
        "select t.* from orders t join wanted w on t.customer_id = w.id",
        "select t.* from item t join orders o on o.id = t.order_id join wanted w on o.customer_id = w.id",
        "select t.* from payment t join wanted w on t.customer_id = w.id",
        "select t.* from review t join wanted w on t.customer_id = w.id",
        "select t.* from ticket t join wanted w on t.customer_id = w.id",
        "select t.* from event t join wanted w on t.customer_id = w.id",
    ] {
        let sql = format!("copy (select row_to_json(r) from ({rows}) r) to stdout");
        let mut lines = std::pin::pin!(client.copy_out(&sql).await?);
        while let Some(chunk) = lines.next().await {
            out.write_all(&chunk?)?;
        }
    }
    out.flush()?;
    client.batch_execute("drop table wanted").await?;
    Ok(start.elapsed())
}

/// Deletes the subjects in one transaction, a statement for each table.
pub async fn erase(client: &Client, subjects: Range<u32>) -> anyhow::Result<Duration> {
    let start = Instant::now();
    client.batch_execute("begin").await?;
    wanted(client, subjects).await?;
    client
        .batch_execute(
            "delete from event t using wanted w where t.customer_id = w.id;
             delete from ticket t using wanted w where t.customer_id = w.id;
             delete from review t using wanted w where t.customer_id = w.id;
             delete from payment t using wanted w where t.customer_id = w.id;
             delete from item t using orders o, wanted w
               where o.id = t.order_id and o.customer_id = w.id;
             delete from orders t using wanted w where t.customer_id = w.id;
             delete from customer t using wanted w where t.id = w.id;
             drop table wanted;
             commit",
        )
        .await?;
    Ok(start.elapsed())
}

async fn wanted(client: &Client, subjects: Range<u32>) -> anyhow::Result<()> {
    let emails: Vec<String> = subjects.map(email).collect();
    client
        .execute(
            "create temporary table wanted (id integer primary key)",
            &[],
        )
        .await?;
    client
        .execute(
            "insert into wanted select id from customer where lower(email) = any ($1)",
            &[&emails],
        )
        .await?;
    client.batch_execute("analyze wanted").await?;
    Ok(())
}
