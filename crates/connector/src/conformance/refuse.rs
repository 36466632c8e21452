//! What a connector must not do, whatever it is told.

use habeas_domain::{Right, plan::Decision};

use super::{World, person, script::*};
use crate::{EraseOrder, ErrorClass, StoreError};

async fn refused(world: &dyn World, order: EraseOrder) -> StoreError {
    let before = world.fingerprint_without(&[]).await;
    let answers = world
        .connector()
        .erase(&[order])
        .await
        .expect("the store answers");
    let error = answers
        .into_iter()
        .next()
        .expect("one answer")
        .expect_err("it is refused");
    assert_eq!(error.class, ErrorClass::Permanent, "{error}");
    assert_eq!(
        world.fingerprint_without(&[]).await,
        before,
        "nothing changed"
    );
    error
}

pub async fn a_plan_made_with_another_map_is_refused(world: &dyn World) {
    let mut order = erase_order(world.connector(), person(world, 0)).await;
    order.plan.map = "0".repeat(64);
    assert_eq!(refused(world, order.clone()).await.code, "map_changed");
    let verified = world
        .connector()
        .verify(&[order])
        .await
        .expect("the store answers");
    assert!(
        verified[0].is_err(),
        "nor does it verify what it would not do"
    );
    let mut order = suppress_order(world.connector(), person(world, 0)).await;
    order.plan.map = "0".repeat(64);
    let answers = world
        .connector()
        .suppress(&[order])
        .await
        .expect("the store answers");
    assert!(answers[0].is_err());
}

pub async fn a_plan_that_decided_to_do_nothing_is_refused(world: &dyn World) {
    let mut order = erase_order(world.connector(), person(world, 0)).await;
    order.plan.decision = Decision::Stop {
        reasons: vec!["an officer said no".into()],
    };
    assert_eq!(refused(world, order).await.code, "not_planned");
    let mut subject = person(world, 0);
    let access = planned(world.connector(), Right::Access, &mut subject).await;
    let mut order = erase_order(world.connector(), person(world, 0)).await;
    order.plan = access;
    assert_eq!(refused(world, order).await.code, "not_planned");
}

pub async fn more_rows_than_the_cap_change_nothing(world: &dyn World) {
    let mut order = erase_order(world.connector(), person(world, 0)).await;
    let rows = order
        .plan
        .collections
        .iter()
        .map(|collection| collection.rows);
    order.plan.row_cap = rows.max().unwrap_or_default() - 1;
    assert_eq!(refused(world, order).await.code, "row_cap");
}
