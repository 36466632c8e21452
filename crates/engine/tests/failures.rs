//! Stores that fail, and workers that die: nothing is lost, nothing is done twice, and nothing is
//! called done that was not.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::FutureExt;
use habeas_connector::{ErrorClass, Idempotency};
use habeas_domain::Right;
use habeas_engine::{Crash, Cut, UseCaseError};
use habeas_testkit::world::{Backend, Fault, Scripted, World, officer};
use jiff::SignedDuration;

const ADA: &str = "ada@shop.example";

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_down_is_tried_again_and_then_succeeds() {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 3);
    shop.fails("locate", &[Fault::Before(ErrorClass::Transient); 2]);
    let world = World::on(Backend::Sqlite).store(shop.clone()).build().await;
    let (submitted, _) = world.submit_and_confirm(Right::Access, ADA).await;
    for _ in 0..3 {
        world.work().await;
        world.time.advance(SignedDuration::from_mins(5));
    }
    assert_eq!(world.phase(submitted.id).await, "planned");
    assert_eq!(shop.calls("locate"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_must_mend_is_parked_seen_and_run_again() {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 3);
    shop.fails("locate", &[Fault::Before(ErrorClass::Permanent)]);
    let world = World::on(Backend::Sqlite).store(shop).build().await;
    let (submitted, _) = world.submit_and_confirm(Right::Access, ADA).await;
    world.work().await;
    let view = world.view(submitted.id).await;
    assert_eq!(view.row.parked, 1);
    let parked = view
        .steps
        .iter()
        .find(|step| step.state == "parked")
        .unwrap();
    assert_eq!(
        parked.last_error.as_deref(),
        Some("permanent scripted: told to fail")
    );

    let retried = world
        .engine
        .retry_step(&officer(), parked.id, "key renewed")
        .await;
    retried.unwrap();
    world.work().await;
    assert_eq!(world.phase(submitted.id).await, "planned");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_stays_broken_does_not_hold_back_the_others() {
    let (shop, desk) = (Scripted::new("shop"), Scripted::new("support"));
    shop.holds(ADA, 3);
    desk.holds(ADA, 1);
    shop.fails("access", &[Fault::Before(ErrorClass::Permanent)]);
    let world = World::on(Backend::Sqlite)
        .store(shop)
        .store(desk)
        .build()
        .await;
    let (submitted, _) = world.submit_and_confirm(Right::Access, ADA).await;
    world.work().await;
    world.approve(submitted.id).await;
    world.work().await;
    assert_eq!(world.phase(submitted.id).await, "approved");
    let view = world.view(submitted.id).await;
    let parked = view
        .steps
        .iter()
        .find(|step| step.state == "parked")
        .unwrap()
        .id;
    let engine = &world.engine;
    engine
        .give_up_step(&officer(), parked, "The shop database is lost")
        .await
        .unwrap();
    world.work().await;
    engine.release(&officer(), submitted.id).await.unwrap();
    world.work().await;
    let gap = world.letter("The shop database is lost");
    assert!(gap.text.contains("Store shop"), "{}", gap.text);
    assert_eq!(world.phase(submitted.id).await, "closed");
    let again = engine.give_up_step(&officer(), parked, "twice").await;
    assert!(matches!(again, Err(UseCaseError::Stale)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_never_answered_by_erasing_again() {
    for idempotency in [Idempotency::Remembered, Idempotency::LookupThenAct] {
        let shop = Scripted::with("shop", idempotency);
        shop.holds(ADA, 3);
        shop.fails("erase", &[Fault::After]);
        let world = World::on(Backend::Sqlite).store(shop.clone()).build().await;
        let (submitted, _) = world.submit_and_confirm(Right::Erasure, ADA).await;
        world.work().await;
        world.approve(submitted.id).await;
        world.work().await;
        world.time.advance(SignedDuration::from_mins(5));
        world.work().await;
        assert_eq!(
            world.phase(submitted.id).await,
            "confirmed",
            "{idempotency:?}"
        );
        let view = world.view(submitted.id).await;
        let erase = view.steps.iter().find(|step| step.verb == "erase").unwrap();
        assert_eq!(erase.collections[0].erased, 3, "{idempotency:?}");
        assert_eq!(shop.times_erased(ADA), 1, "{idempotency:?}");
        let keys: Vec<_> = shop
            .ledger()
            .into_iter()
            .filter_map(|c| c.effect_key)
            .collect();
        assert!(
            keys.windows(2).all(|pair| pair[0] == pair[1]),
            "one key for one step"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_too_early_is_no_export() {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 3);
    shop.fails("access", &[Fault::After]);
    let world = World::on(Backend::Sqlite).store(shop.clone()).build().await;
    let (submitted, _) = world.submit_and_confirm(Right::Access, ADA).await;
    world.work().await;
    world.approve(submitted.id).await;
    world.work().await;
    assert_eq!(world.phase(submitted.id).await, "approved");
    world.time.advance(SignedDuration::from_mins(5));
    world.work().await;
    assert_eq!(world.phase(submitted.id).await, "confirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_appear_after_an_erasure_are_erased_as_well() {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 3);
    shop.reappears(1);
    let world = World::on(Backend::Sqlite).store(shop.clone()).build().await;
    let id = world.play(Right::Erasure, ADA).await;
    assert_eq!(world.phase(id).await, "closed");
    assert_eq!(shop.rows_of(ADA), 0);
    assert_eq!((shop.calls("erase"), shop.calls("verify")), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_keep_coming_back_are_never_called_erased() {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 3);
    shop.reappears(9);
    let world = World::on(Backend::Sqlite).store(shop.clone()).build().await;
    let (submitted, _) = world.submit_and_confirm(Right::Erasure, ADA).await;
    world.work().await;
    world.approve(submitted.id).await;
    world.work().await;
    let view = world.view(submitted.id).await;
    assert_eq!(view.row.phase, "approved");
    let parked = view
        .steps
        .iter()
        .find(|step| step.state == "parked")
        .unwrap();
    assert!(parked.last_error.as_ref().unwrap().contains("rows_remain"));
}

/// Everything that a calm run leaves behind and that a crash may not change.
async fn ledger(world: &World, shop: &Scripted, id: habeas_domain::RequestId) -> String {
    let view = world.view(id).await;
    let mut steps: Vec<_> = view
        .steps
        .iter()
        .map(|s| {
            format!(
                "{} {} {} {:?} {:?}",
                s.store, s.verb, s.state, s.outcome, s.collections
            )
        })
        .collect();
    steps.sort();
    let mut letters: Vec<_> = world.letters().into_iter().map(|l| l.subject).collect();
    letters.sort();
    letters.dedup();
    let letters = letters.len();
    let rows = (shop.rows_of(ADA), shop.rows_of("bob@shop.example"));
    let erased = shop.times_erased(ADA);
    format!(
        "{} {steps:#?} {letters} letters {rows:?} erased {erased}",
        view.row.phase
    )
}

/// Plays a request to its end; the worker dies at the cut with this number.
async fn run(right: Right, backend: Backend, die_at: usize) -> (String, usize) {
    let shop = Scripted::new("shop");
    shop.holds(ADA, 3);
    shop.holds("bob@shop.example", 5);
    let passed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&passed);
    let cut: Cut = Arc::new(move |_| {
        if counter.fetch_add(1, Ordering::SeqCst) == die_at {
            std::panic::panic_any(Crash);
        }
    });
    let world = World::on(backend)
        .store(shop.clone())
        .cut(cut)
        .build()
        .await;
    let work = async || {
        // One crash at most, so the second worker comes through. A lease that is left behind
        // runs out on PostgreSQL; on SQLite the next process takes it back at once.
        if AssertUnwindSafe(world.engine.work_until_idle())
            .catch_unwind()
            .await
            .is_err()
        {
            world.time.advance(SignedDuration::from_mins(2));
            world
                .engine
                .recover_now()
                .await
                .expect("lost steps are taken back");
            world.work().await;
        }
    };
    let submitted = world.submit(right, ADA).await;
    work().await;
    let code = world.letter("code").code();
    world
        .engine
        .confirm(&submitted.reference, &code)
        .await
        .expect("the code is right");
    work().await;
    world.approve(submitted.id).await;
    work().await;
    world
        .engine
        .release(&officer(), submitted.id)
        .await
        .expect("the answer is released");
    work().await;
    let told = ledger(&world, &shop, submitted.id).await;
    (told, passed.load(Ordering::SeqCst))
}

async fn a_crash_anywhere_changes_nothing(right: Right, backend: Backend) {
    let (calm, cuts) = run(right, backend, usize::MAX).await;
    assert!(cuts > 20, "only {cuts} places to die");
    for die_at in 0..cuts {
        let (told, _) = run(right, backend, die_at).await;
        assert_eq!(told, calm, "died at cut {die_at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_in_an_access_changes_nothing_in_the_end() {
    a_crash_anywhere_changes_nothing(Right::Access, Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_in_an_erasure_changes_nothing_in_the_end() {
    a_crash_anywhere_changes_nothing(Right::Erasure, Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_in_an_erasure_changes_nothing_on_postgresql_either() {
    a_crash_anywhere_changes_nothing(Right::Erasure, Backend::Postgres).await;
}
