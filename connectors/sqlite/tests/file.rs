//! What only a file can do.

mod shop;

use std::time::Duration;

use futures::StreamExt as _;
use habeas_connector::{Access, Connector, ErrorClass, conformance::script::*};
use habeas_connector_sqlite::{Options, SqliteConnector};
use habeas_domain::{Identifier, data_map::DataMap};
use rusqlite::Connection;
use shop::{MAP, Shop};
use tokio_util::sync::CancellationToken;

const ODD: &str = r#"
habeas: 1
store: odd
title: Odd names
collections:
  "habeas_key_0":
    key: [subject, kept]
    columns:
      subject: { category: system }
      kept: { category: system }
      'we"ird mail': { category: user.contact.email, identity: { kind: email, match: ignore_case } }
      k0: { category: user }
  hangs on:
    table: 'select "from"'
    key: [rowid_]
    columns:
      rowid_: { category: system }
      a: { category: system }
      b: { category: system }
    belongs_to: [{ collection: habeas_key_0, on: { a: subject, b: kept } }]
"#;

fn open(path: &std::path::Path, map: &str) -> SqliteConnector {
    let map = DataMap::parse("map.yaml", map).unwrap();
    SqliteConnector::open(path, map, Options::default())
}

#[tokio::test]
async fn a_file_that_is_not_there_is_unreachable_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gone.sqlite");
    let connector = open(&path, MAP);
    let asker = subject(&Identifier::email("ben@example.org").unwrap());
    for error in [
        connector.check().await.unwrap_err(),
        connector.locate(&[asker]).await.unwrap_err(),
    ] {
        assert_eq!(
            (error.class, error.code.as_str()),
            (ErrorClass::Transient, "unreachable")
        );
    }
    assert!(!path.exists());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_a_matter_for_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Dear Sir or Madam, ".repeat(100)).unwrap();
    let error = open(&path, MAP).check().await.unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Permanent, "not_a_database")
    );
}

