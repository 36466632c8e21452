//! What every test of the make-believe shop knows of it, whatever the database.

use habeas_connector::conformance::Person;
use habeas_domain::{Identifier, outcome::CollectionRows};

/// Every table, and the expression that says whose row it is; -1 is nobody.
pub const TABLES: [(&str, &str); 11] = [
    ("address", "id / 100"),
    ("person", "id"),
    ("depot", "-1"),
    ("purchase", "number / 100"),
    ("item", "number / 100"),
    ("visit", "id / 100"),
    ("review", "id / 100"),
    ("reply", "id / 100"),
    ("ledger", "id / 100"),
    ("complaint", "id / 100"),
    ("goods", "-1"),
];

/// Ada and Ben, with their rows in each collection of the map.
pub fn persons() -> [Person; 2] {
    [
        person(
            "Ada.Łovelace@Example.ORG",
            "ada.łovelace@example.org",
            [1, 2, 2, 3, 2, 1, 1, 2, 1],
        ),
        person(
            "ben@example.org",
            "BEN@Example.org",
            [1, 1, 1, 1, 2, 0, 0, 1, 0],
        ),
    ]
}

/// Persons by their position, as a list for SQL. No person is 0: a list may not be empty.
pub fn ids(persons: &[usize]) -> String {
    let ids = persons.iter().map(|n| (n + 1).to_string());
    ["0".to_owned()]
        .into_iter()
        .chain(ids)
        .collect::<Vec<_>>()
        .join(",")
}

fn person(stored: &str, other: &str, rows: [u64; 9]) -> Person {
    let names = [
        "person",
        "address",
        "purchase",
        "item",
        "visit",
        "review",
        "reply",
        "ledger",
        "complaint",
    ];
    let rows = names.iter().zip(rows).map(|(name, rows)| CollectionRows {
        collection: (*name).to_owned(),
        rows,
    });
    Person {
        identifier: Identifier::email(stored).expect("an address"),
        other_spelling: Identifier::email(other).expect("an address"),
        rows: rows.collect(),
    }
}
