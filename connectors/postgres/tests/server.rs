//! What only a server can do.

mod live;
mod shop;

use std::time::Duration;

use futures::StreamExt as _;
use habeas_connector::{
    Access, AccessItem, Connector, ErrorClass, Value,
    conformance::{World, script::*},
};
use habeas_connector_postgres::{Options, PostgresConnector};
use habeas_domain::{Identifier, data_map::DataMap};
use live::person;
use shop::{MAP, Shop};
use tokio_util::sync::CancellationToken;

fn shop() -> Shop {
    Shop::with(MAP, Options::default())
}

fn connect(url: &str, map: &str) -> PostgresConnector {
    let map = DataMap::parse("map.yaml", map).unwrap();
    PostgresConnector::new(url, map, Options::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_unreachable() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let connector = connect(
        &format!("postgres://nobody:secret@127.0.0.1:{port}/shop"),
        MAP,
    );
    for error in [
        connector.check().await.unwrap_err(),
        connector
            .locate(&[person("ben@example.org")])
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            (error.class, error.code.as_str()),
            (ErrorClass::Transient, "unreachable")
        );
        assert!(!format!("{error}").contains("secret"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_exist_is_a_matter_for_a_person() {
    let shop = shop();
    let connector = connect(&format!("{}_gone", shop.url()), MAP);
    let error = connector.check().await.unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Permanent, "3D000")
    );
}

/// A view that takes for ever, once per row.
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

fn slow() -> Shop {
    let shop = shop();
    shop.run("create view slow as select id, email || coalesce(pg_sleep(3600)::text, '') as email from person");
    shop
}

/// Waits until no statement of the connector runs any more.
async fn calm(shop: &Shop) {
    let client = shop.client().await;
    let sql = "select count(*) from pg_stat_activity where application_name = 'habeas' and \
               state <> 'idle' and datname = current_database()";
    let watch = async {
        while client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), watch)
        .await
        .expect("the query is cancelled");
}

/// Waits until the connector sleeps inside the server.
async fn asleep(shop: &Shop) {
    let client = shop.client().await;
    let sql = "select count(*) from pg_stat_activity where application_name = 'habeas' and \
               wait_event = 'PgSleep' and datname = current_database()";
    let watch = async {
        while client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), watch)
        .await
        .expect("the query has begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_ends_its_query_on_the_server() {
    let shop = slow();
    let connector = connect(shop.url(), SLOW);
    let asker = [person("ben@example.org")];
    tokio::select! {
        _ = connector.locate(&asker) => panic!("it takes for ever"),
        () = asleep(&shop) => {}
    }
    calm(&shop).await;
    let stream = connector
        .access(Access {
            subjects: asker.to_vec(),
            cancel: CancellationToken::new(),
        })
        .await
        .unwrap();
    asleep(&shop).await;
    drop(stream);
    calm(&shop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_token_ends_the_stream_with_an_error() {
    let shop = slow();
    let connector = connect(shop.url(), SLOW);
    let cancel = CancellationToken::new();
    let access = Access {
        subjects: vec![person("ben@example.org")],
        cancel: cancel.clone(),
    };
    let stream = connector.access(access).await.unwrap();
    asleep(&shop).await;
    cancel.cancel();
    let items: Vec<_> = stream.collect().await;
    assert!(matches!(&items[..], [Err(error)] if error.code == "cancelled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_takes_too_long_is_given_up() {
    let shop = slow();
    let map = DataMap::parse("map.yaml", SLOW).unwrap();
    let options = Options {
        statement_timeout: Duration::from_millis(50),
        ..Options::default()
    };
    let connector = PostgresConnector::new(shop.url(), map, options).unwrap();
    let error = connector
        .locate(&[person("ben@example.org")])
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Transient, "57014")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_somebody_holds_make_the_order_come_back_later() {
    let options = Options {
        lock_timeout: Duration::from_millis(20),
        ..Options::default()
    };
    let shop = Shop::with(MAP, options);
    let order = erase_order(shop.connector(), person("ben@example.org")).await;
    let mut other = shop.client().await;
    let hold = other.transaction().await.unwrap();
    hold.execute("update person set newsletter = 0 where id = 2", &[])
        .await
        .unwrap();
    let error = shop
        .connector()
        .erase(std::slice::from_ref(&order))
        .await
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Transient, "55P03")
    );
    hold.rollback().await.unwrap();
    assert!(!erase_one(shop.connector(), &order).await.replayed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_waits_for_the_first_and_repeats_its_counts() {
    let shop = shop();
    // The table is made by the first effect there ever is.
    let other = suppress_order(shop.connector(), person("cem@example.org")).await;
    suppress_one(shop.connector(), &other).await;
    let order = erase_order(shop.connector(), person("ben@example.org")).await;
    let mut first = shop.client().await;
    let claim = first.transaction().await.unwrap();
    claim
        .execute(
            "insert into habeas_effect values ($1, 'erase', '[{\"collection\":\"person\",\"located\":1}]', '')",
            &[&order.effect_key.to_string()],
        )
        .await
        .unwrap();
    let watcher = shop.client().await;
    let waiting = async {
        let sql = "select count(*) from pg_stat_activity where application_name = 'habeas' and \
                   wait_event_type = 'Lock' and datname = current_database()";
        while watcher.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::task::yield_now().await;
        }
        claim.commit().await.unwrap();
    };
    let (erased, ()) = tokio::join!(erase_one(shop.connector(), &order), waiting);
    assert!(erased.replayed);
    assert_eq!(
        (erased.collections.len(), erased.collections[0].located),
        (1, 1)
    );
    assert_eq!(
        shop.count("person where id = 2").await,
        1,
        "the second did nothing itself"
    );
}

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
    let order = erase_order(shop.connector(), person("ben@example.org")).await;
    let before = shop.fingerprint_without(&[]).await;
    let error = shop
        .connector()
        .erase(&[order])
        .await
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_eq!(error.code, "rows_changed");
    assert!(
        error
            .message
            .contains("1 rows of 'visit' changed where 2 were expected"),
        "{error}"
    );
    assert_eq!(shop.fingerprint_without(&[]).await, before);
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
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Auth, "42501")
    );
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
    let access = Access {
        subjects: vec![person("w@example.org")],
        cancel: CancellationToken::new(),
    };
    let items: Vec<_> = connector.access(access).await.unwrap().collect().await;
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
    let order = erase_order(
        &connector,
        subject(&Identifier::email("w@example.org").unwrap()),
    )
    .await;
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
        asleep(&shop).await;
        shop.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' \
             and application_name = 'habeas' and datname = current_database()",
        );
    };
    let once = std::slice::from_ref(&order);
    let (answers, ()) = tokio::join!(shop.connector().erase(once), kill);
    let error = answers.unwrap().remove(0).unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient, "{error}");
    assert_eq!(shop.fingerprint_without(&[]).await, before);
    shop.run("drop trigger hang on person");
    assert!(!erase_one(shop.connector(), &order).await.replayed);
    assert_eq!(verify_one(shop.connector(), &order).await.rows, []);
}
