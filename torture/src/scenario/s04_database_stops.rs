//! PostgreSQL is stopped as by a power cut and started again while requests come in; on SQLite, where
//! the database is the process, the process is killed among its group commits.

use std::time::Duration;

use super::{Played, judge, open, open_with, swarm};
use crate::{
    check::{Found, Invariant},
    rig::{
        PACE,
        cluster::Cluster,
        http::Call,
        installation::{Backend, Installation, Role, Stage, Wants},
        within,
    },
};

/// After the database is back.
const RECOVERY: Duration = Duration::from_secs(10);

pub async fn play(stage: Stage) -> anyhow::Result<Played> {
    match stage.backend {
        Backend::Sqlite => killed(stage).await,
        Backend::Postgres => stopped(stage).await,
    }
}

async fn killed(mut stage: Stage) -> anyhow::Result<Played> {
    let (house, _officer) = open(&stage, 25).await?;
    let dice = &mut stage.dice;
    let swarm = swarm(&house, dice, 20)?;
    let rounds = 4;
    for _ in 0..rounds {
        // The first letters go out while other requests still come in.
        let mut passed = house.post.wire.passed();
        let goal = *passed.borrow() + dice.between(1, 60);
        let _ = tokio::time::timeout(super::QUIET, passed.wait_for(|p| *p >= goal)).await;
        house.kill(Role::Web).await?;
        house.start_missing().await?;
    }
    judge(&house, swarm, rounds).await
}

async fn stopped(mut stage: Stage) -> anyhow::Result<Played> {
    let mut cluster = Cluster::start().await?;
    let wants = Wants {
        control: Some(cluster.url()),
        ..Wants::persons(10)
    };
    let (house, _officer) = open_with(&stage, wants).await?;
    let dice = &mut stage.dice;
    let swarm = swarm(&house, dice, 8)?;
    let rounds = 3;
    for _ in 0..rounds {
        if let Some(wire) = &house.control_wire {
            let mut passed = wire.passed();
            let goal = *passed.borrow() + dice.between(20, 400);
            let _ = tokio::time::timeout(super::QUIET, passed.wait_for(|p| *p >= goal)).await;
        }
        cluster = cluster.crash().await?;
        house.fault();
        ready_again(&house).await;
    }
    let played = judge(&house, swarm, rounds).await;
    drop(cluster);
    played
}

async fn ready_again(house: &Installation) {
    let mut look = tokio::time::interval(PACE);
    let ready = async {
        loop {
            look.tick().await;
            let answer = house.ask(&Call::get("/readyz")).await;
            if answer.is_ok_and(|answer| answer.status == 200) {
                return;
            }
        }
    };
    if let Err(late) = within(RECOVERY, "/readyz", ready).await {
        house.note(|seen| {
            seen.found.push(Found::new(
                Invariant::Answers,
                "to be ready 10 s after the database is back",
                late.to_string(),
            ));
        });
    }
}
