//! What the changing verbs promise.

use habeas_domain::outcome::{CollectionOutcome, CollectionRows, EvidenceLevel};
use uuid::Uuid;

use super::{World, person, script::*};
use crate::{EraseOrder, Idempotency, Suppressed};

async fn remaining(world: &dyn World, order: &EraseOrder) -> (Vec<CollectionRows>, EvidenceLevel) {
    let remaining = verify_one(world.connector(), order).await;
    (remaining.rows, remaining.level)
}

fn located(outcomes: &[CollectionOutcome]) -> Vec<CollectionRows> {
    let rows = outcomes.iter().map(|outcome| CollectionRows {
        collection: outcome.collection.clone(),
        rows: outcome.located,
    });
    rows.collect()
}

fn remembers(world: &dyn World) -> bool {
    match world.connector().capabilities().idempotency {
        Idempotency::Remembered => true,
        Idempotency::LookupThenAct => false,
    }
}

pub async fn erasing_twice_says_the_same_and_acts_once(world: &dyn World) {
    let order = erase_order(world.connector(), person(world, 0)).await;
    let first = erase_one(world.connector(), &order).await;
    assert!(!first.replayed);
    assert_eq!(located(&first.collections), world.persons()[0].rows);
    for outcome in &first.collections {
        let treated = outcome.erased + outcome.replaced + outcome.kept;
        assert_eq!(
            treated, outcome.located,
            "every row has an end: {outcome:?}"
        );
        assert!(
            outcome.kept == 0 || outcome.ground.is_some(),
            "no row stays without a ground"
        );
        assert!(
            outcome.replaced == 0 || outcome.method.is_some(),
            "replaced, but how"
        );
    }
    let after = world.fingerprint_without(&[]).await;
    let second = erase_one(world.connector(), &order).await;
    if remembers(world) {
        assert!(second.replayed);
        assert_eq!(second.collections, first.collections);
    } else {
        assert_eq!(
            second
                .collections
                .iter()
                .map(|outcome| outcome.erased)
                .sum::<u64>(),
            0
        );
    }
    assert_eq!(
        world.fingerprint_without(&[]).await,
        after,
        "the second call changed nothing"
    );
    // Another step for the same person finds nothing to do, and that is no failure.
    let again = EraseOrder {
        effect_key: Uuid::new_v4(),
        ..order
    };
    let third = erase_one(world.connector(), &again).await;
    assert!(!third.replayed);
    assert_eq!(
        third
            .collections
            .iter()
            .map(|outcome| outcome.erased)
            .sum::<u64>(),
        0
    );
}

pub async fn erasing_one_person_leaves_everybody_else_alone(world: &dyn World) {
    let before = world.fingerprint_without(&[0]).await;
    let order = erase_order(world.connector(), person(world, 0)).await;
    let erased = erase_one(world.connector(), &order).await;
    assert!(erased.collections.iter().any(|outcome| outcome.erased > 0));
    assert_eq!(world.fingerprint_without(&[0]).await, before);
    let mut neighbour = person(world, 1);
    assert_eq!(
        widen(world.connector(), &mut neighbour).await.rows,
        world.persons()[1].rows
    );
}

pub async fn verify_reports_what_is_left_before_and_nothing_after(world: &dyn World) {
    let order = erase_order(world.connector(), person(world, 0)).await;
    let neighbour = erase_order(world.connector(), person(world, 1)).await;
    let (before, _) = remaining(world, &order).await;
    assert!(total(&before) > 0, "nothing was erased yet");
    erase_one(world.connector(), &order).await;
    let (after, level) = remaining(world, &order).await;
    assert_eq!(after, []);
    assert_eq!(level, world.connector().capabilities().evidence);
    let (others, _) = remaining(world, &neighbour).await;
    assert!(total(&others) > 0, "the neighbour is still there");
}

pub async fn suppressing_twice_says_the_same_and_acts_once(world: &dyn World) {
    let before = world.fingerprint_without(&[0]).await;
    let order = suppress_order(world.connector(), person(world, 0)).await;
    let suppress = || suppress_one(world.connector(), &order);
    let first = suppress().await;
    assert!(!first.replayed);
    assert_eq!(first.level, world.connector().capabilities().evidence);
    let replaced = |done: &Suppressed| done.collections.iter().map(|c| c.replaced).sum::<u64>();
    assert!(replaced(&first) > 0, "the world's map says how to opt out");
    let after = world.fingerprint_without(&[]).await;
    let second = suppress().await;
    if remembers(world) {
        assert!(second.replayed);
        assert_eq!(second.collections, first.collections);
    }
    assert_eq!(world.fingerprint_without(&[]).await, after);
    assert_eq!(
        world.fingerprint_without(&[0]).await,
        before,
        "nobody else was opted out"
    );
    let mut subject = person(world, 0);
    assert_eq!(
        widen(world.connector(), &mut subject).await.rows,
        world.persons()[0].rows,
        "no row went"
    );
}

pub async fn a_poisoned_order_does_not_hurt_its_neighbours(world: &dyn World) {
    let good = erase_order(world.connector(), person(world, 0)).await;
    let mut poisoned = erase_order(world.connector(), person(world, 1)).await;
    poisoned.plan.row_cap = 0;
    if world.connector().capabilities().batch < 2 {
        return;
    }
    let before = world.fingerprint_without(&[0]).await;
    let answers = world
        .connector()
        .erase(&[poisoned, good.clone()])
        .await
        .expect("an answer");
    assert_eq!(answers.len(), 2);
    assert!(answers[0].is_err());
    assert!(answers[1].as_ref().is_ok_and(|erased| !erased.replayed));
    assert_eq!(world.fingerprint_without(&[0]).await, before);
    assert_eq!(remaining(world, &good).await.0, []);
}

pub async fn the_same_order_on_two_workers_acts_once(world: &dyn World) {
    let order = erase_order(world.connector(), person(world, 0)).await;
    let erase = || world.connector().erase(std::slice::from_ref(&order));
    let (one, other) = futures::future::join(erase(), erase()).await;
    let mut done = Vec::new();
    for answers in [one, other] {
        // Losing the race may be an error that passes; then the order is sent again.
        match answers.expect("the store answers").remove(0) {
            Ok(erased) => done.push(erased),
            Err(error) => {
                assert_eq!(error.class, crate::ErrorClass::Transient, "{error}");
                done.push(erase_one(world.connector(), &order).await);
            }
        }
    }
    if remembers(world) {
        assert_eq!(done.iter().filter(|erased| erased.replayed).count(), 1);
        assert_eq!(done[0].collections, done[1].collections);
    }
    assert_eq!(remaining(world, &order).await.0, []);
}
