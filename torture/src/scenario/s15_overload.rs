//! Many people at once while one store is dead. Intake takes everybody or says "later", the other
//! store's work goes on, and nothing is lost.

use super::{Played, judge, open, swarm};
use crate::rig::{
    PACE, PATIENCE,
    installation::{Installation, Stage},
    wire::Rule,
    within,
};

const PEOPLE: u32 = 30;

pub async fn play(mut stage: Stage) -> anyhow::Result<Played> {
    let (house, _officer) = open(&stage, PEOPLE).await?;
    house.outlet_wire.set(Rule::Cut);
    house.fault();
    let swarm = swarm(&house, &mut stage.dice, PEOPLE)?;
    within(
        PATIENCE,
        "the search in the store that is well",
        searched(&house),
    )
    .await?;
    judge(&house, swarm, 1).await
}

async fn searched(house: &Installation) {
    let sql = "select count(*) from step where store_id = 'shop' and verb = 'locate' \
               and state in ('done', 'absent')";
    let mut look = tokio::time::interval(PACE);
    loop {
        look.tick().await;
        let count = house.control.value(sql).await.ok().flatten();
        if count.and_then(|count| count.parse::<u32>().ok()) >= Some(PEOPLE) {
            return;
        }
    }
}
