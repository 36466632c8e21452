//! What only a server can do.

mod live;
mod shop;

use std::time::Duration;

use futures::StreamExt as _;
use habeas_connector::{
    Access, Connector, ErrorClass, Subject,
    conformance::{World, script::*},
};
use habeas_connector_mysql::Options;
use live::{client, connect, connect_with, person, until, until_blocked};
use mysql_async::prelude::Queryable;
use shop::{MAP, Shop};
use tokio_util::sync::CancellationToken;

fn shop() -> Shop {
    Shop::with(MAP, Options::default())
}

fn export(asker: &Subject) -> Access {
    Access {
        subjects: vec![asker.clone()],
        cancel: CancellationToken::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_unreachable() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let connector = connect(&format!("mysql://nobody:secret@127.0.0.1:{port}/shop"), MAP);
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
async fn a_wrong_password_and_a_wrong_database_are_matters_for_a_person() {
    let shop = shop();
    let (_, place) = shop.url().rsplit_once('@').unwrap();
    let error = connect(&format!("mysql://root:wrong@{place}"), MAP)
        .check()
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Auth, "1045")
    );
    let error = connect(&format!("{}_gone", shop.url()), MAP)
        .check()
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Permanent, "1049")
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
    shop.run(
        "create view slow as select id, concat(email, nullif(sleep(3600), 0)) as email from person",
    );
    shop
}

