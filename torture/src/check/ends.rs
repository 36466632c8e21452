//! I2 and I3: requests end, and an end is an end.
//!
//! A request whose person never typed the code stays as it is; its letters must be out all the same.

use super::{
    Evidence, Found,
    Invariant::{Closed, Ends},
};

const FINAL_PHASES: [&str; 3] = ["closed", "refused", "withdrawn"];
const FINAL_STATES: [&str; 5] = ["done", "absent", "kept", "failed", "withdrawn"];

pub fn check(evidence: &Evidence) -> Vec<Found> {
    let mut found = Vec::new();
    for request in &evidence.requests {
        let steps = evidence
            .steps
            .iter()
            .filter(|step| step.request == request.reference);
        let open: Vec<String> = steps
            .clone()
            .filter(|step| !FINAL_STATES.contains(&step.state.as_str()))
            .map(|step| format!("{} on {} {}", step.verb, step.store, step.state))
            .collect();
        let ended = FINAL_PHASES.contains(&request.phase.as_str());
        if ended && !open.is_empty() {
            found.push(Found::new(
                Closed,
                format!(
                    "no unfinished step of {}, which is {}",
                    request.reference, request.phase
                ),
                open.join(", "),
            ));
        }
        // Parked is an end until an officer acts: it stands in their queue.
        let seen = steps.clone().any(|step| step.state == "parked");
        let unproven = request.phase == "received" && open.is_empty();
        if !(ended || seen || unproven) {
            found.push(Found::new(
                Ends,
                format!("the end of {}", request.reference),
                format!("{}, with [{}] to do", request.phase, open.join(", ")),
            ));
        }
        // A failed step closes a request too, but nobody gives a step up here.
        for step in steps.filter(|step| step.state == "failed") {
            found.push(Found::new(
                Ends,
                format!("no failed step of {}", request.reference),
                format!("{} on {} failed", step.verb, step.store),
            ));
        }
    }
    found
}
