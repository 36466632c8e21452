//! Stories about foreign keys that cannot be null and lead in a circle: through two tables, or from
//! a row to others of its own table. Included by the tests of each SQL store.

use habeas_connector::{
    EraseOrder, Explanation, StoreError,
    conformance::{World, script::*},
};
use habeas_domain::Identifier;

use crate::shop::{DELETES_TOGETHER, Options, PUT_OFF, Shop, circular};

const MAP: &str = "
habeas: 1
store: circle
title: Circle
collections:
  person:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
      badge_id: { category: system }
    refers_to: [{ collection: badge, on: { badge_id: id } }]
  badge:
    key: [id]
    columns: { id: { category: system }, person_id: { category: system } }
    belongs_to: [{ collection: person, on: { person_id: id } }]
  note:
    key: [id]
    columns: { id: { category: system }, person_id: { category: system } }
    belongs_to: [{ collection: person, on: { person_id: id } }]
";

/// Ada has three badges and Ben one; each wears one of their own.
fn badges(worn: &str, held: &str, options: Options) -> Shop {
    let person = format!("foreign key (badge_id) references badge (id) {worn}");
    let badge = format!("foreign key (person_id) references person (id) {held}");
    let text = circular(
        &[
            (
                "person",
                "id integer primary key, email text, badge_id integer not null",
                &person,
            ),
            (
                "badge",
                "id integer primary key, person_id integer not null",
                &badge,
            ),
            (
                "note",
                "id integer primary key, person_id integer",
                "foreign key (person_id) references person (id)",
            ),
        ],
        "insert into person values (1, 'ada@example.org', 10), (2, 'ben@example.org', 20);
         insert into badge values (10, 1), (11, 1), (12, 1), (20, 2);
         insert into note values (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 2);",
    );
    Shop::built(&text, MAP, options)
}

async fn order(shop: &Shop, name: &str) -> EraseOrder {
    let email = Identifier::email(&format!("{name}@example.org")).unwrap();
    erase_order(shop.connector(), subject(&email)).await
}

async fn refused(shop: &Shop, order: &EraseOrder) -> StoreError {
    let answers = shop.connector().erase(std::slice::from_ref(order)).await;
    answers.unwrap().remove(0).unwrap_err()
}

async fn erased(shop: &Shop, order: &EraseOrder) -> Vec<u64> {
    let erased = erase_one(shop.connector(), order).await;
    assert_eq!(verify_one(shop.connector(), order).await.rows, []);
    let rows = erased.collections.iter().map(|outcome| outcome.erased);
    rows.collect()
}

/// What the store itself says of a circle that somebody leaves broken.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_still_broken_when_the_transaction_ends_undoes_all_of_it() {
    let Some(put_off) = PUT_OFF else { return };
    let shop = badges(put_off, "on delete restrict", Options::default());
    shop.put_back_what_is_deleted(
        "person",
        "id, email, badge_id",
        "old.id + 100, '', old.badge_id",
    );
    let ada = order(&shop, "ada").await;
    let error = refused(&shop, &ada).await;
    assert!(error.message.contains("all was undone"), "{error}");
    assert_eq!(counts(&shop).await, [2, 4, 6]);
}

/// What `check` says, and whether the map can be used all the same.
async fn checked(shop: &Shop) -> (String, bool) {
    let report = shop.connector().check().await.unwrap();
    let said = report.findings.iter().map(|it| it.message.as_str());
    (said.collect::<Vec<_>>().join("\n"), report.is_usable())
}