/// Connections that sleep inside the server.
fn asleep(shop: &Shop) -> String {
    format!(
        "select count(*) from information_schema.processlist \
         where state = 'User sleep' and db = '{}'",
        shop.database().name()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_ends_its_query_on_the_server() {
    let shop = slow();
    let connector = connect(shop.url(), SLOW);
    let asker = person("ben@example.org");
    let sleepers = asleep(&shop);
    tokio::select! {
        _ = connector.locate(std::slice::from_ref(&asker)) => panic!("it takes for ever"),
        () = until(shop.database(), &sleepers, |n| n > 0) => {}
    }
    until(shop.database(), &sleepers, |n| n == 0).await;
    let stream = connector.access(export(&asker)).await.unwrap();
    until(shop.database(), &sleepers, |n| n > 0).await;
    drop(stream);
    until(shop.database(), &sleepers, |n| n == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_token_ends_the_stream_with_an_error() {
    let shop = slow();
    let connector = connect(shop.url(), SLOW);
    let access = export(&person("ben@example.org"));
    let cancel = access.cancel.clone();
    let stream = connector.access(access).await.unwrap();
    until(shop.database(), &asleep(&shop), |n| n > 0).await;
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
    let connector = connect_with(shop.url(), SLOW, options);
    let error = connector
        .locate(&[person("ben@example.org")])
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Transient, "1969")
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
    let mut other = client(shop.database()).await;
    other
        .query_drop("start transaction; update person set newsletter = 0 where id = 2")
        .await
        .unwrap();
    let erase = shop.connector().erase(std::slice::from_ref(&order));
    let error = erase.await.unwrap().remove(0).unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Transient, "1205")
    );
    other.query_drop("rollback").await.unwrap();
    assert!(!erase_one(shop.connector(), &order).await.replayed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_waits_for_the_first_and_repeats_its_counts() {
    let shop = shop();
    // The table is made by the first effect there ever is.
    let other = suppress_order(shop.connector(), person("cem@example.org")).await;
    suppress_one(shop.connector(), &other).await;
    let order = erase_order(shop.connector(), person("ben@example.org")).await;
    let mut first = client(shop.database()).await;
    let claim = format!(
        "start transaction; insert into habeas_effect values \
         ('{}', 'erase', '[{{\"collection\":\"person\",\"located\":1}}]', '')",
        order.effect_key
    );
    first.query_drop(claim).await.unwrap();
    let waiting = async {
        until_blocked(shop.database()).await;
        first.query_drop("commit").await.unwrap();
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
async fn a_row_that_changes_hands_in_the_middle_is_not_erased() {
    let shop = shop();
    let order = erase_order(shop.connector(), person("ben@example.org")).await;
    let mut other = client(shop.database()).await;
    let hold = "start transaction; update purchase set person_id = 3 where number = 200";
    other.query_drop(hold).await.unwrap();
    // By now the erasure has found the purchase among Ben's, and wants to delete it.
    let sell = async {
        until_blocked(shop.database()).await;
        other.query_drop("commit").await.unwrap();
    };
    let (erased, ()) = tokio::join!(erase_one(shop.connector(), &order), sell);
    assert!(!erased.replayed);
    assert_eq!(
        shop.count("purchase where number = 200").await,
        1,
        "it is Cem's now"
    );
    assert_eq!(shop.count("person where id = 2").await, 0);
    assert_eq!(verify_one(shop.connector(), &order).await.rows, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_comes_in_the_middle_is_not_carried_off_by_a_cascade() {
    let shop = shop();
    shop.run("create table badge (id integer primary key, person_id integer references person (id) on delete cascade)");
    let order = erase_order(shop.connector(), person("ben@example.org")).await;
    let mut other = client(shop.database()).await;
    // Holds up the erasure after it looked for badges, and before it deletes the person.
    let hold = "start transaction; update item set what = 'mug' where number = 200; \
                insert into badge values (1, 2)";
    other.query_drop(hold).await.unwrap();
    let come = async {
        until_blocked(shop.database()).await;
        other.query_drop("commit").await.unwrap();
    };
    let erase = shop.connector().erase(std::slice::from_ref(&order));
    let (answers, ()) = tokio::join!(erase, come);
    let error = answers.unwrap().remove(0).unwrap_err();
    assert_eq!(error.code, "others_depend", "{error}");
    assert_eq!(shop.count("badge").await, 1);
}

/// More visits of Ben's than wait on the way: whoever reads them is in the middle until they are
/// taken.
fn visit_often(shop: &Shop) {
    shop.run(
        "insert into visit (day, id, person_id, page) \
         select '2026-07-01', 2000 + seq, 2, repeat('x', 2000) from seq_1_to_5000",
    );
}

/// Open transactions of the shop, and the rows that they have locked.
fn locks(shop: &Shop) -> String {
    shop.database().ask(&format!(
        "select concat_ws(' ', count(*), sum(t.trx_rows_locked)) from information_schema.innodb_trx t \
         join information_schema.processlist p on p.id = t.trx_mysql_thread_id where p.db = '{}'",
        shop.database().name()
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_reader_and_a_reader_waits_for_nobody() {
    let shop = shop();
    let mut other = client(shop.database()).await;
    // Every row that a search could look at.
    let hold = "start transaction; update person set newsletter = 0; update address set city = 'Ulm'; \
                update purchase set total = 0; update item set what = '-'";
    other.query_drop(hold).await.unwrap();
    let located = locate_one(shop.connector(), &person("ben@example.org")).await;
    assert_eq!(located.rows, shop.persons()[1].rows);
    other.query_drop("rollback").await.unwrap();

    visit_often(&shop);
    let mut stream = shop
        .connector()
        .access(export(&person("ben@example.org")))
        .await
        .unwrap();
    assert!(stream.next().await.unwrap().is_ok());
    assert_eq!(locks(&shop), "1 0\n", "one transaction and no lock");
    let at_once = format!("set innodb_lock_wait_timeout = 0; {hold}; rollback");
    other.query_drop(at_once).await.unwrap();
    assert!(stream.all(|item| async move { item.is_ok() }).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_shows_one_moment() {
    let shop = shop();
    visit_often(&shop);
    let mut stream = shop
        .connector()
        .access(export(&person("ben@example.org")))
        .await
        .unwrap();
    assert!(stream.next().await.unwrap().is_ok());
    // Later collections have not been read yet.
    shop.run("update ledger set payer = 'somebody else'; delete from visit where id > 2000");
    let mut visits = 0;
    while let Some(item) = stream.next().await {
        if let habeas_connector::AccessItem::Row {
            collection, record, ..
        } = item.unwrap()
        {
            visits += u32::from(*collection == *"visit");
            let text = format!(
                "{:?}",
                record
                    .iter()
                    .map(|(_, value)| value.to_json())
                    .collect::<Vec<_>>()
            );
            assert!(!text.contains("somebody else"), "that was later");
        }
    }
    assert_eq!(visits, 5_002);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_than_expected_undo_the_whole_order() {
    // By this key a day's visits are one row, and one day is somebody else's too.
    let shop = Shop::with(
        &MAP.replace("key: [day, id]", "key: [day]"),
        Options::default(),
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
    assert_eq!(error.code, "rows_changed", "{error}");
    assert_eq!(shop.fingerprint_without(&[]).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_refuses_undoes_the_whole_order_and_quotes_nobody() {
    let shop = shop();
    shop.run(
        "create trigger keep before delete on purchase for each row \
         signal sqlstate '45000' set message_text = 'ben@example.org pays the rent'",
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
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Permanent, "1644")
    );
    assert!(!error.to_string().contains("ben"), "{error}");
    assert_eq!(shop.fingerprint_without(&[]).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_cannot_take_anything_back_is_not_erased_from() {
    let shop = shop();
    shop.run("alter table visit engine = Aria transactional = 0");
    let report = shop.connector().check().await.unwrap();
    let fatal: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.fatal)
        .collect();
    assert!(
        !report.is_usable() && fatal.len() == 1,
        "{:?}",
        report.findings
    );
    assert!(fatal[0].path.starts_with("collections.visit"), "{fatal:?}");
    let order = erase_order(shop.connector(), person("ben@example.org")).await;
    let error = shop
        .connector()
        .erase(&[order])
        .await
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_eq!(error.code, "map_mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_privilege_that_is_missing_is_a_matter_for_a_person() {
    let shop = shop();
    let name = shop.database().name();
    let user = &name[..30];
    let (_, place) = shop.url().rsplit_once('@').unwrap();
    let url = format!("mysql://{user}:pw@{place}");
    shop.run(&format!(
        "create user {user}@'%' identified by 'pw'; grant select on {name}.* to {user}@'%'"
    ));
    let connector = connect(&url, MAP);
    let locate = || async { connector.locate(&[person("ben@example.org")]).await };
    let error = locate().await.unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Auth, "1044")
    );
    shop.run(&format!(
        "grant create temporary tables on {name}.* to {user}@'%'"
    ));
    assert!(locate().await.is_ok(), "nothing else is needed for reading");
    shop.run(&format!(
        "grant create on {name}.habeas_effect to {user}@'%'; \
         grant insert, update on {name}.* to {user}@'%'"
    ));
    let order = erase_order(&connector, person("ben@example.org")).await;
    let error = connector
        .erase(&[order])
        .await
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Auth, "1142")
    );
    assert!(!error.to_string().contains(user), "{error}");
    shop.run(&format!("drop user {user}@'%'"));
}
