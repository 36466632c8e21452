//! Access and erasure in PostgreSQL beside `COPY` and beside one hand-written transaction.

mod by_hand;
pub mod world;

use std::{
    fs,
    io::Write as _,
    ops::Range,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use futures::StreamExt as _;
use habeas_connector::{Access, AccessItem, Connector, EraseOrder, Subject, conformance::script};
use habeas_connector_postgres::{Options, PostgresConnector};
use habeas_domain::{Identifier, data_map::DataMap, plan::Decision};
use habeas_testkit::postgres::Server;
use serde::Serializer as _;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::report::{self, Line};
use world::{LARGEST, Size, connect, email, fill};

pub const FULL: Size = Size {
    customers: 100_000,
    events: 1_000_000,
    few: 1_000,
    many: 10_000,
};

pub const SMALL: Size = Size {
    customers: 5_000,
    events: 20_000,
    few: 100,
    many: 1_000,
};

/// What an access of the largest customer may take in memory, in MiB.
const MEMORY: f64 = 100.0;

pub async fn run(size: Size) -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = connect(server.url()).await?;
    let start = Instant::now();
    let rows = fill(&client, size).await?;
    println!(
        "{} customers, {rows} rows, made in {:.0} s",
        size.customers,
        start.elapsed().as_secs_f64()
    );
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("rows");
    let connector = connector(server.url())?;
    let mut lines = Vec::new();

    // Once each before the clock runs, so that both find the same caches.
    let few = 2..2 + size.few;
    by_hand::copy(&client, few.clone(), &file).await?;
    access(&connector, few.clone(), &file).await?;
    lines.push(Line {
        what: format!("access of {} subjects, beside COPY", size.few),
        baseline: by_hand::copy(&client, few.clone(), &file).await?,
        ours: access(&connector, few, &file).await?,
        least: 0.5,
    });

    by_hand::copy(&client, LARGEST..LARGEST + 1, &file).await?;
    let baseline = by_hand::copy(&client, LARGEST..LARGEST + 1, &file).await?;
    let (ours, memory) = apart(server.url(), &file)?;
    lines.push(Line {
        what: format!("access of one subject with {} rows", size.events),
        baseline,
        ours,
        least: 0.5,
    });

    let from = size.customers / 4;
    let small = erase(&connector, from..from + size.few).await?;
    lines.push(Line {
        what: format!("erasure of {} subjects, beside one transaction", size.few),
        baseline: by_hand::erase(&client, from + size.few..from + 2 * size.few).await?,
        ours: small,
        least: 0.5,
    });
    let from = size.customers / 2;
    let large = erase(&connector, from..from + size.many).await?;
    report::print(&lines);
    report::print_limit("memory of the access of one subject", memory, MEMORY, "MiB");
    report::print_limit(
        &format!("erasure of {} beside {}", size.many, size.few),
        large.as_secs_f64() / small.as_secs_f64(),
        11.0 * f64::from(size.many) / f64::from(size.few) / 10.0,
        "times",
    );
    Ok(())
}

fn connector(url: &str) -> anyhow::Result<PostgresConnector> {
    let map = DataMap::parse("map.yaml", include_str!("map.yaml"))?;
    Ok(PostgresConnector::new(url, map, Options::default())?)
}

fn subject(customer: u32) -> anyhow::Result<Subject> {
    Ok(script::subject(&Identifier::email(&email(customer))?))
}

/// Writes every row to a file, one JSON object in a line.
async fn access(
    connector: &PostgresConnector,
    subjects: Range<u32>,
    file: &Path,
) -> anyhow::Result<Duration> {
    let subjects: Vec<Subject> = subjects.map(subject).collect::<anyhow::Result<_>>()?;
    let start = Instant::now();
    let mut out = std::io::BufWriter::new(fs::File::create(file)?);
    for batch in subjects.chunks(connector.capabilities().batch) {
        let access = Access {
            subjects: batch.to_vec(),
            cancel: CancellationToken::new(),
        };
        let mut ended = 0;
        let mut stream = connector.access(access).await?;
        while let Some(item) = stream.next().await {
            match item? {
                AccessItem::Row { record, .. } => {
                    let fields = record.iter().map(|(name, value)| (&**name, value.shown()));
                    serde_json::Serializer::new(&mut out).collect_map(fields)?;
                    out.write_all(b"\n")?;
                }
                AccessItem::End { .. } => ended += 1,
            }
        }
        ensure!(ended == batch.len(), "the stream ended too early");
    }
    out.flush()?;
    Ok(start.elapsed())
}

/// Erases the subjects in batches, as the engine does.
async fn erase(connector: &PostgresConnector, subjects: Range<u32>) -> anyhow::Result<Duration> {
    let first = script::erase_order(connector, subject(subjects.start)?).await;
    let mut orders = Vec::new();
    for customer in subjects {
        let mut order = EraseOrder {
            subject: subject(customer)?,
            effect_key: Uuid::new_v4(),
            plan: first.plan.clone(),
        };
        order.plan.decision = Decision::Act;
        orders.push(order);
    }
    let start = Instant::now();
    for batch in orders.chunks(connector.capabilities().batch) {
        for answer in connector.erase(batch).await? {
            let rows: u64 = answer?.collections.iter().map(|c| c.erased).sum();
            ensure!(rows > 40, "every customer has rows");
        }
    }
    Ok(start.elapsed())
}

/// The access of the largest customer in a process of its own, and the most memory (MiB) that this
/// process had.
fn apart(url: &str, file: &Path) -> anyhow::Result<(Duration, f64)> {
    let output = Command::new(std::env::current_exe()?)
        .args(["sql-one-subject", url])
        .arg(file)
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told = String::from_utf8(output.stdout)?;
    let (seconds, memory) = told.trim().split_once(' ').context("two numbers")?;
    Ok((Duration::from_secs_f64(seconds.parse()?), memory.parse()?))
}

pub async fn one_subject(url: &str, file: &Path) -> anyhow::Result<()> {
    let took = access(&connector(url)?, LARGEST..LARGEST + 1, file).await?;
    let status = fs::read_to_string("/proc/self/status")?;
    let most = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .context("the kernel says how much memory the process had")?;
    let most: f64 = most.trim().parse()?;
    println!("{} {}", took.as_secs_f64(), most / 1024.0);
    Ok(())
}
