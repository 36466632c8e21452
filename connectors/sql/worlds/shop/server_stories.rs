//! Stories about a server and what may happen to a connection: it is down, slow, or busy with
//! somebody else. Included by the tests of each database that has a server, whose module `watch`
//! says how it is seen and disturbed from outside.

use std::{slice::from_ref, time::Duration};

use futures::StreamExt as _;
use habeas_connector::{
    Access, Connector, EraseOrder, ErrorClass, StoreError, Subject,
    conformance::{World, script::*},
};
use tokio_util::sync::CancellationToken;

use crate::{
    live::person,
    shop::{MAP, Options, Shop},
    watch::{
        Other, ROW_IS_HELD, SCHEME, SLOW_VIEW, TOO_LONG, WRONG_DATABASE, WRONG_PASSWORD, connect,
        until_asleep, until_blocked, until_calm,
    },
};

pub fn shop() -> Shop {
    Shop::with(MAP, Options::default())
}

pub fn export(asker: &Subject) -> Access {
    Access {
        subjects: vec![asker.clone()],
        cancel: CancellationToken::new(),
    }
}

/// The answer to an order that fails.
pub async fn refused(connector: &dyn Connector, order: &EraseOrder) -> StoreError {
    let mut answers = connector.erase(from_ref(order)).await.unwrap();
    answers.remove(0).unwrap_err()
}

/// As `refused`, for an order to erase this person, and all of it was undone.
pub async fn undone(shop: &Shop, email: &str) -> StoreError {
    let order = erase_order(shop.connector(), person(email)).await;
    let before = shop.fingerprint_without(&[]).await;
    let error = refused(shop.connector(), &order).await;
    assert_eq!(shop.fingerprint_without(&[]).await, before);
    error
}

pub fn is(error: &StoreError) -> (ErrorClass, &str) {
    (error.class, error.code.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_unreachable() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let connector = connect(
        &format!("{SCHEME}://nobody:secret@127.0.0.1:{port}/shop"),
        MAP,
    );
    let ben = person("ben@example.org");
    for error in [
        connector.check().await.unwrap_err(),
        connector.locate(&[ben]).await.unwrap_err(),
    ] {
        assert_eq!(is(&error), (ErrorClass::Transient, "unreachable"));
        assert!(!error.to_string().contains("secret"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_a_wrong_database_are_matters_for_a_person() {
    let shop = shop();
    let (login, place) = shop.url().rsplit_once('@').unwrap();
    let (user, _) = login.rsplit_once(':').unwrap();
    for (url, expected) in [
        (
            format!("{user}:wrong@{place}"),
            (ErrorClass::Auth, WRONG_PASSWORD),
        ),
        (
            format!("{}_gone", shop.url()),
            (ErrorClass::Permanent, WRONG_DATABASE),
        ),
    ] {
        let error = connect(&url, MAP).check().await.unwrap_err();
        assert_eq!(is(&error), expected);
    }
}

const SLOW: &str = "
habeas: 1
store: slow
title: Slow
collections:
  slow:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
";

/// A shop with a view that takes for ever, once per row.
fn slow() -> Shop {
    let shop = shop();
    shop.run(SLOW_VIEW);
    shop
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_ends_its_query_on_the_server() {
    let shop = slow();
    let connector = shop.again(SLOW, Options::default());
    let asker = person("ben@example.org");
    tokio::select! {
        _ = connector.locate(from_ref(&asker)) => panic!("it takes for ever"),
        () = until_asleep(&shop) => {}
    }
    until_calm(&shop).await;
    let stream = connector.access(export(&asker)).await.unwrap();
    until_asleep(&shop).await;
    drop(stream);
    until_calm(&shop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_token_ends_the_stream_with_an_error() {
    let shop = slow();
    let connector = shop.again(SLOW, Options::default());
    let access = export(&person("ben@example.org"));
    let cancel = access.cancel.clone();
    let stream = connector.access(access).await.unwrap();
    until_asleep(&shop).await;
    cancel.cancel();
    let items: Vec<_> = stream.collect().await;
    assert!(matches!(&items[..], [Err(error)] if error.code == "cancelled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_takes_too_long_is_given_up() {
    let shop = slow();
    let options = Options {
        statement_timeout: Duration::from_millis(50),
        ..Options::default()
    };
    let connector = shop.again(SLOW, options);
    let error = connector.locate(&[person("ben@example.org")]).await;
    assert_eq!(is(&error.unwrap_err()), (ErrorClass::Transient, TOO_LONG));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_somebody_holds_make_the_order_come_back_later() {
    let options = Options {
        lock_timeout: Duration::from_millis(20),
        ..Options::default()
    };
    let shop = Shop::with(MAP, options);
    let order = erase_order(shop.connector(), person("ben@example.org")).await;
    let mut other = Other::of(&shop).await;
    other
        .says("start transaction; update person set newsletter = 0 where id = 2")
        .await;
    let error = refused(shop.connector(), &order).await;
    assert_eq!(is(&error), (ErrorClass::Transient, ROW_IS_HELD));
    other.says("rollback").await;
    assert!(!erase_one(shop.connector(), &order).await.replayed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_waits_for_the_first_and_repeats_its_counts() {
    let shop = shop();
    // The table is made by the first effect there ever is.
    let other = suppress_order(shop.connector(), person("cem@example.org")).await;
    suppress_one(shop.connector(), &other).await;
    let order = erase_order(shop.connector(), person("ben@example.org")).await;
    let mut first = Other::of(&shop).await;
    let claim = format!(
        "start transaction; insert into habeas_effect values \
         ('{}', 'erase', '[{{\"collection\":\"person\",\"located\":1}}]', '')",
        order.effect_key
    );
    first.says(&claim).await;
    let waiting = async {
        until_blocked(&shop).await;
        first.says("commit").await;
    };
    let (erased, ()) = tokio::join!(erase_one(shop.connector(), &order), waiting);
    assert!(erased.replayed);
    let [person] = &erased.collections[..] else {
        panic!("the one collection that the first counted");
    };
    assert_eq!(person.located, 1);
    let left = shop.count("person where id = 2").await;
    assert_eq!(left, 1, "the second did nothing itself");
}
