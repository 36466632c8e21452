//! Stories about what happens between an erasure and its read-back. Included by the tests of each
//! SQL store.

use habeas_connector::conformance::{World, script::*};
use habeas_domain::outcome::CollectionRows;

use crate::shop::{MAP, Options, Shop};
use crate::stories::named;

fn rows(collection: &str, rows: u64) -> CollectionRows {
    CollectionRows {
        collection: collection.to_owned(),
        rows,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_appear_before_the_read_back_are_reported_and_go_with_a_further_order() {
    let shop = Shop::with(MAP, Options::default());
    let order = erase_order(shop.connector(), named("ben@example.org")).await;
    let others = shop.fingerprint_without(&[1]).await;
    erase_one(shop.connector(), &order).await;
    // A slow application writes a page view of the old account, and he signs up anew.
    shop.run("insert into visit (day, id, person_id, page) values ('2026-06-03', 202, 2, '/late')");
    shop.run(
        "insert into person (id, email, full_name) values (2, 'Ben@Example.org', 'Ben again')",
    );
    let seen = verify_one(shop.connector(), &order).await.rows;
    assert_eq!(seen, [rows("person", 1), rows("visit", 1)]);
    // The first order was carried out once and for all: it says so, and does nothing more.
    assert!(erase_one(shop.connector(), &order).await.replayed);
    assert_eq!(verify_one(shop.connector(), &order).await.rows, seen);

    let further = erase_order(shop.connector(), named("ben@example.org")).await;
    let erased = erase_one(shop.connector(), &further).await.collections;
    let gone: Vec<(&str, u64)> = erased
        .iter()
        .filter(|outcome| outcome.erased > 0)
        .map(|outcome| (outcome.collection.as_str(), outcome.erased))
        .collect();
    assert_eq!(gone, [("person", 1), ("visit", 1)]);
    for order in [&order, &further] {
        assert_eq!(verify_one(shop.connector(), order).await.rows, []);
    }
    assert_eq!(shop.fingerprint_without(&[1]).await, others);
}

/// The row of the account is gone, and what comes late can be found by its number only.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_row_without_an_account_is_found_by_the_number_that_the_order_knows() {
    let shop = Shop::with(MAP, Options::default());
    let order = erase_order(shop.connector(), named("ben@example.org")).await;
    erase_one(shop.connector(), &order).await;
    shop.run("insert into visit (day, id, person_id, page) values ('2026-06-03', 202, 2, '/late')");
    let seen = verify_one(shop.connector(), &order).await.rows;
    assert_eq!(seen, [rows("visit", 1)]);
    let again = habeas_connector::EraseOrder {
        effect_key: uuid::Uuid::new_v4(),
        ..order.clone()
    };
    assert_eq!(
        erase_one(shop.connector(), &again).await.collections[4].erased,
        1
    );
    assert_eq!(verify_one(shop.connector(), &order).await.rows, []);
}
