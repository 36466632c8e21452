//! A request is recorded, and the client never hears so; on PostgreSQL, neither does Habeas. The
//! client asks again with the same key and is given the same reference.

use super::{Played, Swarm, judge, open, wish};
use crate::rig::{
    http,
    installation::Stage,
    subject::{Door, Wish},
    wire::{Moment, Rule},
};

pub async fn play(mut stage: Stage) -> anyhow::Result<Played> {
    let (house, _officer) = open(&stage, 8).await?;
    let dice = &mut stage.dice;
    let mut swarm = tokio::task::JoinSet::new();
    let rounds = 5;
    for round in 0..rounds {
        let wish = Wish {
            door: Door::Api,
            ..wish(&house, dice)?
        };
        let key = format!("lost-{round}");
        let call = wish.call(&key);
        if let Some(wire) = house.control_wire.as_ref().filter(|_| dice.heads()) {
            wire.set(Rule::LoseAnswer(Moment::Commit));
        }
        house.note(|seen| seen.keys.insert(key.clone()));
        // Everything is sent, and nobody waits for the answer.
        http::break_off(&house.host, &call, usize::MAX).await?;
        house.fault();
        let first = house.submit_as(wish, &key).await?;
        house.submit_as(wish, &key).await?;
        let house = std::sync::Arc::clone(&house);
        swarm.spawn(async move {
            if wish.right != "opt_out" {
                house.prove(&first).await?;
            }
            Ok(first)
        });
    }
    judge(&house, Swarm(swarm), rounds).await
}
