//! Every connection that Habeas has to its database goes dead without being closed, as when a
//! firewall forgets it. New ones are sound: Habeas has to find out and open them.

use std::time::Duration;

use super::{Played, calm, open, swarm, verdict, wish};
use crate::{
    check::{Found, Invariant},
    rig::{installation::Stage, within},
};

const REBUILT: Duration = Duration::from_secs(30);

pub async fn play(mut stage: Stage) -> anyhow::Result<Played> {
    let (house, _officer) = open(&stage, 6).await?;
    let mut references = swarm(&house, &mut stage.dice, 4)?.all().await?;
    let Some(wire) = &house.control_wire else {
        anyhow::bail!("only PostgreSQL has a wire");
    };
    // Everybody has asked, so every reader and writer has its connection.
    wire.deafen();
    house.fault();
    let wish = wish(&house, &mut stage.dice)?;
    let asking = std::sync::Arc::clone(&house);
    // Taken by the web process, and a letter by a worker.
    let mut made = tokio::spawn(async move { asking.make(wish).await });
    let served = within(
        REBUILT,
        "a request to be taken and a letter to go out",
        &mut made,
    )
    .await;
    if let Err(late) = &served {
        house.note(|seen| {
            seen.found.push(Found::new(
                Invariant::Answers,
                "dead connections to be replaced within 30 s",
                late.to_string(),
            ));
        });
    }
    calm(&house).await?;
    references.push(match served {
        Ok(made) => made??,
        Err(_) => made.await??,
    });
    verdict(&house, &references, 1).await
}
