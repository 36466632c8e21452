//! What random worlds found wrong once, each in the smallest world that shows it. Included by the
//! tests of each SQL store.

use habeas_connector::{
    EraseOrder, StoreError,
    conformance::{World, script::*},
};
use habeas_domain::{Identifier, outcome::CollectionOutcome, plan::Decision};

use crate::shop::{Options, Shop};

const HEAD: &str = "
habeas: 1
store: found
title: Found
collections:
  person:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
      home_id: { category: system }
";

/// Ada is 1, Ben is 2 and Cem is 3; Ada and Ben live together.
const PERSONS: &str = "
create table region (id integer primary key);
create table home (
  id integer primary key, region_id integer,
  foreign key (region_id) references region (id) on delete cascade);
create table person (
  id integer primary key, email text, home_id integer,
  foreign key (home_id) references home (id));
insert into region values (100);
insert into home values (10, 100), (30, null);
insert into person values
  (1, 'ada@example.org', 10), (2, 'ben@example.org', 10), (3, 'cem@example.org', 30);
";

fn world(tables: &str, collections: &str) -> Shop {
    let map = format!("{HEAD}{collections}");
    Shop::built(&format!("{PERSONS}{tables}"), &map, Options::default())
}

/// An order that leaves it to the transaction to find what is in the way.
async fn order(shop: &Shop, name: &str) -> EraseOrder {
    let email = Identifier::email(&format!("{name}@example.org")).unwrap();
    let mut order = erase_order(shop.connector(), subject(&email)).await;
    order.plan.decision = Decision::Act;
    order
}

async fn refused(shop: &Shop, name: &str) -> StoreError {
    let order = order(shop, name).await;
    let answers = shop.connector().erase(&[order]).await.unwrap();
    answers.into_iter().next().unwrap().unwrap_err()
}

async fn erased(shop: &Shop, name: &str) -> Vec<CollectionOutcome> {
    let order = order(shop, name).await;
    let erased = erase_one(shop.connector(), &order).await;
    assert_eq!(verify_one(shop.connector(), &order).await.rows, []);
    erased.collections
}

const HOME: &str = "
  home:
    key: [id]
    columns:
      id: { category: system }
      region_id: { category: system }
    held_by: [{ collection: person, on: { id: home_id } }]
";

/// It was deleted, and a cascade took Ben's home along.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_shared_row_holds_stays_as_long_as_that_row() {
    let region = "
  region:
    key: [id]
    columns: { id: { category: system } }
    held_by: [{ collection: home, on: { id: region_id } }]
";
    let shop = world("", &format!("{HOME}{region}"));
    let outcomes = erased(&shop, "ada").await;
    let kept: Vec<u64> = outcomes.iter().map(|outcome| outcome.kept).collect();
    assert_eq!(kept, [0, 1, 1]);
    assert_eq!(shop.count("home").await, 2);
    erased(&shop, "ben").await;
    assert_eq!(
        (shop.count("home").await, shop.count("region").await),
        (1, 0),
        "they go with the last who lives there"
    );
}

/// It was deleted though Ben's home had it as well.
#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_a_shared_row_only_stays_with_it() {
    let note = "
  note:
    key: [id]
    columns: { id: { category: system }, home_id: { category: system } }
    belongs_to: [{ collection: home, on: { home_id: id } }]
";
    let tables = "create table note (id integer primary key, home_id integer);
                  insert into note values (1, 10), (3, 30);";
    let shop = world(tables, &format!("{HOME}{note}"));
    let outcomes = erased(&shop, "ada").await;
    assert_eq!((outcomes[2].located, outcomes[2].kept), (1, 1));
    erased(&shop, "ben").await;
    assert_eq!(shop.lines("select id from note").await, ["3"]);
}

/// A foreign key of a kept row broke the erasure, and one with SET NULL changed the kept row.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_hers_that_stays_and_points_at_one_that_goes_asks_for_a_word_of_the_map() {
    let words = |then: &str| {
        format!(
            "
  review:
    key: [id]
    columns: {{ id: {{ category: system }}, person_id: {{ category: system }} }}
    belongs_to: [{{ collection: person, on: {{ person_id: id }} }}]
  dispute:
    key: [id]
    columns:
      id: {{ category: system }}
      email: {{ category: user.contact.email, identity: {{ kind: email }} }}
      review_id: {{ category: system }}
    refers_to: [{{ collection: review, on: {{ review_id: id }}, when_erased: {then} }}]
    erase: keep
    ground: {{ article: A, reason: R }}
"
        )
    };
    let tables = "
