//! A client goes away in the middle of a call, at a byte that the dice choose, or after the last one.
//! No transaction stays open, and what comes next is served as if nothing had been.

use super::{Played, Swarm, judge, open, wish};
use crate::{
    check::{Found, Invariant},
    rig::{
        PACE,
        http::{self, Call},
        installation::{Backend, Installation, Stage},
        subject::{Door, Wish},
        within,
    },
};

pub async fn play(mut stage: Stage) -> anyhow::Result<Played> {
    let (house, _officer) = open(&stage, 30).await?;
    let dice = &mut stage.dice;
    let rounds = 8;
    let mut swarm = tokio::task::JoinSet::new();
    for round in 0..rounds {
        let wish = Wish {
            door: Door::Api,
            ..wish(&house, dice)?
        };
        let key = format!("api-{}-{}", wish.person, wish.right);
        let call = wish.call(&key);
        house.note(|seen| seen.keys.insert(key));
        let length = u64::try_from(call.length(&house.host))?;
        let bytes = if round == 0 {
            length
        } else {
            dice.between(1, length)
        };
        http::break_off(&house.host, &call, usize::try_from(bytes)?).await?;
        house.fault();
        let code = Call::json("/v1/requests/HB-00000-00000/code", &serde_json::json!({}));
        let bytes = dice.between(1, u64::try_from(code.length(&house.host))?);
        http::break_off(&house.host, &code, usize::try_from(bytes)?).await?;
        house.fault();
        let house = std::sync::Arc::clone(&house);
        swarm.spawn(async move { house.make(wish).await });
    }
    nothing_open(&house).await;
    judge(&house, Swarm(swarm), rounds).await
}

/// No connection of Habeas waits inside a transaction. On SQLite the next write would wait for it,
/// and every client of the swarm writes.
async fn nothing_open(house: &Installation) {
    if house.backend == Backend::Sqlite {
        return;
    }
    let sql = "select count(*) from pg_stat_activity where datname = current_database() \
               and state like 'idle in transaction%' \
               and state_change < now() - interval '1 second'";
    let mut look = tokio::time::interval(PACE);
    let closed = async {
        while house.control.value(sql).await.ok().flatten().as_deref() != Some("0") {
            look.tick().await;
        }
    };
    let limit = std::time::Duration::from_secs(5);
    if let Err(late) = within(limit, "transactions to end", closed).await {
        house.note(|seen| {
            seen.found.push(Found::new(
                Invariant::Answers,
                "no transaction left open by a client that is gone",
                late.to_string(),
            ));
        });
    }
}
