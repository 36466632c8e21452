//! Stores that move away from their maps, on both databases.

use habeas_connector::{Drift, DriftKind, ErrorClass};
use habeas_testkit::world::{Backend, Fault, Scripted, World};

fn drift(kind: DriftKind, column: &str) -> Drift {
    Drift {
        kind,
        table: "main.account".to_owned(),
        column: Some(column.to_owned()),
        message: "is new".to_owned(),
    }
}

async fn what_was_seen_is_kept_until_it_is_mended_on(backend: Backend) {
    let (shop, desk) = (Scripted::new("shop"), Scripted::new("desk"));
    let world = World::on(backend)
        .store(shop.clone())
        .store(desk.clone())
        .build()
        .await;
    assert_eq!(world.engine.drift().await.unwrap(), []);
    let phone = drift(DriftKind::Personal, "phone");
    let points = drift(DriftKind::Column, "points");
    shop.drifts(&[phone.clone(), points.clone()]);
    world.engine.watch_stores().await.unwrap();
    let seen = world.engine.drift().await.unwrap();
    assert_eq!(seen.len(), 1, "the desk is as its map says");
    assert_eq!(seen[0].title, "Store shop");
    assert_eq!(seen[0].drift, [phone.clone(), points]);
    assert_eq!(seen[0].personal().collect::<Vec<_>>(), [&phone]);

    // A store that is down has not been mended, and the others are looked at all the same.
    shop.fails("check", &[Fault::Before(ErrorClass::Transient)]);
    desk.drifts(std::slice::from_ref(&phone));
    world.engine.watch_stores().await.unwrap();
    assert_eq!(world.engine.drift().await.unwrap().len(), 2);

    shop.drifts(&[]);
    desk.drifts(&[]);
    world.engine.watch_stores().await.unwrap();
    assert_eq!(world.engine.drift().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_seen_is_kept_until_it_is_mended_on_sqlite() {
    what_was_seen_is_kept_until_it_is_mended_on(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_seen_is_kept_until_it_is_mended_on_postgres() {
    what_was_seen_is_kept_until_it_is_mended_on(Backend::Postgres).await;
}
