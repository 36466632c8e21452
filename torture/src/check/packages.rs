//! I5: every answer that was fetched verifies, holds every row of its subject and no row of anybody
//! else, and names nobody else.

use std::collections::BTreeMap;

use habeas_tests::Shop;

use super::{Evidence, Found, Invariant::Packages, evidence::Package};
use crate::rig::installation::Acknowledged;

pub fn check(evidence: &Evidence) -> Vec<Found> {
    let mut found = Vec::new();
    for package in &evidence.packages {
        let mut asked = evidence.acknowledged.iter();
        if let Some(asked) = asked.find(|one| one.reference == package.reference) {
            found.extend(judge(evidence, package, asked));
        }
    }
    found
}

fn judge(evidence: &Evidence, package: &Package, asked: &Acknowledged) -> Vec<Found> {
    let mut found = Vec::new();
    let mut say = |expected: &str, seen: String| {
        let expected = format!("{expected} in the answer to {}", package.reference);
        found.push(Found::new(Packages, expected, seen));
    };
    if let Some(flaw) = &package.flaw {
        say("nothing that does not verify", flaw.clone());
    }
    let foreign: Vec<String> = package
        .names
        .iter()
        .filter(|person| **person != asked.person)
        .map(|person| format!("person {person}"))
        .collect();
    if !foreign.is_empty() {
        say("nobody but the subject", foreign.join(", "));
    }
    if asked.right == "access" {
        let stores = evidence.ledgers.keys();
        let expected: BTreeMap<_, _> = stores.flat_map(|store| rows(store, asked.person)).collect();
        for (place, rows) in &expected {
            let seen = package.rows.get(place).map_or(&[][..], Vec::as_slice);
            if seen != rows {
                say(
                    &format!("{} {} with the rows {rows:?}", place.0, place.1),
                    format!("{seen:?}"),
                );
            }
        }
    }
    found
}

/// Ids of every row of a person in one store, as an export lists them.
fn rows(store: &str, person: u32) -> [((String, String), Vec<u32>); 3] {
    let orders: Vec<u32> = Shop::orders_of(person).collect();
    let lines = orders.iter().flat_map(|order| [*order, *order]).collect();
    let of = |collection: &str| (store.to_owned(), collection.to_owned());
    [
        (of("customer"), vec![person]),
        (of("orders"), orders),
        (of("line"), lines),
    ]
}