#[tokio::test]
async fn odd_names_are_names_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.sqlite");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            r#"create table habeas_key_0 (subject int, kept int, "we""ird mail" text, k0 text, primary key (subject, kept));
               create table "select ""from""" (rowid_ integer primary key, a int, b int);
               insert into habeas_key_0 values (1, 2, 'A@example.org', 'x'), (2, 1, 'b@example.org', 'y');
               insert into "select ""from""" values (1, 1, 2), (2, 2, 1), (3, 1, 1);"#,
        )
        .unwrap();
    let connector = open(&path, ODD);
    let asker = subject(&Identifier::email("a@example.org").unwrap());
    let order = erase_order(&connector, asker).await;
    let erased = erase_one(&connector, &order).await;
    let counts: Vec<u64> = erased
        .collections
        .iter()
        .map(|outcome| outcome.erased)
        .collect();
    assert_eq!(counts, [1, 1]);
    let left = |sql: &str| {
        connection
            .query_row::<i64, _, _>(sql, [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(left("select count(*) from habeas_key_0"), 1);
    assert_eq!(left(r#"select sum(rowid_) from "select ""from""""#), 5);
}

#[tokio::test]
async fn case_is_folded_in_every_script() {
    let shop = Shop::with(MAP, Options::default());
    shop.run("update person set email = 'ÉVA.Ωμέγα@example.org' where id = 6");
    let asker = subject(&Identifier::email("éva.ωΜέγα@EXAMPLE.org").unwrap());
    let located = locate_one(
        habeas_connector::conformance::World::connector(&shop),
        &asker,
    )
    .await;
    assert_eq!(located.rows[0].rows, 1);
}

#[tokio::test]
async fn another_writer_makes_the_order_wait_and_then_come_back_later() {
    let options = Options {
        lock_timeout: Duration::ZERO,
        ..Options::default()
    };
    let shop = Shop::with(MAP, options);
    let connector = habeas_connector::conformance::World::connector(&shop);
    let asker = subject(&Identifier::email("ben@example.org").unwrap());
    let order = erase_order(connector, asker).await;
    let other = Connection::open(shop.path()).unwrap();
    other.execute_batch("create table habeas_effect (effect_key text primary key, verb text, outcome text, applied_at text)").unwrap();
    other.execute_batch("begin immediate").unwrap();
    let error = connector
        .erase(std::slice::from_ref(&order))
        .await
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Transient, "busy")
    );
    other.execute_batch("rollback").unwrap();
    assert!(!erase_one(connector, &order).await.replayed);
}

#[tokio::test]
async fn a_row_that_points_at_another_of_hers_goes_with_it() {
    let shop = Shop::with(MAP, Options::default());
    // RESTRICT acts at once, in the middle of the statement.
    shop.run(
        "create table person2 (id integer primary key, email text, up integer references PERSON2 on delete restrict);
         insert into person2 values (1, 'a@example.org', null), (2, 'a@example.org', 1), (3, 'a@example.org', 2), (4, 'b@example.org', null);",
    );
    let map = "
habeas: 1
store: tree
title: Tree
collections:
  person2:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
";
    let connector = open(shop.path(), map);
    let asker = subject(&Identifier::email("a@example.org").unwrap());
    let order = erase_order(&connector, asker).await;
    assert_eq!(erase_one(&connector, &order).await.collections[0].erased, 3);
    shop.run("insert into person2 values (5, 'b@example.org', null); update person2 set up = 5 where id = 4");
    shop.run("insert into person2 values (6, 'c@example.org', 5)");
    let error = {
        let asker = subject(&Identifier::email("b@example.org").unwrap());
        let mut order = erase_order(&connector, asker).await;
        order.plan.decision = habeas_domain::plan::Decision::Act;
        connector
            .erase(&[order])
            .await
            .unwrap()
            .remove(0)
            .unwrap_err()
    };
    assert_eq!(
        error.code, "others_depend",
        "a key spelt in capitals is a key"
    );
}

/// A view without end, and somebody who is looked for in it.
fn endless() -> Shop {
    let shop = Shop::with(MAP, Options::default());
    shop.run(
        "create view endless as with recursive n (i) as (select 1 union all select i + 1 from n)
         select i as id, 'nobody' || i as email from n",
    );
    shop
}

const ENDLESS: &str = "
habeas: 1
store: endless
title: Endless
collections:
  endless:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
";

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_export_ends() {
    let shop = endless();
    let connector = open(shop.path(), ENDLESS);
    let cancel = CancellationToken::new();
    let access = Access {
        subjects: vec![subject(&Identifier::email("ben@example.org").unwrap())],
        cancel: cancel.clone(),
    };
    let stream = connector.access(access).await.unwrap();
    cancel.cancel();
    let items: Vec<_> = stream.collect().await;
    assert!(matches!(&items[..], [Err(error)] if error.code == "cancelled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_takes_too_long_is_given_up() {
    let shop = endless();
    let map = DataMap::parse("map.yaml", ENDLESS).unwrap();
    let options = Options {
        statement_timeout: Duration::from_millis(20),
        ..Options::default()
    };
    let connector = SqliteConnector::open(shop.path(), map, options);
    let asker = subject(&Identifier::email("ben@example.org").unwrap());
    let error = connector.locate(&[asker]).await.unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Transient, "cancelled")
    );
}

/// Plays both parts: started by itself with `VICTIM`, it is the process that gets killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_in_the_middle_leaves_nothing_half_done() {
    const VICTIM: &str = "HABEAS_SQLITE_VICTIM";
    let ada = subject(&Identifier::email("ada.łovelace@example.org").unwrap());
    #[expect(
        clippy::disallowed_methods,
        reason = "it tells the two parts from each other"
    )]
    let victim = std::env::var_os(VICTIM);
    if let Some(path) = victim {
        let connector = open(path.as_ref(), MAP);
        let order = erase_order(&connector, ada).await;
        let answers = connector.erase(&[order]).await;
        unreachable!("the erasure has no end: {answers:?}");
    }
    let shop = Shop::with(MAP, Options::default());
    let connector = habeas_connector::conformance::World::connector(&shop);
    let print = || habeas_connector::conformance::World::fingerprint_without(&shop, &[]);
    let before = print().await;
    // The person goes last: by then her purchases, items and visits are gone.
    shop.run(
        "create trigger hang before delete on person begin
           select count(*) from (
             with recursive n (i) as (select 1 union all select i + 1 from n) select i from n);
         end",
    );
    let mut victim = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "a_process_that_is_killed_in_the_middle_leaves_nothing_half_done",
            "--exact",
        ])
        .env(VICTIM, shop.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // What was on each page before it was changed is in the journal: eight pages are several tables.
    let journal = shop.path().with_extension("sqlite-journal");
    let begun = std::time::Instant::now();
    let pages = || std::fs::metadata(&journal).map_or(0, |journal| journal.len() / 4096);
    while pages() < 8 {
        assert!(victim.try_wait().unwrap().is_none(), "it ended too early");
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "it has not begun"
        );
        std::thread::yield_now();
    }
    victim.kill().unwrap();
    victim.wait().unwrap();

    assert_eq!(print().await, before);
    shop.run("drop trigger hang");
    let order = erase_order(connector, ada).await;
    assert!(!erase_one(connector, &order).await.replayed);
    assert_eq!(verify_one(connector, &order).await.rows, []);
}
