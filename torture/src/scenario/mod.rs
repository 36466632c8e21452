//! The fifteen scenarios, each in a file of its own. A scenario breaks something at a moment that
//! the dice choose, lets everything come to rest, and hands over what the checks find. What cannot
//! be played yet says why, and never counts as passed.

mod s01_kill_at_a_message;
mod s02_kills;
mod s03_zombie;
mod s04_database_stops;
mod s05_answer_lost;
mod s06_half_open;
mod s07_disk_full;
mod s09_mail;
mod s10_slow_store;
mod s11_applied_then_failed;
mod s12_client_gone;
mod s15_overload;

use std::{fmt, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use tokio::task::JoinSet;

use crate::{
    check::{self, Found},
    dice::Dice,
    rig::{
        desk::Officer,
        installation::{Backend, Installation, Stage, Wants},
        post::Mood,
        subject::{Door, Wish},
        wire::Rule,
    },
};

/// What playing a scenario came to.
#[derive(Debug, Default)]
pub struct Played {
    pub rounds: u32,
    /// Kills, cuts, lost answers and refusals that really happened.
    pub faults: u32,
    /// Processes that ended by themselves; whoever supervises them started them again.
    pub exits: u32,
    pub found: Vec<Found>,
}

pub type Play = fn(Stage) -> BoxFuture<'static, anyhow::Result<Played>>;

#[derive(Debug, Clone, Copy)]
pub enum Part {
    Played(Play),
    /// Why it cannot be played.
    NotBuilt(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    pub number: u8,
    pub name: &'static str,
    pub sqlite: Part,
    pub postgres: Part,
}

impl Scenario {
    pub fn on(&self, backend: Backend) -> Part {
        match backend {
            Backend::Sqlite => self.sqlite,
            Backend::Postgres => self.postgres,
        }
    }
}

const fn both(number: u8, name: &'static str, play: Play) -> Scenario {
    Scenario {
        number,
        name,
        sqlite: Part::Played(play),
        postgres: Part::Played(play),
    }
}

const fn neither(number: u8, name: &'static str, why: &'static str) -> Scenario {
    Scenario {
        number,
        name,
        sqlite: Part::NotBuilt(why),
        postgres: Part::NotBuilt(why),
    }
}

pub const ALL: [Scenario; 15] = [
    both(1, "kill -9 at a message to a store or the mail", |stage| {
        Box::pin(s01_kill_at_a_message::play(stage))
    }),
    both(2, "kill -9 of any process at any time", |stage| {
        Box::pin(s02_kills::play(stage))
    }),
    both(3, "zombie: stopped past its lease, then on", |stage| {
        Box::pin(s03_zombie::play(stage))
    }),
    both(4, "control database stopped hard", |stage| {
        Box::pin(s04_database_stops::play(stage))
    }),
    both(5, "committed, and the answer lost", |stage| {
        Box::pin(s05_answer_lost::play(stage))
    }),
    Scenario {
        number: 6,
        name: "half-open connection to the database",
        sqlite: Part::NotBuilt("SQLite has no connection"),
        postgres: Part::Played(|stage| Box::pin(s06_half_open::play(stage))),
    },
    Scenario {
        number: 7,
        name: "disk full",
        sqlite: Part::Played(|stage| Box::pin(s07_disk_full::play(stage))),
        postgres: Part::NotBuilt("needs a small volume for a whole server"),
    },
    neither(
        8,
        "S3 fails in all its ways",
        "the default build keeps its vault in a folder",
    ),
    both(9, "mail: later, never, no answer", |stage| {
        Box::pin(s09_mail::play(stage))
    }),
    both(10, "store silent or dripping", |stage| {
        Box::pin(s10_slow_store::play(stage))
    }),
    both(11, "store deletes, and its answer is lost", |stage| {
        Box::pin(s11_applied_then_failed::play(stage))
    }),
    both(12, "client gone in the middle of a POST", |stage| {
        Box::pin(s12_client_gone::play(stage))
    }),
    neither(
        13,
        "clock jumps",
        "needs a clock that can be moved from outside",
    ),
    neither(
        14,
        "backup restored",
        "there is no external checkpoint to be ahead of",
    ),
    both(15, "overload with one store dead", |stage| {
        Box::pin(s15_overload::play(stage))
    }),
];

/// When nothing passes for so long, nothing is about to.
const QUIET: Duration = Duration::from_secs(5);

/// The machine does not allow a scenario.
#[derive(Debug)]
pub struct NotHere(pub &'static str);

impl fmt::Display for NotHere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NotHere {}

/// An installation with an officer at the desk.
async fn open(stage: &Stage, persons: u32) -> anyhow::Result<(Arc<Installation>, Officer)> {
    open_with(stage, Wants::persons(persons)).await
}

async fn open_with(stage: &Stage, wants: Wants) -> anyhow::Result<(Arc<Installation>, Officer)> {
    let house = Installation::open(stage, wants).await?;
    let officer = Officer::at(&house);
    Ok((house, officer))
}

/// What somebody who has not asked yet might want.
fn wish(house: &Installation, dice: &mut Dice) -> anyhow::Result<Wish> {
    let right = dice.pick(&["access", "erasure", "erasure", "opt_out"]);
    let doors = match right {
        // The form of an opt-out shows its reference on a page for people.
        "opt_out" => &[Door::Api][..],
        _ => &[Door::Api, Door::Form],
    };
    Ok(Wish {
        person: house.somebody()?,
        right,
        door: dice.pick(doors),
    })
}

/// A swarm of so many people, each on their way to a proven request.
fn swarm(house: &Arc<Installation>, dice: &mut Dice, people: u32) -> anyhow::Result<Swarm> {
    let mut swarm = JoinSet::new();
    for _ in 0..people {
        let (wish, house) = (wish(house, dice)?, Arc::clone(house));
        swarm.spawn(async move { house.make(wish).await });
    }
    Ok(Swarm(swarm))
}

#[derive(Debug)]
struct Swarm(JoinSet<anyhow::Result<String>>);

impl Swarm {
    /// References of everybody's requests.
    async fn all(mut self) -> anyhow::Result<Vec<String>> {
        let mut references = Vec::new();
        while let Some(made) = self.0.join_next().await {
            references.push(made??);
        }
        Ok(references)
    }
}

/// Ends every fault, lets everything come to rest, and judges.
async fn judge(house: &Installation, swarm: Swarm, rounds: u32) -> anyhow::Result<Played> {
    calm(house).await?;
    let references = tokio::select! {
        references = swarm.all() => references?,
        broken = house.supervise() => match broken? {},
    };
    verdict(house, &references, rounds).await
}

async fn calm(house: &Installation) -> anyhow::Result<()> {
    house.outlet_wire.set(Rule::Pass);
    house.post.wire.set(Rule::Pass);
    house.post.set(Mood::Takes);
    if let Some(wire) = &house.control_wire {
        wire.set(Rule::Pass);
    }
    house
        .impatient
        .store(true, std::sync::atomic::Ordering::SeqCst);
    house.start_missing().await
}

async fn verdict(
    house: &Installation,
    references: &[String],
    rounds: u32,
) -> anyhow::Result<Played> {
    house.settle(references).await?;
    let evidence = house.harvest().await?;
    let mut found = check::check(&evidence);
    found.extend(house.note(|seen| seen.found.clone()));
    Ok(Played {
        rounds,
        faults: house.faults(),
        exits: house.note(|seen| seen.exits),
        found,
    })
}
