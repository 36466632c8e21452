//! A worker is stopped in the middle of an erasure for longer than its lease, another one takes the
//! step over, and then the first goes on where it was: its commit is on the wire already.
//!
//! On SQLite there is nobody to take over: a second process on the same database is refused.

use anyhow::Context as _;

use super::{Played, calm, open, verdict};
use crate::{
    check::{Found, Invariant},
    rig::{
        PACE, PATIENCE,
        installation::{Backend, Installation, Role, Stage},
        process::Signal,
        subject::{Door, Wish},
        wire::Moment,
        within,
    },
};

pub async fn play(stage: Stage) -> anyhow::Result<Played> {
    let (house, officer) = open(&stage, 3).await?;
    // Nobody decides until the wire is ready.
    drop(officer);
    let wish = Wish {
        person: house.somebody()?,
        right: "erasure",
        door: Door::Api,
    };
    let reference = house.make(wish).await?;
    house.reaches(&reference, "planned").await?;
    let grip = house.outlet_wire.hold_next(Moment::Commit);
    let _officer = crate::rig::desk::Officer::at(&house);
    within(PATIENCE, "the commit of an erasure", grip.holds()).await?;
    for role in house.workers() {
        house.signal(*role, Signal::Stop).await?;
    }
    match stage.backend {
        Backend::Sqlite => refused_beside_the_first(&house).await?,
        Backend::Postgres => taken_over(&house).await?,
    }
    calm(&house).await?;
    verdict(&house, &[reference], 1).await
}

async fn refused_beside_the_first(house: &Installation) -> anyhow::Result<()> {
    let second = house.command(&["work", "--until-idle"]).output().await?;
    if second.status.code() != Some(1) {
        house.note(|seen| {
            seen.found.push(Found::new(
                Invariant::Answers,
                "a second process on the same SQLite file to be refused",
                format!("{}", second.status),
            ));
        });
    }
    house.signal(Role::Web, Signal::Continue).await
}

async fn taken_over(house: &Installation) -> anyhow::Result<()> {
    let mut zombies = Vec::new();
    for role in house.workers() {
        let zombie = house
            .hand_over(*role)
            .await
            .context("a stopped worker is there")?;
        zombies.push(zombie);
        house.start(*role).await?;
    }
    let names: Vec<String> = zombies
        .iter()
        .filter_map(|zombie| Some(format!("'process {}'", zombie.pid()?)))
        .collect();
    let sql = format!(
        "select count(*) from worker where state = 'alive' and host in ({})",
        names.join(", ")
    );
    let mut look = tokio::time::interval(PACE);
    let missed = async {
        while house.control.value(&sql).await.ok().flatten().as_deref() != Some("0") {
            look.tick().await;
            // A worker that starts while a stopped one holds a lock may give up, and comes again.
            house.start_missing().await?;
        }
        anyhow::Ok(())
    };
    within(PATIENCE, "stopped workers to be missed", missed).await??;
    calm(house).await?;
    for zombie in &zombies {
        zombie.signal(Signal::Continue).await?;
    }
    // They live on beside their heirs while everything comes to an end, and leave in good order.
    for mut zombie in zombies {
        zombie.signal(Signal::Term).await?;
        within(PATIENCE, "a zombie to end", zombie.ends()).await??;
    }
    Ok(())
}
