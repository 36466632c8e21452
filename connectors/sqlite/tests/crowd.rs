//! Many persons in one access, of whom some hold more than fits in memory beside the others.

use futures::StreamExt as _;
use habeas_connector::{Access, AccessItem, Connector, Value, conformance::script::subject};
use habeas_connector_sqlite::{Options, SqliteConnector};
use habeas_domain::{Identifier, data_map::DataMap};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

const MAP: &str = "
habeas: 1
store: crowd
title: A crowd
collections:
  person:
    key: [id]
    columns:
      id: { category: user.unique_id }
      email: { category: user.contact.email, identity: { kind: email } }
  visit:
    key: [id]
    columns:
      id: { category: system }
      person_id: { category: user.unique_id }
      page: { category: user.content }
    belongs_to: [{ collection: person, on: { person_id: id } }]
";

/// Persons by their number, and how many visits each has: one has too many to be held together
/// with anybody, one has pages of a megabyte, one has none.
const VISITS: [u64; 6] = [3, 0, 120_000, 2, 40, 5];
const LONG_PAGES: usize = 4;

fn fill(connection: &Connection) {
    connection
        .execute_batch(
            "create table person (id integer primary key, email text);
             create table visit (id integer primary key, person_id integer, page text);
             create index visit_by_person on visit (person_id);",
        )
        .unwrap();
    for (person, visits) in VISITS.iter().enumerate() {
        let page = match person {
            LONG_PAGES => "x".repeat(1 << 20),
            _ => "/basket".to_owned(),
        };
        connection
            .execute(
                "insert into person values (?1, 'p' || ?1 || '@example.org')",
                [person as i64],
            )
            .unwrap();
        connection
            .execute(
                // Taken in turn from both ends, so that the order of arrival is not that of keys.
                "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?2)
                 insert into visit select 1000000 * ?1 + (i * 7919) % 1000003, ?1, ?3 from n
                 where ?2 > 0",
                rusqlite::params![person as i64, *visits as i64, page],
            )
            .unwrap();
    }
}

#[tokio::test]
async fn everybody_in_a_crowd_gets_every_row_of_their_own_once_and_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crowd.sqlite");
    fill(&Connection::open(&path).unwrap());
    let map = DataMap::parse("map.yaml", MAP).unwrap();
    let connector = SqliteConnector::open(&path, map, Options::default());
    let email = |n| Identifier::email(&format!("p{n}@example.org")).unwrap();
    let subjects = (0..VISITS.len()).map(|n| subject(&email(n))).collect();
    let access = Access {
        subjects,
        cancel: CancellationToken::new(),
    };
    let mut stream = connector.access(access).await.unwrap();

    let mut turn = 0;
    let mut seen: Vec<i64> = Vec::new();
    while let Some(item) = stream.next().await {
        match item.unwrap() {
            AccessItem::Row {
                subject,
                collection,
                record,
            } => {
                assert_eq!(subject, turn, "nobody's rows come between another's");
                if &*collection == "person" {
                    assert!(seen.is_empty(), "collections come in the map's order");
                    continue;
                }
                let [(_, Value::Integer(id)), (_, Value::Integer(person)), _] = &record[..] else {
                    panic!("three columns");
                };
                assert_eq!(*person, turn as i64);
                seen.push(*id);
            }
            AccessItem::End { subject, sent } => {
                assert_eq!(subject, turn);
                let rows: Vec<u64> = sent.iter().map(|rows| rows.rows).collect();
                assert_eq!(rows, [1, VISITS[turn]]);
                if VISITS[turn] <= 50_000 {
                    assert!(seen.is_sorted(), "in the order of their keys");
                }
                seen.sort_unstable();
                seen.dedup();
                assert_eq!(seen.len() as u64, VISITS[turn], "each row once");
                seen.clear();
                turn += 1;
            }
        }
    }
    assert_eq!(turn, VISITS.len());
}
