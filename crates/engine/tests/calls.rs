//! Calls that carry the steps of several requests: shared while all is well, and nobody pays for
//! another's fault.

use habeas_connector::ErrorClass;
use habeas_domain::{RequestId, Right};
use habeas_testkit::world::{Backend, Fault, Scripted, World};
use jiff::SignedDuration;

const PEOPLE: [&str; 4] = [
    "ada@shop.example",
    "bob@shop.example",
    "cyd@shop.example",
    "dan@shop.example",
];

/// A store that takes ten orders in a call, and a confirmed request of everybody in it.
async fn crowd(
    backend: Backend,
    right: Right,
    shop: &std::sync::Arc<Scripted>,
) -> (World, Vec<RequestId>) {
    shop.takes_together(10);
    for (person, rows) in PEOPLE.iter().zip(1..) {
        shop.holds(person, rows);
    }
    let world = World::on(backend).store(shop.clone()).build().await;
    let mut submitted = Vec::new();
    for person in PEOPLE {
        submitted.push(world.submit(right, person).await);
    }
    world.work().await;
    for one in &submitted {
        let code = world.letter(one.reference.as_str()).code();
        let confirmed = world.engine.confirm(&one.reference, &code).await;
        confirmed.expect("the code is right");
    }
    (world, submitted.iter().map(|one| one.id).collect())
}

async fn approve_all(world: &World, ids: &[RequestId]) {
    for id in ids {
        world.approve(*id).await;
    }
    world.work().await;
}

async fn both(story: impl AsyncFn(Backend)) {
    story(Backend::Sqlite).await;
    story(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_come_together_share_a_call_and_nothing_else() {
    both(async |backend| {
        let shop = Scripted::new("shop");
        let (world, ids) = crowd(backend, Right::Access, &shop).await;
        world.work().await;
        assert_eq!(shop.calls("locate"), 1);
        approve_all(&world, &ids).await;
        assert_eq!(shop.calls("access"), 1);
        for (id, rows) in ids.iter().zip(1..) {
            let view = world.view(*id).await;
            assert_eq!(view.row.phase, "confirmed");
            let collections = view.steps.iter().flat_map(|step| &step.collections);
            let exported: u64 = collections.map(|rows| rows.exported).sum();
            assert_eq!(exported, rows, "everybody gets their own rows");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_a_store_chokes_on_is_parked_and_the_others_are_answered() {
    both(async |backend| {
        for right in [Right::Access, Right::Erasure] {
            let shop = Scripted::new("shop");
            let (world, ids) = crowd(backend, right, &shop).await;
            world.work().await;
            shop.chokes_on("cyd@shop.example");
            approve_all(&world, &ids).await;
            let mut phases = Vec::new();
            for id in &ids {
                phases.push(world.phase(*id).await);
            }
            assert_eq!(
                phases,
                ["confirmed", "confirmed", "approved", "confirmed"],
                "{right:?}"
            );
            assert_eq!(world.view(ids[2]).await.row.parked, 1);
            assert_eq!(shop.rows_of("cyd@shop.example"), 3, "nothing was touched");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_erases_nobody_twice() {
    both(async |backend| {
        let shop = Scripted::new("shop");
        let (world, ids) = crowd(backend, Right::Erasure, &shop).await;
        world.work().await;
        shop.fails("erase", &[Fault::After]);
        approve_all(&world, &ids).await;
        world.time.advance(SignedDuration::from_mins(10));
        world.work().await;
        for (id, person) in ids.iter().zip(PEOPLE) {
            assert_eq!(world.phase(*id).await, "confirmed");
            assert_eq!(shop.times_erased(person), 1, "{person}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_us_rests_and_nobody_loses_a_try() {
    both(async |backend| {
        let shop = Scripted::new("shop");
        shop.fails("locate", &[Fault::Before(ErrorClass::Auth); 3]);
        let (world, ids) = crowd(backend, Right::Access, &shop).await;
        world.work().await;
        assert_eq!(shop.calls("locate"), 1, "nobody else tries in vain");
        world.time.advance(SignedDuration::from_mins(1));
        world.work().await;
        assert_eq!(shop.calls("locate"), 2, "one probe");
        for _ in 0..6 {
            world.time.advance(SignedDuration::from_mins(2));
            world.work().await;
        }
        for id in ids {
            let view = world.view(id).await;
            assert_eq!(view.row.phase, "planned", "the key was renewed meanwhile");
            assert!(view.steps.iter().all(|step| step.attempts <= 1));
        }
    })
    .await;
}
