//! The engine's queue: what a claim costs with a large backlog beside a small one, on both
//! databases.

mod backlog;

use std::time::{Duration, Instant};

use anyhow::ensure;
use habeas_domain::WorkerId;
use habeas_storage::{
    Db, DbError, Location,
    queue::{self, Lease, Order, Trouble},
    steps::{State, Step},
};
use habeas_testkit::postgres::Server;
use jiff::{SignedDuration, Timestamp};

use crate::report;

/// Ready steps of the two backlogs, over so many stores.
pub struct Size {
    pub large: u32,
    pub small: u32,
    pub stores: u32,
    /// Claims that are timed, after a tenth as many that are not.
    pub claims: usize,
}

pub const FULL: Size = Size {
    large: 1_000_000,
    small: 1_000,
    stores: 200,
    claims: 400,
};

pub const SMALL: Size = Size {
    large: 50_000,
    small: 1_000,
    stores: 200,
    claims: 50,
};

/// How much longer a claim may take with the large backlog, at the 99th percentile.
const MOST: f64 = 5.0;

pub async fn run(size: Size) -> anyhow::Result<()> {
    let server = Server::start()?;
    let folder = tempfile::tempdir()?;
    println!(
        "claims of 8 calls, {} stores, two of them blocked with the most urgent fifth of all steps\n",
        size.stores
    );
    println!(
        "{:12} {:>12} {:>10} {:>10}",
        "", "ready steps", "p50", "p99"
    );
    let mut ratios = Vec::new();
    for backend in ["PostgreSQL", "SQLite"] {
        let mut worst = Vec::new();
        for steps in [size.small, size.large] {
            let location = match backend {
                "PostgreSQL" => Location::Postgres(backlog::database(&server, steps).await?),
                _ => Location::Sqlite(folder.path().join(format!("{steps}.sqlite"))),
            };
            let db = Db::open(&location)?;
            drop(db);
            backlog::fill(&location, steps, size.stores).await?;
            let took = claims(&location, &size).await?;
            let at = |part: usize| took[(took.len() - 1) * part / 100];
            println!(
                "{backend:12} {steps:>12} {:>7.2} ms {:>7.2} ms",
                milliseconds(at(50)),
                milliseconds(at(99))
            );
            worst.push(milliseconds(at(99)));
        }
        ratios.push((backend, worst[1] / worst[0]));
    }
    println!();
    for (backend, ratio) in ratios {
        let what = format!("p99 with {} beside {}, {backend}", size.large, size.small);
        report::print_limit(&what, ratio, MOST, "times");
    }
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// How long each claim took, sorted. What was claimed is ended before the next.
async fn claims(location: &Location, size: &Size) -> anyhow::Result<Vec<Duration>> {
    let db = Db::open(location)?;
    let now = Timestamp::from_microsecond(Timestamp::now().as_microsecond())?;
    let later = now + SignedDuration::from_hours(1);
    let me = WorkerId::fresh();
    db.write(move |tx| {
        queue::register_worker(tx, me, "bench", "0", now, later)?;
        for store in 0..2 {
            queue::troubled(tx, &backlog::store(store), Trouble::Refused, later)?;
        }
        Ok::<_, DbError>(())
    })
    .await?;
    let order = Order {
        me,
        stores: (0..size.stores).map(backlog::store).collect(),
        slots: 8,
        patience: SignedDuration::from_mins(15),
    };
    let mut took = Vec::new();
    for turn in 0..size.claims + size.claims / 10 {
        let order = order.clone();
        let start = Instant::now();
        let calls = db.write(move |tx| queue::claim(tx, &order, now)).await?;
        if turn >= size.claims / 10 {
            took.push(start.elapsed());
        }
        let steps: Vec<Step> = calls.into_iter().flatten().collect();
        let blocked =
            |step: &Step| step.store == backlog::store(0) || step.store == backlog::store(1);
        ensure!(!steps.iter().any(blocked), "a blocked store was called");
        // A small backlog is worked off before the clock stops: what ended comes back.
        db.write(move |tx| end(tx, &steps, now)).await?;
    }
    took.sort();
    Ok(took)
}

fn end(tx: &mut habeas_storage::Tx<'_>, steps: &[Step], now: Timestamp) -> Result<(), DbError> {
    for step in steps {
        let lease = Lease {
            step: step.id,
            epoch: step.lease_epoch,
        };
        match step.attempts {
            // Half of them go back to the end of nothing: the backlog keeps its size.
            0..=1 => queue::give_back(tx, lease, "bench", now)?,
            _ => queue::complete(tx, lease, State::Done, "erased", None, now)?,
        }
    }
    Ok(())
}
