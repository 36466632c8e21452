//! I9: a claim that was lost changes nothing. Of all claims of a step only the last one may have
//! ended it, and at most one did.

use super::{Evidence, Found, Invariant::Fences};

pub fn check(evidence: &Evidence) -> Vec<Found> {
    let mut found = Vec::new();
    for step in &evidence.steps {
        let claims = evidence
            .attempts
            .iter()
            .filter(|claim| claim.step == step.id);
        let ends: Vec<u64> = claims
            .filter(|claim| claim.class.as_deref() == Some("done"))
            .map(|claim| claim.epoch)
            .collect();
        let sound = match ends.as_slice() {
            [] => step.state != "done",
            [epoch] => *epoch == step.epoch,
            _ => false,
        };
        if !sound {
            found.push(Found::new(
                Fences,
                format!(
                    "{} on {} of {}, {}, to be ended by its claim {}",
                    step.verb, step.store, step.request, step.state, step.epoch
                ),
                format!("ended by the claims {ends:?}"),
            ));
        }
    }
    found
}
