//! When each store will have done what is open there, and which requests that is too late for.
//!
//! The prediction is a pure function of the gate, of the open steps in the order of their due
//! dates and of how long nine out of ten calls took lately. It changes no order and stops nothing.

use std::collections::BTreeMap;

use habeas_domain::{RequestId, StoreId};
use habeas_storage::{
    forecast::{self, Open},
    queue::{self, Breaker, Gate},
};
use jiff::{SignedDuration, Timestamp};

use crate::{Engine, UseCaseError};

/// How a store stands, and what that means for the requests that wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOutlook {
    pub store: StoreId,
    /// What people call the store.
    pub title: String,
    pub state: StoreState,
    /// Open steps that are due within the horizon.
    pub open: usize,
    /// How long nine out of ten calls took at most, when any were seen.
    pub p90: Option<SignedDuration>,
    /// When the last of the open steps will be done, unless the store is paused.
    pub done_at: Option<Timestamp>,
    /// Requests that will be late at this store, the most urgent first.
    pub at_risk: Vec<RequestId>,
}

/// Whether a store is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreState {
    Working,
    /// It asked for patience, or kept failing.
    Resting {
        until: Timestamp,
        /// Failures in a row; 0 when it only asked for patience.
        fails: i64,
    },
    /// One call is on its way to see whether the store is back.
    Probing,
    /// Somebody stopped it.
    Paused {
        at: Timestamp,
        by: String,
        why: String,
    },
}

/// Steps that are due later than this are nobody's worry yet.
const HORIZON: SignedDuration = SignedDuration::from_hours(24 * 14);
/// What a call is taken to last where none was seen.
const UNKNOWN: SignedDuration = SignedDuration::from_mins(1);
/// Requests that are named for one store.
const NAMED: usize = 100;

fn state(gate: &Gate, now: Timestamp) -> StoreState {
    if let Some(pause) = gate.paused.clone() {
        return StoreState::Paused {
            at: pause.at,
            by: pause.by,
            why: pause.why,
        };
    }
    match (gate.breaker, gate.open_until.max(gate.next_ok_at)) {
        (_, Some(until)) if until > now => StoreState::Resting {
            until,
            fails: gate.fails,
        },
        (Breaker::Open | Breaker::Probing, _) => StoreState::Probing,
        (Breaker::Closed, _) => StoreState::Working,
    }
}

/// What lies nine tenths of the way up, if there is anything.
fn p90(mut took: Vec<SignedDuration>) -> Option<SignedDuration> {
    took.sort();
    let last = took.len().checked_sub(1)?;
    took.get(last * 9 / 10).copied()
}

/// When the last step is done, and who is late. Steps come in the order of their due dates; a call
/// carries a batch, and as many calls run as the store takes.
fn predict(
    gate: &Gate,
    steps: &[Open],
    call: SignedDuration,
    now: Timestamp,
) -> (Option<Timestamp>, Vec<RequestId>) {
    let start = match state(gate, now) {
        StoreState::Paused { .. } => None,
        StoreState::Resting { until, .. } => Some(until),
        StoreState::Working | StoreState::Probing => Some(now),
    };
    let at_once = usize::try_from(gate.max_running.saturating_mul(gate.batch).max(1));
    let at_once = at_once.unwrap_or(usize::MAX);
    let mut done_at = start;
    let mut late = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let rounds = i32::try_from(place / at_once + 1).unwrap_or(i32::MAX);
        let done = start.map(|start| {
            let ready = step.not_before.map_or(start, |at| at.max(start));
            ready
                .saturating_add(call * rounds)
                .unwrap_or(Timestamp::MAX)
        });
        if done.is_none_or(|done| done > step.due_at) && !late.contains(&step.request) {
            late.push(step.request);
        }
        done_at = done_at.max(done);
    }
    (done_at, late)
}

impl Engine {
    /// How every configured store stands, by name.
    pub async fn outlook(&self) -> Result<Vec<StoreOutlook>, UseCaseError> {
        let now = self.now();
        let (gates, open, took) = self
            .read(move |tx| {
                Ok((
                    queue::gates(tx)?,
                    forecast::open(tx, now + HORIZON)?,
                    forecast::durations(tx)?,
                ))
            })
            .await?;
        let gates: BTreeMap<&str, &Gate> = gates
            .iter()
            .map(|gate| (gate.store.as_str(), gate))
            .collect();
        let outlook = self.0.connectors.iter().filter_map(|(store, connector)| {
            let gate = gates.get(store.as_str())?;
            let steps = open.get(store.as_str()).map_or(&[][..], Vec::as_slice);
            let p90 = p90(took.get(store.as_str()).cloned().unwrap_or_default());
            let (done_at, mut at_risk) = predict(gate, steps, p90.unwrap_or(UNKNOWN), now);
            at_risk.truncate(NAMED);
            Some(StoreOutlook {
                store: store.clone(),
                title: connector.map().title.clone(),
                state: state(gate, now),
                open: steps.len(),
                p90,
                done_at,
                at_risk,
            })
        });
        Ok(outlook.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn steps(dues: &[i64]) -> Vec<Open> {
        let open = |due: &i64| Open {
            request: RequestId::fresh(),
            due_at: at(*due),
            not_before: None,
        };
        dues.iter().map(open).collect()
    }

    const CALL: SignedDuration = SignedDuration::from_mins(10);

    #[test]
    fn a_backlog_is_late_from_the_step_on_that_nobody_gets_to_in_time() {
        let gate = Gate::fresh("shop", 1, 1);
        let open = steps(&[15, 15, 40]);
        let (done, late) = predict(&gate, &open, CALL, at(0));
        assert_eq!(done, Some(at(30)));
        assert_eq!(late, [open[1].request]);
    }

    #[test]
    fn calls_side_by_side_and_batches_shorten_it() {
        let open = steps(&[15; 6]);
        let late = |running, batch| {
            let gate = Gate::fresh("shop", running, batch);
            predict(&gate, &open, CALL, at(0)).1.len()
        };
        assert_eq!([late(1, 1), late(3, 1), late(3, 2)], [5, 3, 0]);
    }

    #[test]
    fn a_paused_store_is_late_for_everybody_and_a_resting_one_for_some() {
        let open = steps(&[15, 60]);
        let mut gate = Gate::fresh("shop", 4, 1);
        gate.next_ok_at = Some(at(30));
        assert_eq!(
            predict(&gate, &open, CALL, at(0)),
            (Some(at(40)), vec![open[0].request])
        );
        gate.paused = Some(queue::Pause {
            at: at(0),
            by: "cli:ada".into(),
            why: "upgrade".into(),
        });
        let (done, late) = predict(&gate, &open, CALL, at(0));
        assert_eq!((done, late.len()), (None, 2));
    }

    #[test]
    fn nine_out_of_ten_calls_were_no_longer() {
        assert_eq!(p90(Vec::new()), None);
        let took = (1..=10).map(SignedDuration::from_secs).collect();
        assert_eq!(p90(took), Some(SignedDuration::from_secs(9)));
    }
}
