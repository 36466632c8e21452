//! One store takes connections and says nothing, or says it a few bytes at a time. The other store's
//! work goes on, patience ends the calls, and when the store is well again so is everything.

use super::{Played, calm, judge, open, swarm};
use crate::{
    check::{Found, Invariant},
    rig::{
        PACE, PATIENCE,
        installation::{Installation, Stage},
        wire::Rule,
        within,
    },
};

pub async fn play(mut stage: Stage) -> anyhow::Result<Played> {
    let (house, _officer) = open(&stage, 8).await?;
    let dice = &mut stage.dice;
    let silent = dice.heads();
    house
        .outlet_wire
        .set(if silent { Rule::Silence } else { Rule::Drip });
    house.fault();
    let swarm = swarm(&house, dice, 5)?;
    elsewhere(&house).await;
    if silent {
        within(PATIENCE, "patience to end", given_up(&house)).await?;
    }
    calm(&house).await?;
    judge(&house, swarm, 1).await
}

/// Every request has been looked for in the store that is well.
async fn elsewhere(house: &Installation) {
    let sql = "select count(*) from step where store_id = 'shop' and verb = 'locate' \
               and state in ('done', 'absent')";
    let mut look = tokio::time::interval(PACE);
    let done = async {
        loop {
            look.tick().await;
            let count = house.control.value(sql).await.ok().flatten();
            if count.and_then(|count| count.parse::<u32>().ok()) >= Some(5) {
                return;
            }
        }
    };
    // Less than the patience with the store that is not: nothing may wait for that.
    let limit = std::time::Duration::from_secs(50);
    if let Err(late) = within(limit, "the search in the store that is well", done).await {
        house.note(|seen| {
            seen.found.push(Found::new(
                Invariant::Answers,
                "the work in one store not to wait for another",
                late.to_string(),
            ));
        });
    }
}

/// A call to the silent store was ended and its place is free.
async fn given_up(house: &Installation) {
    let sql = "select count(*) from step where store_id = 'outlet' and last_class is not null";
    let mut look = tokio::time::interval(PACE);
    loop {
        look.tick().await;
        let count = house.control.value(sql).await.ok().flatten();
        if count.is_some_and(|count| count != "0") {
            return;
        }
    }
}
