//! I1: what was acknowledged is there, and the same key never makes two requests.

use std::collections::BTreeMap;

use super::{Evidence, Found, Invariant::Lost};

pub fn check(evidence: &Evidence) -> Vec<Found> {
    let mut found = Vec::new();
    let mut by_key: BTreeMap<&str, &str> = BTreeMap::new();
    for one in &evidence.acknowledged {
        let known = |request: &super::evidence::Request| request.reference == one.reference;
        if !evidence.requests.iter().any(known) {
            found.push(Found::new(
                Lost,
                format!("the acknowledged request {}", one.reference),
                "no such request",
            ));
        }
        let first = by_key.entry(&one.key).or_insert(&one.reference);
        if *first != one.reference {
            found.push(Found::new(
                Lost,
                format!("one reference for one key, {first}"),
                format!("also {}", one.reference),
            ));
        }
    }
    if evidence.requests.len() > evidence.keys {
        found.push(Found::new(
            Lost,
            format!("at most {} requests, one for each key", evidence.keys),
            format!("{} requests", evidence.requests.len()),
        ));
    }
    found
}