async fn counts(shop: &Shop) -> [u64; 3] {
    [
        shop.count("person").await,
        shop.count("badge").await,
        shop.count("note").await,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_a_circle_are_put_off_where_the_store_can() {
    let Some(put_off) = PUT_OFF else { return };
    let shop = badges(put_off, "", Options::default());
    assert_eq!(checked(&shop).await, (String::new(), true));
    let ada = order(&shop, "ada").await;
    let Explanation { erasure, .. } = shop.connector().explain(&ada.subject).await.unwrap();
    let whats: Vec<(&str, &str, u64)> = erasure
        .iter()
        .map(|run| (run.collection.as_str(), run.what.as_str(), run.rows))
        .collect();
    // Which of two keys waits is the store's choice where both could.
    let late = whats
        .iter()
        .filter(|(_, what, _)| what.starts_with("the key on "));
    assert_eq!(late.count(), 1, "{whats:?}");
    assert!(whats.contains(&("badge", "delete", 3)) && whats.contains(&("person", "delete", 1)));
    let both = [ada, order(&shop, "ben").await];
    let answers = shop.connector().erase(&both[..1]).await.unwrap();
    let outcomes = &answers[0].as_ref().unwrap().collections;
    let gone: Vec<u64> = outcomes.iter().map(|outcome| outcome.erased).collect();
    assert_eq!(gone, [1, 3, 5]);
    assert_eq!(counts(&shop).await, [1, 1, 1]);
    let answers = shop.connector().erase(&both).await.unwrap();
    assert!(answers[0].as_ref().unwrap().replayed);
    assert_eq!(counts(&shop).await, [0, 0, 0]);
    for order in &both {
        assert_eq!(verify_one(shop.connector(), order).await.rows, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_keys_that_act_at_once_is_refused_and_says_what_to_do() {
    let shop = badges(
        "on delete restrict",
        "on delete restrict",
        Options::default(),
    );
    let (said, usable) = checked(&shop).await;
    assert_eq!(
        (said.as_str(), usable),
        (
            "the foreign keys of 'person' on 'badge' by badge_id, 'badge' on 'person' by person_id \
             run in a circle, and none of them can be null or be put off to the end of a \
             transaction; let a column of one be null or, where the store can, make one 'on delete \
             no action deferrable'",
            false
        )
    );
    let ada = order(&shop, "ada").await;
    assert_eq!(refused(&shop, &ada).await.code, "map_mismatch");
    assert_eq!(counts(&shop).await, [2, 4, 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_puts_nothing_off_refuses_every_circle() {
    if PUT_OFF.is_some() {
        return;
    }
    for action in ["", "on delete cascade"] {
        let shop = badges(action, "", Options::default());
        assert!(!checked(&shop).await.1, "{action}");
        let ada = order(&shop, "ada").await;
        assert_eq!(refused(&shop, &ada).await.code, "map_mismatch");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_is_one_chunk_and_the_rest_goes_in_many() {
    let Some(put_off) = PUT_OFF else { return };
    let options = Options {
        chunk_rows: Some(2),
        ..Options::default()
    };
    let shop = badges(put_off, "", options);
    let (said, usable) = checked(&shop).await;
    assert!(
        usable && said.contains("go in one transaction whatever 'chunk_rows' says"),
        "{said}"
    );
    let ada = order(&shop, "ada").await;
    shop.forbid_deleting("badge");
    let error = refused(&shop, &ada).await;
    assert!(error.message.contains("earlier chunks"), "{error}");
    assert_eq!(
        counts(&shop).await,
        [2, 4, 1],
        "her notes are gone, and her circle is whole"
    );
    shop.allow_deleting("badge");
    assert_eq!(erased(&shop, &ada).await, [1, 3, 5]);
    assert_eq!(counts(&shop).await, [1, 1, 1]);
}

const REPLIES: &str = "
habeas: 1
store: replies
title: Replies
collections:
  reply:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
      up: { category: system }
    refers_to: [{ collection: reply, on: { up: id } }]
";

fn replies(action: &str, rows: &str, chunk_rows: Option<u64>) -> Shop {
    let key = format!("foreign key (up) references reply (id) {action}");
    let columns = "id integer primary key, email text, up integer not null";
    let text = circular(&[("reply", columns, &key)], rows);
    let options = Options {
        chunk_rows,
        ..Options::default()
    };
    Shop::built(&text, REPLIES, options)
}

/// The first row is nobody's; Ada replies to it and to herself, Ben to it.
const THREAD: &str = "
insert into reply values (1, null, 1), (2, 'ada@example.org', 1), (3, 'ada@example.org', 2),
  (4, 'ada@example.org', 2), (5, 'ada@example.org', 3), (6, 'ben@example.org', 1);";

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_point_at_each_other_go_from_the_leaves_on() {
    for action in ["", "on delete restrict", "on delete cascade"] {
        for chunk_rows in [None, Some(1), Some(3)] {
            let shop = replies(action, THREAD, chunk_rows);
            let ada = order(&shop, "ada").await;
            assert_eq!(erased(&shop, &ada).await, [4], "{action} {chunk_rows:?}");
            assert_eq!(
                shop.lines("select id from reply order by id").await,
                ["1", "6"]
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_tree_that_was_stopped_half_way_is_gone_on_with() {
    let shop = replies("", THREAD, Some(1));
    let ada = order(&shop, "ada").await;
    shop.forbid_deleting("reply");
    refused(&shop, &ada).await;
    shop.allow_deleting("reply");
    shop.run("delete from reply where id = 5");
    assert_eq!(erased(&shop, &ada).await, [3]);
}

/// Ada's rows 2 and 3 point at each other, 5 at itself.
const RING: &str = "
insert into reply values (1, null, 1), (2, 'ada@example.org', 3), (3, 'ada@example.org', 2),
  (4, 'ada@example.org', 2), (5, 'ada@example.org', 5);";

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_of_rows_goes_as_a_whole_or_is_undone() {
    for chunk_rows in [None, Some(1)] {
        let shop = replies("", RING, chunk_rows);
        let (said, usable) = checked(&shop).await;
        assert!(usable, "{said}");
        let ada = order(&shop, "ada").await;
        if DELETES_TOGETHER {
            assert_eq!(said, "");
            assert_eq!(erased(&shop, &ada).await, [4]);
            assert_eq!(shop.lines("select id from reply").await, ["1"]);
        } else {
            assert!(
                said.contains("the store looks at the key by up row by row"),
                "{said}"
            );
            let error = refused(&shop, &ada).await;
            assert!(error.message.contains("foreign key"), "{error}");
            let left = if chunk_rows.is_none() { 5 } else { 4 };
            assert_eq!(shop.count("reply").await, left);
        }
    }
}
