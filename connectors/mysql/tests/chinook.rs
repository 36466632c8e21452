//! Chinook in MariaDB, loaded from its SQLite file, against the truth table that was made by hand and
//! against queries of the test's own for everybody else.

mod live;

use habeas_connector::{Connector, conformance::script::*};
use habeas_connector_mysql::{MysqlConnector, Options};
use habeas_domain::{data_map::DataMap, outcome::Obstacle};
use habeas_testkit::mariadb::Database;
use live::{person, rows};
use mysql_async::{Value as Sent, prelude::Queryable};
use rusqlite::{Connection, types::ValueRef};

/// Tables and columns are spelt as in SQLite.
const MAP: &str = include_str!("../../sqlite/maps/chinook.yaml");

const SCHEMA: &str = include_str!("chinook.sql");

/// Owners before what they own.
const TABLES: [&str; 11] = [
    "Artist",
    "Genre",
    "MediaType",
    "Playlist",
    "Employee",
    "Album",
    "Track",
    "Customer",
    "Invoice",
    "InvoiceLine",
    "PlaylistTrack",
];

const UNTOUCHED: [&str; 8] = [
    "Album",
    "Artist",
    "Genre",
    "MediaType",
    "Playlist",
    "PlaylistTrack",
    "Track",
    "Employee",
];

#[expect(clippy::print_stderr, reason = "whoever runs the tests should know")]
async fn chinook() -> Option<Database> {
    let Some(file) = habeas_testkit::shared::data("chinook/Chinook_Sqlite.sqlite") else {
        eprintln!("left out: the reference data is not there");
        return None;
    };
    let source =
        Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let database = Database::fresh();
    database.run(SCHEMA);
    let mut target = live::client(&database).await;
    // Employees refer to each other, and in no particular order.
    target
        .query_drop("set foreign_key_checks = 0")
        .await
        .unwrap();
    for table in TABLES {
        let (columns, rows) = contents(&source, table);
        let places = vec!["?"; columns].join(", ");
        let insert = format!("insert into {table} values ({places})");
        target.exec_batch(insert, rows).await.unwrap();
    }
    target.disconnect().await.unwrap();
    Some(database)
}

