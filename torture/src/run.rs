//! A run: every scenario on every backend that was asked for, again and again until the time is up.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::anyhow;
use futures::FutureExt as _;
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    dice::Dice,
    rig::installation::{Backend, Stage},
    scenario::{ALL, NotHere, Part, Played, Scenario},
    table::{Line, Table},
};

/// What to play.
#[derive(Debug, Clone)]
pub struct Run {
    pub seed: u64,
    pub backends: Vec<Backend>,
    /// Numbers of scenarios; all of them when empty.
    pub scenarios: Vec<u8>,
    /// Begins no pass after this long. The first one is always played.
    pub time: Duration,
    /// Scenarios that are played side by side. Most of them wait most of the time.
    pub at_once: usize,
    /// This process has a mount namespace of its own, in which it is root.
    pub may_mount: bool,
    /// The program that is tested.
    pub habeas: PathBuf,
}

impl Run {
    pub async fn play(&self, mut told: impl FnMut(&str)) -> Table {
        let begun = Instant::now();
        let mut lines: BTreeMap<(u8, Backend), Line> = BTreeMap::new();
        let mut pass = 0;
        while pass == 0 || begun.elapsed() < self.time {
            // The first pass has the seed itself, so that `--seed` repeats any one pass.
            let seed = self.seed.wrapping_add(pass);
            self.pass(seed, &mut lines, &mut told).await;
            pass += 1;
        }
        let line = |(number, backend), line| {
            let scenario = ALL.into_iter().find(|scenario| scenario.number == number);
            scenario.map(|scenario: Scenario| (scenario, backend, line))
        };
        let lines = lines
            .into_iter()
            .filter_map(|(key, value)| line(key, value));
        Table(lines.collect())
    }

    async fn pass(
        &self,
        seed: u64,
        lines: &mut BTreeMap<(u8, Backend), Line>,
        told: &mut impl FnMut(&str),
    ) {
        let places = Arc::new(Semaphore::new(self.at_once));
        let mut playing = JoinSet::new();
        for backend in &self.backends {
            for scenario in ALL.iter().filter(|one| self.wants(one)) {
                let line = lines.entry((scenario.number, *backend)).or_default();
                match scenario.on(*backend) {
                    Part::NotBuilt(why) => line.not_played = Some(format!("not built: {why}")),
                    Part::Played(play) => {
                        let purpose = format!("{} {}", scenario.number, backend.name());
                        let stage = Stage {
                            backend: *backend,
                            dice: Dice::new(seed).fork(&purpose),
                            habeas: self.habeas.clone(),
                            may_mount: self.may_mount,
                        };
                        let (places, key) = (Arc::clone(&places), (scenario.number, *backend));
                        playing.spawn(async move {
                            // Never closed.
                            let _place = places.acquire_owned().await;
                            let begun = Instant::now();
                            // A scenario that panics has proved nothing, and says so in the table.
                            let played = AssertUnwindSafe(play(stage)).catch_unwind().await;
                            let played = played.unwrap_or_else(|_| Err(anyhow!("it panicked")));
                            (key, played, begun.elapsed())
                        });
                    }
                }
            }
        }
        while let Some(ended) = playing.join_next().await {
            let (key, played, took) = ended.expect("a panic is caught inside the task");
            told(&words(key, &played, took));
            record(lines.entry(key).or_default(), seed, played);
        }
    }

    fn wants(&self, scenario: &Scenario) -> bool {
        self.scenarios.is_empty() || self.scenarios.contains(&scenario.number)
    }
}

fn record(line: &mut Line, seed: u64, played: anyhow::Result<Played>) {
    match played {
        Ok(played) => line.add(seed, played),
        Err(error) => match error.downcast_ref::<NotHere>() {
            Some(here) => line.not_played = Some(format!("not played here: {here}")),
            None => line.broken.push((seed, format!("{error:#}"))),
        },
    }
}

fn words(
    (number, backend): (u8, Backend),
    played: &anyhow::Result<Played>,
    took: Duration,
) -> String {
    let what = match played {
        Ok(played) => format!(
            "{} faults, {} violations",
            played.faults,
            played.found.len()
        ),
        Err(error) => format!("{error:#}"),
    };
    format!(
        "{number} on {}: {what} ({} s)",
        backend.name(),
        took.as_secs()
    )
}
