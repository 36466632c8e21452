//! The checks can fail: real evidence of a calm run holds, and every fault that is planted in it, or
//! in the world that it is taken from, is named.

mod common;

use std::sync::{Arc, atomic::Ordering};

use habeas_torture::{
    check::{
        Evidence, Invariant, check,
        evidence::{Attempt, Leak, Request},
    },
    dice::Dice,
    rig::{
        desk::Officer,
        installation::{Backend, Installation, Stage, Wants},
        subject::{Door, Wish},
    },
};

/// Persons 1, 2 and 3 asked; nobody asked for person 4.
const STRANGER: u32 = 4;

async fn calm_run() -> (Arc<Installation>, Evidence) {
    let stage = Stage {
        backend: Backend::Sqlite,
        dice: Dice::new(1),
        habeas: common::habeas(),
        may_mount: false,
    };
    let house = Installation::open(&stage, Wants::persons(STRANGER))
        .await
        .unwrap();
    let officer = Officer::at(&house);
    let mut references = Vec::new();
    for (right, door) in [
        ("access", Door::Form),
        ("erasure", Door::Api),
        ("opt_out", Door::Api),
    ] {
        let person = house.somebody().unwrap();
        references.push(
            house
                .make(Wish {
                    person,
                    right,
                    door,
                })
                .await
                .unwrap(),
        );
    }
    house.settle(&references).await.unwrap();
    let evidence = house.harvest().await.unwrap();
    drop(officer);
    (house, evidence)
}

/// What the checks name when this is wrong with the evidence.
#[track_caller]
fn named(evidence: &Evidence, plant: impl FnOnce(&mut Evidence), expected: Invariant) {
    let mut planted = evidence.clone();
    plant(&mut planted);
    let found = check(&planted);
    let all: Vec<_> = found.iter().map(|found| found.invariant).collect();
    assert!(
        all.contains(&expected),
        "{expected:?} is not among {found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_fault_is_named_and_a_calm_run_has_none() {
    let (house, calm) = calm_run().await;
    assert_eq!(check(&calm), [], "a calm run");
    assert_eq!(calm.packages.len(), 3);

    let customer = |person| ("customer".to_owned(), person);
    let shop = |evidence: &mut Evidence, person, times| {
        let ledger = evidence.ledgers.get_mut("shop").unwrap();
        ledger.deleted.insert(customer(person), times);
    };
    named(&calm, |e| shop(e, 2, 2), Invariant::Effects);
    named(&calm, |e| shop(e, STRANGER, 1), Invariant::Effects);
    named(
        &calm,
        |e| e.ledgers.get_mut("outlet").unwrap().deleted.clear(),
        Invariant::Effects,
    );
    named(
        &calm,
        |e| e.ledgers.get_mut("shop").unwrap().opted_out.clear(),
        Invariant::Effects,
    );
    named(&calm, understate, Invariant::Effects);
    named(&calm, |e| drop(e.requests.pop()), Invariant::Lost);
    named(&calm, |e| e.requests.push(stray()), Invariant::Lost);
    named(
        &calm,
        |e| e.requests[0].phase = "approved".to_owned(),
        Invariant::Ends,
    );
    named(
        &calm,
        |e| e.steps[0].state = "failed".to_owned(),
        Invariant::Ends,
    );
    named(
        &calm,
        |e| e.steps[0].state = "ready".to_owned(),
        Invariant::Closed,
    );
    named(
        &calm,
        |e| e.packages[0].names.extend([STRANGER]),
        Invariant::Packages,
    );
    named(
        &calm,
        |e| e.packages[0].flaw = Some("signature".to_owned()),
        Invariant::Packages,
    );
    named(&calm, lose_a_row, Invariant::Packages);
    named(
        &calm,
        |e| e.most_running.extend([("shop".to_owned(), 4)]),
        Invariant::Limits,
    );
    named(&calm, end_twice, Invariant::Fences);
    named(&calm, |e| e.steps[0].epoch += 1, Invariant::Fences);
    named(&calm, |e| e.leaks.push(leak("the log")), Invariant::Leaks);
    named(
        &calm,
        |e| e.leaks.push(leak("file vault/x")),
        Invariant::Plaintext,
    );

    in_the_world(&house).await;
}

/// The evidence is taken from the world and not from what ought to be there.
async fn in_the_world(house: &Installation) {
    let shop = rusqlite::Connection::open(&house.shop.place).unwrap();
    shop.execute_batch(
        "insert into customer values (2, 'again', 'again', 1); delete from customer where id = 2;",
    )
    .unwrap();
    std::fs::write(house.data.join("left-over"), "Person 4 lives here").unwrap();
    house.impatient.store(false, Ordering::SeqCst);
    let found = check(&house.harvest().await.unwrap());
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "I4 nothing twice: expected every row deleted once of person 2 in shop, \
             found customer 2: 2 and not 1",
            "I10 no plain text on disk: expected no fact about a person in file left-over, \
             found “person 4”",
        ]
    );
}

/// A receipt that names fewer rows than were deleted.
fn understate(evidence: &mut Evidence) {
    let erasure = evidence
        .acknowledged
        .iter()
        .find(|one| one.right == "erasure");
    let reference = &erasure.unwrap().reference;
    let mut packages = evidence.packages.iter_mut();
    let package = packages.find(|package| package.reference == *reference);
    *package.unwrap().erased.get_mut("shop").unwrap() -= 1;
}

fn lose_a_row(evidence: &mut Evidence) {
    let mut rows = evidence
        .packages
        .iter_mut()
        .flat_map(|package| package.rows.values_mut());
    rows.next().unwrap().pop();
}

fn end_twice(evidence: &mut Evidence) {
    let done = evidence
        .attempts
        .iter()
        .find(|one| one.class.as_deref() == Some("done"));
    let again = Attempt {
        epoch: done.unwrap().epoch + 1,
        ..done.unwrap().clone()
    };
    evidence.attempts.push(again);
}

fn stray() -> Request {
    Request {
        reference: "HB-00000-00000".to_owned(),
        phase: "closed".to_owned(),
    }
}

fn leak(place: &str) -> Leak {
    Leak {
        place: place.to_owned(),
        marker: "person 4".to_owned(),
    }
}
