//! The two live schemas, the one that diesel is told of, and the classification of our own data
//! all name the same tables and columns.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use habeas_storage::{Db, Location};
use habeas_testkit::postgres::Database;

type Schema = BTreeMap<String, BTreeSet<String>>;

fn is_ours(table: &str) -> bool {
    table != "__diesel_schema_migrations"
}

fn sqlite() -> Schema {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("habeas.sqlite");
    Db::open(&Location::Sqlite(path.clone())).unwrap();
    let conn = rusqlite::Connection::open(&path).unwrap();
    let sql = "select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c \
               where m.type = 'table' and m.name not like 'sqlite_%'";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    collect(rows.map(Result::unwrap))
}

fn postgres() -> Schema {
    let database = Database::fresh();
    Db::open(&Location::Postgres(database.url().to_owned())).unwrap();
    let sql = "select table_name || ' ' || column_name from information_schema.columns \
               where table_schema = 'public'";
    let output = std::process::Command::new("psql")
        .args([
            database.url(),
            "--no-align",
            "--tuples-only",
            "--command",
            sql,
        ])
        .output()
        .expect("psql runs");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    collect(text.lines().filter_map(|line| {
        let (table, column) = line.split_once(' ')?;
        Some((table.to_owned(), column.to_owned()))
    }))
}

/// The macro calls read as text: a table is a name before ` (`, a column a name before ` -> `.
fn diesel() -> Schema {
    let text = include_str!("../src/schema.rs");
    let mut table = String::new();
    let mut rows = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("diesel::") {
            continue;
        }
        if let Some((column, _)) = line.split_once(" -> ") {
            rows.push((table.clone(), column.to_owned()));
        } else if let Some((name, rest)) = line.split_once(" (")
            && rest.ends_with(") {")
        {
            name.clone_into(&mut table);
        }
    }
    collect(rows.into_iter())
}

fn classified() -> Schema {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/data-map.toml");
    let text = fs::read_to_string(path).expect("docs/data-map.toml is there");
    let map: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(&text).unwrap();
    let known = ["none", "pseudonym", "sealed", "blind", "secret", "staff"];
    for (table, columns) in &map {
        for (column, class) in columns {
            assert!(
                known.contains(&class.as_str()),
                "{table}.{column} is '{class}'"
            );
        }
    }
    map.into_iter()
        .map(|(table, columns)| (table, columns.into_keys().collect()))
        .collect()
}

fn collect(rows: impl Iterator<Item = (String, String)>) -> Schema {
    let mut schema = Schema::new();
    for (table, column) in rows.filter(|(table, _)| is_ours(table)) {
        schema.entry(table).or_default().insert(column);
    }
    schema
}

#[test]
fn both_databases_have_the_schema_that_the_code_is_told_of() {
    let told = diesel();
    assert!(told.len() > 10);
    assert_eq!(sqlite(), told);
    assert_eq!(postgres(), told);
}

#[test]
fn every_column_of_our_own_says_what_it_holds_about_people() {
    assert_eq!(classified(), sqlite());
}