create table review (id integer primary key, person_id integer);
create table dispute (
  id integer primary key, email text, review_id integer,
  foreign key (review_id) references review (id) on delete set null);
insert into review values (1, 1);
insert into dispute values (1, 'ada@example.org', 1);";
    let shop = world(tables, &words("stop"));
    let error = refused(&shop, "ada").await;
    assert_eq!(error.code, "others_depend");
    assert!(
        error
            .message
            .starts_with("1 rows of the person that stay in dispute"),
        "{error}"
    );
    assert_eq!(shop.count("dispute where review_id = 1").await, 1);
    let shop = world(tables, &words("detach"));
    let outcomes = erased(&shop, "ada").await;
    assert_eq!((outcomes[2].kept, outcomes[2].detached), (1, 1));
    assert_eq!(shop.count("dispute where review_id is null").await, 1);
}

/// A cascade deleted them, though no plan had shown them.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_no_where_takes_in_stop_the_erasure_when_they_hang_on_hers() {
    let remark = "
  remark:
    where: { sort: a }
    key: [id]
    columns: { id: { category: system }, person_id: { category: system } }
    belongs_to: [{ collection: person, on: { person_id: id } }]
";
    let tables = "
create table remark (
  id integer primary key, sort varchar(9), person_id integer,
  foreign key (person_id) references person (id) on delete cascade);
insert into remark values (1, 'a', 1), (2, 'b', 1), (3, null, 2), (4, 'a', 3);";
    let shop = world(tables, remark);
    assert_eq!(refused(&shop, "ada").await.code, "others_depend");
    assert_eq!(refused(&shop, "ben").await.code, "others_depend");
    assert_eq!(shop.count("remark").await, 4);
    assert_eq!(erased(&shop, "cem").await[1].erased, 1);
}

/// A row that goes was taken for one that stays, and kept what it holds.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_part_of_a_table_that_stays_keeps_what_it_uses() {
    let map = "
  ticket:
    where: { sort: open }
    key: [id]
    columns: { id: { category: system }, person_id: { category: system }, file_id: { category: system } }
    belongs_to: [{ collection: person, on: { person_id: id } }]
    erase: keep
    ground: { article: A, reason: R }
  old_ticket:
    table: ticket
    where: { sort: closed }
    key: [id]
    columns: { id: { category: system }, person_id: { category: system }, file_id: { category: system } }
    belongs_to: [{ collection: person, on: { person_id: id } }]
  file:
    key: [id]
    columns: { id: { category: system } }
    held_by:
      - { collection: ticket, on: { id: file_id } }
      - { collection: old_ticket, on: { id: file_id } }
";
    let tables = "
create table file (id integer primary key);
create table ticket (id integer primary key, sort varchar(9), person_id integer, file_id integer);
insert into file values (1), (2);
insert into ticket values (1, 'open', 1, 1), (2, 'closed', 1, 2);";
    let shop = world(tables, map);
    let outcomes = erased(&shop, "ada").await;
    assert_eq!((outcomes[3].erased, outcomes[3].kept), (1, 1));
    assert_eq!(shop.lines("select id from file").await, ["1"]);
}

/// Cem's row was gone before Ben's turn came, who shares a home with Ada and had to wait.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_in_a_batch_overtakes_one_whom_his_rows_hold_back() {
    let praise = "
  praise:
    key: [id]
    columns: { id: { category: system }, by_id: { category: system }, of_id: { category: system } }
    belongs_to: [{ collection: person, on: { by_id: id } }]
    refers_to: [{ collection: person, on: { of_id: id }, when_erased: stop }]
";
    let tables = "create table praise (id integer primary key, by_id integer, of_id integer);
                  insert into praise values (1, 3, 2);";
    let shop = world(tables, &format!("{HOME}{praise}"));
    let mut orders = Vec::new();
    for name in ["ada", "ben", "cem"] {
        orders.push(order(&shop, name).await);
    }
    let answers = shop.connector().erase(&orders).await.unwrap();
    let refused: Vec<bool> = answers.iter().map(Result::is_err).collect();
    assert_eq!(refused, [false, true, false]);
    assert_eq!(shop.lines("select id from person").await, ["2"]);
}
