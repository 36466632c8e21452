//! A message between a worker and a store, or the mail server, is held in the middle; the workers are
//! killed; then the message arrives all the same, or never does.
//!
//! A kill at every cut inside a step is the business of `tests/processes.rs`.

use std::sync::Arc;

use super::{Played, calm, open, verdict, wish};
use crate::rig::{
    installation::{Backend, Stage},
    wire::Rule,
};

pub async fn play(mut stage: Stage) -> anyhow::Result<Played> {
    // On PostgreSQL each round waits for leases to run out.
    let rounds = match stage.backend {
        Backend::Sqlite => 5,
        Backend::Postgres => 1,
    };
    let (house, _officer) = open(&stage, 8).await?;
    let dice = &mut stage.dice;
    let mut references = Vec::new();
    for _ in 0..rounds {
        let (wire, furthest) = match dice.between(1, 4) {
            1 => (&house.post.wire, 20),
            _ => (&house.outlet_wire, 90),
        };
        let grip = wire.hold(dice.between(1, furthest));
        let (wish, asking) = (wish(&house, dice)?, Arc::clone(&house));
        let made = tokio::spawn(async move {
            let reference = asking.make(wish).await?;
            asking.settle(std::slice::from_ref(&reference)).await?;
            anyhow::Ok(reference)
        });
        tokio::pin!(made);
        // Beyond the last message there is nothing to be killed at.
        let ended = tokio::select! {
            ended = &mut made => Some(ended),
            () = grip.holds() => None,
        };
        let reference = match ended {
            Some(ended) => ended??,
            None => {
                for role in house.workers() {
                    house.kill(*role).await?;
                }
                let late = dice.heads();
                wire.set(if late { Rule::Pass } else { Rule::Cut });
                calm(&house).await?;
                made.await??
            }
        };
        calm(&house).await?;
        references.push(reference);
    }
    verdict(&house, &references, rounds).await
}
