//! I4, by the ledgers that the stores' own triggers keep: an erasure that was finished deleted every
//! row of its subject exactly once, one that was not deleted all of them once or none, and whoever
//! did not ask for one lost nothing.

use std::collections::BTreeMap;

use habeas_tests::Shop;

use super::{
    Evidence, Found,
    Invariant::Effects,
    evidence::{Ledger, Package},
};

pub fn check(evidence: &Evidence) -> Vec<Found> {
    let mut found = Vec::new();
    for (store, ledger) in &evidence.ledgers {
        for person in 1..=evidence.persons {
            let erased = erasure(evidence, store, person);
            found.extend(judge(store, ledger, person, erased));
        }
        found.extend(opt_outs(evidence, store, ledger));
    }
    found.extend(
        evidence
            .packages
            .iter()
            .flat_map(|package| receipt(evidence, package)),
    );
    found.extend(unproved(evidence));
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Erasure {
    NotAsked,
    /// Asked for, and not finished in this store.
    Open,
    Done,
}

fn erasure(evidence: &Evidence, store: &str, person: u32) -> Erasure {
    let mut asked = evidence
        .acknowledged
        .iter()
        .filter(|one| one.person == person && one.right == "erasure")
        .peekable();
    if asked.peek().is_none() {
        return Erasure::NotAsked;
    }
    let done = asked.any(|one| {
        evidence.steps.iter().any(|step| {
            let this = step.request == one.reference && step.store == store;
            this && step.verb == "erase" && step.state == "done"
        })
    });
    if done { Erasure::Done } else { Erasure::Open }
}

/// How often each row of a person is in the ledger after one erasure.
fn once(person: u32) -> BTreeMap<(String, u32), u32> {
    let orders = Shop::orders_of(person);
    let lines = orders.clone().map(|order| (("line".to_owned(), order), 2));
    let orders = orders.map(|order| (("orders".to_owned(), order), 1));
    let customer = (("customer".to_owned(), person), 1);
    orders.chain(lines).chain([customer]).collect()
}

fn judge(store: &str, ledger: &Ledger, person: u32, erasure: Erasure) -> Vec<Found> {
    let expected = once(person);
    let seen: BTreeMap<_, _> = expected
        .keys()
        .filter_map(|row| Some((row.clone(), *ledger.deleted.get(row)?)))
        .collect();
    let sound = match erasure {
        Erasure::NotAsked => seen.is_empty(),
        Erasure::Open => seen.is_empty() || seen == expected,
        Erasure::Done => seen == expected,
    };
    let gone = !ledger.customers.contains(&person);
    let mut found = Vec::new();
    if !sound {
        let words = match erasure {
            Erasure::NotAsked => "no deletion",
            Erasure::Open => "every row deleted once, or none",
            Erasure::Done => "every row deleted once",
        };
        let wrong: Vec<String> = expected
            .iter()
            .map(|(row, times)| (row, times, seen.get(row).copied().unwrap_or(0)))
            .filter(|(_, times, seen)| erasure == Erasure::NotAsked && *seen > 0 || *times != seen)
            .map(|((table, id), times, seen)| format!("{table} {id}: {seen} and not {times}"))
            .collect();
        found.push(Found::new(
            Effects,
            format!("{words} of person {person} in {store}"),
            wrong.join(", "),
        ));
    }
    if gone == seen.is_empty() {
        let word = if gone { "gone" } else { "still there" };
        found.push(Found::new(
            Effects,
            format!("person {person} in {store} as the ledger says"),
            format!("the customer is {word}"),
        ));
    }
    found
}

/// Whoever opted out wants no news, and nobody else was touched.
fn opt_outs(evidence: &Evidence, store: &str, ledger: &Ledger) -> Vec<Found> {
    let asked = |person: u32, done: bool| {
        evidence.acknowledged.iter().any(|one| {
            let closed = evidence
                .requests
                .iter()
                .any(|request| request.reference == one.reference && request.phase == "closed");
            one.person == person && one.right == "opt_out" && (closed || !done)
        })
    };
    let mut found = Vec::new();
    for person in &ledger.customers {
        let out = ledger.opted_out.contains(person);
        if asked(*person, true) && !out || out && !asked(*person, false) {
            let word = if out { "opted out" } else { "not opted out" };
            found.push(Found::new(
                Effects,
                format!("person {person} in {store} as they asked"),
                word,
            ));
        }
    }
    found
}

/// Never "failed" or "absent" while data is gone: the counts of the receipt are those of the ledger.
fn receipt(evidence: &Evidence, package: &Package) -> Vec<Found> {
    let asked = evidence
        .acknowledged
        .iter()
        .find(|one| one.reference == package.reference && one.right == "erasure");
    let Some(asked) = asked else {
        return Vec::new();
    };
    let rows = Shop::rows_of(asked.person);
    let wrong = evidence.ledgers.keys().filter_map(|store| {
        let said = package.erased.get(store).copied().unwrap_or(0);
        (said != rows).then(|| {
            Found::new(
                Effects,
                format!(
                    "a receipt of {} with {rows} rows erased in {store}",
                    package.reference
                ),
                format!("{said} rows"),
            )
        })
    });
    wrong.collect()
}

/// An erasure that is done was intended, confirmed and searched for again.
fn unproved(evidence: &Evidence) -> Vec<Found> {
    let done = evidence
        .steps
        .iter()
        .filter(|step| step.verb == "erase" && step.state == "done");
    let closed = |reference: &str| {
        let mut requests = evidence.requests.iter();
        requests.any(|request| request.reference == reference && request.phase == "closed")
    };
    done.filter(|step| closed(&step.request))
        .filter(|step| {
            let proved = |effect: &super::evidence::Effect| effect.confirmed && effect.verified;
            !step.effect.as_ref().is_some_and(proved)
        })
        .map(|step| {
            Found::new(
                Effects,
                format!(
                    "intent, confirmation and read-back of the erasure in {}",
                    step.store
                ),
                format!("{:?} for {}", step.effect, step.request),
            )
        })
        .collect()
}
