//! What a run came to, as a person reads it: one line for each scenario and backend.

use std::fmt;

use crate::{
    check::Found,
    rig::installation::Backend,
    scenario::{Played, Scenario},
};

/// How a scenario went, over all passes.
#[derive(Debug, Default)]
pub struct Line {
    pub rounds: u32,
    pub faults: u32,
    /// Processes that ended by themselves. No violation, but worth knowing.
    pub exits: u32,
    pub found: Vec<(u64, Found)>,
    /// It broke off, or could not be set up: nothing was proved.
    pub broken: Vec<(u64, String)>,
    /// Why it was not played; it never counts as passed.
    pub not_played: Option<String>,
}

impl Line {
    pub fn add(&mut self, seed: u64, played: Played) {
        self.rounds += played.rounds;
        self.faults += played.faults;
        self.exits += played.exits;
        self.found
            .extend(played.found.into_iter().map(|found| (seed, found)));
    }

    pub fn is_sound(&self) -> bool {
        self.found.is_empty() && self.broken.is_empty()
    }
}

#[derive(Debug, Default)]
pub struct Table(pub Vec<(Scenario, Backend, Line)>);

impl Table {
    /// No violation, and nothing broke off.
    pub fn is_sound(&self) -> bool {
        self.0.iter().all(|(_, _, line)| line.is_sound())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>2}  {:<48} {:<9} {:>6} {:>6} {:>6} {:>10}",
            "", "scenario", "backend", "rounds", "faults", "exits", "violations"
        )?;
        for (scenario, backend, line) in &self.0 {
            write!(
                f,
                "{:>2}  {:<48} {:<9} ",
                scenario.number,
                scenario.name,
                backend.name()
            )?;
            match &line.not_played {
                Some(why) => writeln!(f, "{why}")?,
                None if line.broken.is_empty() => writeln!(
                    f,
                    "{:>6} {:>6} {:>6} {:>10}",
                    line.rounds,
                    line.faults,
                    line.exits,
                    line.found.len()
                )?,
                None => writeln!(
                    f,
                    "{:>6} {:>6} {:>6} broke off",
                    line.rounds, line.faults, line.exits
                )?,
            }
        }
        for (scenario, backend, line) in &self.0 {
            let found = line
                .found
                .iter()
                .map(|(seed, found)| (seed, found.to_string()));
            let broken = line
                .broken
                .iter()
                .map(|(seed, why)| (seed, format!("broke off: {why}")));
            for (seed, words) in found.chain(broken) {
                writeln!(f, "\n{} on {}: {words}", scenario.name, backend.name())?;
                writeln!(
                    f,
                    "  reproduce with --seed {seed} --scenario {} --backend {}",
                    scenario.number,
                    backend.name()
                )?;
            }
        }
        Ok(())
    }
}
