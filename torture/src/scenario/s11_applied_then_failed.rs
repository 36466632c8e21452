//! The store commits a deletion and the connection breaks before it can say so. Never "failed" while
//! the data is gone, never "done" while it is there, never twice; the counts come out right.

use super::{Played, calm, open, verdict};
use crate::rig::{
    PATIENCE,
    desk::Officer,
    installation::Stage,
    subject::{Door, Wish},
    wire::{Moment, Rule},
    within,
};

pub async fn play(mut stage: Stage) -> anyhow::Result<Played> {
    let (house, officer) = open(&stage, 5).await?;
    drop(officer);
    let mut references = Vec::new();
    let rounds = 3;
    for _ in 0..rounds {
        let wish = Wish {
            person: house.somebody()?,
            right: "erasure",
            door: stage.dice.pick(&[Door::Api, Door::Form]),
        };
        let reference = house.make(wish).await?;
        house.reaches(&reference, "planned").await?;
        // After the plan the next commit is the erasure's.
        let rule = Rule::LoseAnswer(Moment::Commit);
        house.outlet_wire.set(rule);
        let _officer = Officer::at(&house);
        within(
            PATIENCE,
            "the commit of an erasure",
            house.outlet_wire.leaves(rule),
        )
        .await?;
        house.fault();
        calm(&house).await?;
        house.settle(std::slice::from_ref(&reference)).await?;
        references.push(reference);
    }
    let _officer = Officer::at(&house);
    verdict(&house, &references, rounds).await
}
