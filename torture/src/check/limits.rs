//! I6: at every look, no store had more calls running than it may. A call may carry several steps.

use super::{Evidence, Found, Invariant::Limits};

pub fn check(evidence: &Evidence) -> Vec<Found> {
    let over = evidence
        .most_running
        .iter()
        .filter(|(_, most)| **most > evidence.may_run);
    over.map(|(store, most)| {
        Found::new(
            Limits,
            format!("at most {} calls running in {store}", evidence.may_run),
            format!("{most} at once"),
        )
    })
    .collect()
}
