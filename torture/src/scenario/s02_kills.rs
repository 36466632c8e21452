//! Any process is killed at any time while people use it, and is started again.

use super::{Played, judge, open, swarm};
use crate::rig::installation::{Backend, Stage};

pub async fn play(mut stage: Stage) -> anyhow::Result<Played> {
    let (people, kills) = match stage.backend {
        Backend::Sqlite => (12, 6),
        Backend::Postgres => (10, 5),
    };
    let (house, _officer) = open(&stage, 15).await?;
    let dice = &mut stage.dice;
    let swarm = swarm(&house, dice, people)?;
    for _ in 0..kills {
        let role = dice.pick(house.roles());
        let mut passed = house.outlet_wire.passed();
        let goal = *passed.borrow() + dice.between(5, 60);
        // When nothing moves any more, everybody has what they came for or waits for a lease.
        let quiet = tokio::time::timeout(super::QUIET, passed.wait_for(|passed| *passed >= goal));
        let still = quiet.await.is_err();
        house.kill(role).await?;
        house.start_missing().await?;
        if still {
            break;
        }
    }
    judge(&house, swarm, 1).await
}
