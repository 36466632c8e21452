//! A circle of keys of which one stands in partitions, each of which may declare it otherwise.

mod shop;

use habeas_connector::conformance::World as _;
use shop::{Options, Shop};

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
      visit_day: { category: system }
    refers_to: [{ collection: visit, on: { visit_day: day } }]
  visit:
    key: [day]
    columns: { day: { category: system }, person_id: { category: system } }
    belongs_to: [{ collection: person, on: { person_id: id } }]
";

/// Whether a map over two partitions with these keys can be used.
async fn usable(first: &str, second: &str) -> bool {
    let script = format!(
        "create table visit (day integer primary key, person_id integer not null)
           partition by range (day);
         create table visit_1 partition of visit for values from (1) to (10);
         create table visit_2 partition of visit for values from (10) to (20);
         create table person (id integer primary key, email text, visit_day integer not null,
           foreign key (visit_day) references visit (day) on delete restrict);
         alter table visit_1 add foreign key (person_id) references person (id) {first};
         alter table visit_2 add foreign key (person_id) references person (id) {second};"
    );
    let shop = Shop::built(&script, MAP, Options::default());
    shop.connector().check().await.unwrap().is_usable()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_can_wait_when_it_can_in_every_partition() {
    assert!(usable("deferrable", "deferrable").await);
    assert!(!usable("deferrable", "").await);
    assert!(!usable("", "deferrable").await);
    assert!(!usable("deferrable", "on delete cascade deferrable").await);
}
