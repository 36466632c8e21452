//! What only a server can do.

mod live;
mod shop;
mod watch;

#[path = "../../sql/worlds/shop/server_stories.rs"]
mod stories;

use futures::StreamExt as _;
use habeas_connector::{
    Connector, ErrorClass,
    conformance::{World, script::*},
};
use live::person;
use shop::{MAP, Options, Shop};
use stories::{export, is, refused, shop, undone};
use watch::{Other, connect, until_blocked};

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_changes_hands_in_the_middle_is_not_erased() {
    let shop = shop();
    let order = erase_order(shop.connector(), person("ben@example.org")).await;
    let mut other = Other::of(&shop).await;
    let hold = "start transaction; update purchase set person_id = 3 where number = 200";
    other.says(hold).await;
    // By now the erasure has found the purchase among Ben's, and wants to delete it.
    let sell = async {
        until_blocked(&shop).await;
        other.says("commit").await;
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
    let mut other = Other::of(&shop).await;
    // Holds up the erasure after it looked for badges, and before it deletes the person.
    let hold = "start transaction; update item set what = 'mug' where number = 200; \
                insert into badge values (1, 2)";
    other.says(hold).await;
    let come = async {
        until_blocked(&shop).await;
        other.says("commit").await;
    };
    let (error, ()) = tokio::join!(refused(shop.connector(), &order), come);
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
    let mut other = Other::of(&shop).await;
    // Every row that a search could look at.
    let hold = "start transaction; update person set newsletter = 0; update address set city = 'Ulm'; \
                update purchase set total = 0; update item set what = '-'";
    other.says(hold).await;
    let located = locate_one(shop.connector(), &person("ben@example.org")).await;
    assert_eq!(located.rows, shop.persons()[1].rows);
    other.says("rollback").await;

    visit_often(&shop);
    let mut stream = shop
        .connector()
        .access(export(&person("ben@example.org")))
        .await
        .unwrap();
    assert!(stream.next().await.unwrap().is_ok());
    assert_eq!(locks(&shop), "1 0\n", "one transaction and no lock");
    let at_once = format!("set innodb_lock_wait_timeout = 0; {hold}; rollback");
    other.says(&at_once).await;
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
    let error = undone(&shop, "ben@example.org").await;
    assert_eq!(error.code, "rows_changed", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_refuses_undoes_the_whole_order_and_quotes_nobody() {
    let shop = shop();
    shop.run(
        "create trigger keep before delete on purchase for each row \
         signal sqlstate '45000' set message_text = 'ben@example.org pays the rent'",
    );
    let error = undone(&shop, "ben@example.org").await;
    assert_eq!(is(&error), (ErrorClass::Permanent, "1644"));
    assert!(!error.to_string().contains("ben"), "{error}");
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
    let error = refused(shop.connector(), &order).await;
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
    assert_eq!(is(&error), (ErrorClass::Auth, "1044"));
    shop.run(&format!(
        "grant create temporary tables on {name}.* to {user}@'%'"
    ));
    assert!(locate().await.is_ok(), "nothing else is needed for reading");
    shop.run(&format!(
        "grant create on {name}.habeas_effect to {user}@'%'; \
         grant insert, update on {name}.* to {user}@'%'"
    ));
    let order = erase_order(&connector, person("ben@example.org")).await;
    let error = refused(&connector, &order).await;
    assert_eq!(is(&error), (ErrorClass::Auth, "1142"));
    assert!(!error.to_string().contains(user), "{error}");
    shop.run(&format!("drop user {user}@'%'"));
}
