//! What only a server can do.

mod live;
mod shop;
mod watch;

#[path = "../../sql/worlds/shop/server_stories.rs"]
mod stories;

use futures::StreamExt as _;
use habeas_connector::{
    AccessItem, Connector, ErrorClass, Value,
    conformance::{World, script::*},
};
use live::person;
use shop::{MAP, Options, Shop};
use stories::{export, is, refused, shop, undone};
use watch::{connect, until_asleep};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_while_committing_leaves_its_transaction_in_doubt() {
    let one_at_a_time = Options {
        batch: 1,
        ..Options::default()
    };
    let shop = Shop::with(MAP, one_at_a_time);
    shop.run(
        "create function die() returns trigger language plpgsql as
           $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
         create constraint trigger die after delete on person deferrable initially deferred
           for each row execute function die()",
    );
    let order = erase_order(shop.connector(), person("ben@example.org")).await;
    let other = erase_order(shop.connector(), person("nobody@example.org")).await;
    let mut answers = shop
        .connector()
        .erase(&[order.clone(), other])
        .await
        .unwrap();
    assert!(
        answers.pop().unwrap().is_ok(),
        "the next order gets a new connection"
    );
    assert_eq!(
        answers.pop().unwrap().unwrap_err().class,
        ErrorClass::InDoubt
    );
    let together = connect(shop.url(), MAP);
    let batch = [
        order.clone(),
        erase_order(&together, person("ada.łovelace@example.org")).await,
    ];
    for answer in together.erase(&batch).await.unwrap() {
        assert_eq!(
            answer.unwrap_err().class,
            ErrorClass::InDoubt,
            "they shared a transaction"
        );
    }
    shop.run("drop trigger die on person");
    // Asked again with the same key, the store knows: it had not happened.
    assert!(!erase_one(shop.connector(), &order).await.replayed);
    assert!(erase_one(shop.connector(), &order).await.replayed);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_do_not_go_undo_the_whole_order() {
    let shop = shop();
    shop.run(
        "create function keep() returns trigger language plpgsql as $$ begin return null; end $$;
         create trigger keep before delete on visit_2026 for each row execute function keep()",
    );
    let error = undone(&shop, "ben@example.org").await;
    assert_eq!(error.code, "rows_changed");
    assert!(
        error
            .message
            .contains("1 rows of 'visit' changed where 2 were expected"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_a_policy_hides_are_an_error_and_not_absent() {
    let shop = shop();
    let user = format!("reader_{}", uuid::Uuid::new_v4().simple());
    shop.run(&format!(
        "create role {user} login password 'pw'; grant select on all tables in schema public to {user};
         alter table person enable row level security"
    ));
    let (_, rest) = shop.url().split_once('@').unwrap();
    let connector = connect(&format!("postgres://{user}:pw@{rest}"), MAP);
    let error = connector
        .locate(&[person("ben@example.org")])
        .await
        .unwrap_err();
    assert_eq!(is(&error), (ErrorClass::Auth, "42501"));
    shop.run(&format!("drop owned by {user}; drop role {user}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_exported_without_loss() {
    let shop = shop();
    shop.run(
        "create schema hr;
         create type hr.mood as enum ('glad', 'sad');
         create domain hr.small as integer check (value < 100);
         create table hr.worker (
           id uuid primary key, email varchar(60), mood hr.mood, tags text[], facts jsonb, home inet,
           born date, seen timestamptz, pay numeric(20, 6), ratio double precision, big bigint,
           age hr.small, code char(5), active boolean, shift interval, raw json);
         insert into hr.worker values (
           '6b29fc40-ca47-1067-b31d-00dd010662da', 'w@example.org', 'sad', '{a,\"b c\"}', '{\"k\": 1.10}',
           '10.0.0.1', '1999-12-31', '2024-06-30 23:00:00+02', 12345678901234.567890, 0.1,
           9223372036854775807, 42, 'ab', true, '1 day 2 hours', '{\"a\":1}')",
    );
    let columns = [
        "id", "mood", "tags", "facts", "home", "born", "seen", "pay", "ratio", "big", "age",
        "code", "active", "shift", "raw",
    ];
    let lines: String = columns
        .iter()
        .map(|name| format!("      {name}: {{ category: user }}\n"))
        .collect();
    let map = format!(
        "habeas: 1\nstore: hr\ntitle: HR\ncollections:\n  worker:\n    schema: hr\n    key: [id]\n    columns:\n\
         {lines}      email: {{ category: user.contact.email, identity: {{ kind: email }} }}\n"
    );
    let connector = connect(shop.url(), &map);
    let worker = person("w@example.org");
    let items: Vec<_> = connector
        .access(export(&worker))
        .await
        .unwrap()
        .collect()
        .await;
    let Ok(AccessItem::Row { record, .. }) = &items[0] else {
        panic!("one row: {items:?}");
    };
    let text = |value: &str| Value::Text(value.into());
    let number = |value: &str| Value::Number(value.into());
    let expected = [
        text("6b29fc40-ca47-1067-b31d-00dd010662da"),
        text("sad"),
        text("{a,\"b c\"}"),
        text("{\"k\": 1.10}"),
        text("10.0.0.1/32"),
        text("1999-12-31"),
        text("2024-06-30T21:00:00+00:00"),
        number("12345678901234.567890"),
        number("0.1"),
        Value::Integer(i64::MAX),
        Value::Integer(42),
        text("ab"),
        Value::Bool(true),
        text("P1DT2H"),
        text("{\"a\":1}"),
    ];
    for ((name, value), expected) in record.iter().zip(expected) {
        assert!(*value == expected, "{name}: {}", value.to_json());
    }
    let order = erase_order(&connector, worker).await;
    assert_eq!(erase_one(&connector, &order).await.collections[0].erased, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_is_killed_in_the_middle_leaves_nothing_half_done() {
    let shop = shop();
    // The person goes last: by then her purchases, items and visits are gone.
    shop.run(
        "create function hang() returns trigger language plpgsql as
           $$ begin perform pg_sleep(3600); return old; end $$;
         create trigger hang before delete on person for each row execute function hang()",
    );
    let order = erase_order(shop.connector(), person("ada.łovelace@example.org")).await;
    let before = shop.fingerprint_without(&[]).await;
    let kill = async {
        until_asleep(&shop).await;
        shop.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' \
             and application_name = 'habeas' and datname = current_database()",
        );
    };
    let (error, ()) = tokio::join!(refused(shop.connector(), &order), kill);
    assert_eq!(error.class, ErrorClass::Transient, "{error}");
    assert_eq!(shop.fingerprint_without(&[]).await, before);
    shop.run("drop trigger hang on person");
    assert!(!erase_one(shop.connector(), &order).await.replayed);
    assert_eq!(verify_one(shop.connector(), &order).await.rows, []);
}
