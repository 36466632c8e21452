//! Stories about many subjects in one transaction, and about one subject in many. Included by the
//! tests of each SQL store.

use habeas_connector::{
    EraseOrder, ErrorClass,
    conformance::{World, script::*},
};
use habeas_domain::outcome::CollectionOutcome;

use crate::{
    shop::{MAP, Options, Shop},
    stories::{named, shop},
};

const EVERYBODY: [&str; 4] = [
    "ada.łovelace@example.org",
    "ben@example.org",
    "cem@example.org",
    "dee@example.org",
];

async fn orders(shop: &Shop, emails: &[&str]) -> Vec<EraseOrder> {
    let mut orders = Vec::new();
    for email in emails {
        orders.push(erase_order(shop.connector(), named(email)).await);
    }
    orders
}

/// The orders sent as one batch, each by its counts or its error's code.
async fn sent(shop: &Shop, orders: &[EraseOrder]) -> Vec<Result<Vec<CollectionOutcome>, String>> {
    let answers = shop.connector().erase(orders).await.unwrap();
    let answers = answers.into_iter().map(|answer| match answer {
        Ok(erased) => Ok(erased.collections),
        Err(error) => Err(error.code),
    });
    answers.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_ends_as_its_orders_would_one_after_another() {
    let (together, alone) = (shop(), shop());
    let batch = sent(&together, &orders(&together, &EVERYBODY).await).await;
    let mut one_by_one = Vec::new();
    for order in orders(&alone, &EVERYBODY).await {
        one_by_one.extend(sent(&alone, &[order]).await);
    }
    assert_eq!(batch, one_by_one);
    assert_eq!(
        together.fingerprint_without(&[]).await,
        alone.fingerprint_without(&[]).await
    );
    // Ada and Dee share an address: who comes last takes it along.
    assert_eq!(together.count("address where id = 900").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_cannot_be_erased_does_not_stop_the_others() {
    let shop = shop();
    // Eve's review has replies of others: the map says to stop.
    let emails = [
        "ada.łovelace@example.org",
        "eve@example.org",
        "ben@example.org",
    ];
    let mut batch = orders(&shop, &emails).await;
    batch[1].plan.decision = habeas_domain::plan::Decision::Act;
    let answers = sent(&shop, &batch).await;
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert_eq!(answers[1], Err("others_depend".to_owned()));
    assert_eq!(shop.count("person where id in (1, 2, 5)").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whom_the_store_refuses_is_split_off() {
    let shop = shop();
    shop.run(
        "create table badge (id integer primary key, holder integer not null, \
         foreign key (holder) references person (id))",
    );
    let batch = orders(&shop, &EVERYBODY).await;
    // It came after the plans were made.
    shop.run("insert into badge values (1, 2)");
    let answers = sent(&shop, &batch).await;
    assert_eq!(answers[1], Err("others_depend".to_owned()));
    assert!(answers[0].is_ok() && answers[2].is_ok() && answers[3].is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_order_twice_in_a_batch_is_carried_out_once() {
    let shop = shop();
    let order = orders(&shop, &["ben@example.org"]).await.remove(0);
    let answers = shop
        .connector()
        .erase(&[order.clone(), order])
        .await
        .unwrap();
    let [Ok(first), Ok(second)] = &answers[..] else {
        panic!("both are answered: {answers:?}")
    };
    assert_eq!((first.replayed, second.replayed), (false, true));
    assert_eq!(first.collections, second.collections);
}

fn in_chunks_of(rows: u64) -> Options {
    Options {
        chunk_rows: Some(rows),
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_erasure_in_chunks_ends_as_one_in_a_single_transaction() {
    for chunk in [1, 2, 5] {
        let (chunked, whole) = (Shop::with(MAP, in_chunks_of(chunk)), shop());
        let batch = sent(&chunked, &orders(&chunked, &EVERYBODY).await).await;
        assert_eq!(batch, sent(&whole, &orders(&whole, &EVERYBODY).await).await);
        assert_eq!(
            chunked.fingerprint_without(&[]).await,
            whole.fingerprint_without(&[]).await
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_erasure_that_stopped_half_way_goes_on_where_it_was() {
    let (chunked, whole) = (Shop::with(MAP, in_chunks_of(1)), shop());
    let order = orders(&chunked, &["ada.łovelace@example.org"])
        .await
        .remove(0);
    // Deleting the person comes late; until then most of her rows are gone.
    chunked.forbid_deleting("person");
    let error = chunked
        .connector()
        .erase(std::slice::from_ref(&order))
        .await
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_ne!(error.class, ErrorClass::InDoubt);
    assert!(error.message.contains("goes on from there"), "{error}");
    assert_eq!(chunked.count("item where number = 100").await, 0);
    assert_eq!(chunked.count("person where id = 1").await, 1);
    chunked.allow_deleting("person");
    let done = erase_one(chunked.connector(), &order).await;
    assert!(!done.replayed);
    let calm = orders(&whole, &EVERYBODY[..1]).await.remove(0);
    assert_eq!(
        done.collections,
        erase_one(whole.connector(), &calm).await.collections
    );
    assert!(erase_one(chunked.connector(), &order).await.replayed);
    assert_eq!(
        chunked.fingerprint_without(&[]).await,
        whole.fingerprint_without(&[]).await
    );
}