fn contents(source: &Connection, table: &str) -> (usize, Vec<Vec<Sent>>) {
    let mut select = source.prepare(&format!("select * from {table}")).unwrap();
    let columns = select.column_count();
    let rows = select.query_map([], |row| {
        let values = (0..columns).map(|n| {
            Ok(match row.get_ref(n)? {
                ValueRef::Null => Sent::NULL,
                ValueRef::Integer(number) => Sent::Bytes(number.to_string().into()),
                ValueRef::Real(number) => Sent::Bytes(number.to_string().into()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Sent::Bytes(bytes.into()),
            })
        });
        values.collect()
    });
    (columns, rows.unwrap().map(Result::unwrap).collect())
}

fn connector(database: &Database, map: &str) -> MysqlConnector {
    let map = DataMap::parse("map.yaml", map).unwrap();
    MysqlConnector::new(database.url(), map, Options::default()).unwrap()
}

fn counts<const N: usize>(database: &Database, tables: [&str; N]) -> [u64; N] {
    tables.map(|table| {
        let answer = database.ask(&format!("select count(*) from {table}"));
        answer.trim().parse().unwrap()
    })
}

fn fingerprint(database: &Database) -> String {
    let list = UNTOUCHED.join(", ");
    database.ask(&format!("checksum table {list}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_person_is_found_exported_and_erased_as_the_truth_table_says() {
    let truth = [
        (
            "LUISG@embraer.com.br",
            [1, 7, 38, 0],
            39.62,
            [58, 405, 2202],
        ),
        ("hholy@gmail.com", [1, 7, 38, 0], 49.62, [57, 398, 2164]),
        (
            "puja_srivastava@yahoo.in",
            [1, 6, 36, 0],
            36.64,
            [56, 392, 2128],
        ),
    ];
    let Some(database) = chinook().await else {
        return;
    };
    let connector = connector(&database, MAP);
    assert!(connector.check().await.unwrap().is_usable());
    let before = fingerprint(&database);
    for (email, found, total, left) in truth {
        let mut asker = person(email);
        let located = widen(&connector, &mut asker).await;
        assert_eq!(
            (rows(&located.rows), located.obstacles),
            (found.to_vec(), vec![]),
            "{email}"
        );

        let export = export(&connector, vec![asker.clone()]).await.remove(0);
        assert_eq!(export.rows.len() as u64, found.iter().sum::<u64>());
        let paid: f64 = export
            .rows
            .iter()
            .filter(|(collection, _)| collection == "Invoice")
            .flat_map(|(_, record)| record)
            .filter(|(column, _)| **column == *"Total")
            .map(|(_, total)| total.to_json().as_f64().unwrap())
            .sum();
        assert_eq!(format!("{paid:.2}"), format!("{total:.2}"));

        let order = erase_order(&connector, asker).await;
        let erased = erase_one(&connector, &order).await;
        let counted: Vec<u64> = erased
            .collections
            .iter()
            .map(|outcome| outcome.erased)
            .collect();
        assert_eq!(counted, found);
        assert_eq!(verify_one(&connector, &order).await.rows, []);
        assert_eq!(
            counts(&database, ["Customer", "Invoice", "InvoiceLine"]),
            left
        );
    }
    assert_eq!(counts(&database, ["Track"]), [3503]);
    assert_eq!(fingerprint(&database), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_customer_is_found_as_a_query_by_hand_finds_them() {
    let Some(database) = chinook().await else {
        return;
    };
    let connector = connector(&database, MAP);
    let sql = "select c.Email, count(distinct i.InvoiceId), count(l.InvoiceLineId) from Customer c \
               left join Invoice i on i.CustomerId = c.CustomerId \
               left join InvoiceLine l on l.InvoiceId = i.InvoiceId group by c.CustomerId";
    let truth: Vec<(String, u64, u64)> = live::client(&database).await.query(sql).await.unwrap();
    assert_eq!(truth.len(), 59);
    let askers: Vec<_> = truth.iter().map(|(email, ..)| person(email)).collect();
    let located = connector.locate(&askers).await.unwrap();
    for (located, (email, invoices, lines)) in located.into_iter().zip(&truth) {
        let located = located.unwrap();
        assert_eq!(rows(&located.rows), [1, *invoices, *lines, 0], "{email}");
    }
    // All of them in one batch leave nothing behind, and nothing else goes.
    let before = fingerprint(&database);
    let mut orders = Vec::new();
    for asker in askers {
        orders.push(erase_order(&connector, asker).await);
    }
    for answer in connector.erase(&orders).await.unwrap() {
        answer.unwrap();
    }
    assert_eq!(
        counts(&database, ["Customer", "Invoice", "InvoiceLine"]),
        [0, 0, 0]
    );
    assert_eq!(fingerprint(&database), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_leaves_and_his_customers_stay_unless_the_map_says_stop() {
    let Some(database) = chinook().await else {
        return;
    };
    let strict = MAP.replace(
        "SupportRepId: EmployeeId }, when_erased: detach",
        "SupportRepId: EmployeeId }",
    );
    let located = locate_one(
        &connector(&database, &strict),
        &person("jane@chinookcorp.com"),
    )
    .await;
    let stop = Obstacle::OthersDepend {
        collection: "Employee".into(),
        dependents: "Customer".into(),
        rows: 21,
    };
    assert_eq!(located.obstacles, [stop]);

    let connector = connector(&database, MAP);
    let order = erase_order(&connector, person("jane@chinookcorp.com")).await;
    let erased = erase_one(&connector, &order).await.collections;
    let outcome = |name: &str| erased.iter().find(|c| c.collection == name).unwrap();
    assert_eq!(outcome("Employee").erased, 1);
    assert_eq!(
        (outcome("Customer").located, outcome("Customer").detached),
        (0, 21)
    );
    let left = [
        "Customer",
        "Employee",
        "Customer where SupportRepId is null",
    ];
    assert_eq!(counts(&database, left), [59, 7, 21]);
}
