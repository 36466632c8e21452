//! What the demo promises about its people.

use std::path::Path;

use rusqlite::types::Value;

use super::*;

fn made() -> (tempfile::TempDir, Connection, Connection, Cast) {
    let folder = tempfile::tempdir().unwrap();
    let (shop, support) = (
        folder.path().join("shop.db"),
        folder.path().join("support.db"),
    );
    let cast = make(&shop, &support).unwrap();
    let open = |path: &Path| Connection::open(path).unwrap();
    (folder, open(&shop), open(&support), cast)
}

fn number(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Every row of every table, as text.
fn dump(connection: &Connection) -> String {
    let rows = |sql: &str| -> Vec<Vec<Value>> {
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|n| row.get(n)).collect();
        statement
            .query_map([], row)
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    };
    let tables = rows("select name from sqlite_schema where type = 'table' order by name");
    let text = |table: &Vec<Value>| match &table[0] {
        Value::Text(name) => format!("{name}: {:?}\n", rows(&format!("select * from {name}"))),
        other => panic!("a table has a name, not {other:?}"),
    };
    tables.iter().map(text).collect()
}

#[test]
fn the_company_is_the_same_every_time() {
    let (_a, shop, support, _) = made();
    let (_b, shop_again, support_again, _) = made();
    assert_eq!(dump(&shop), dump(&shop_again));
    assert_eq!(dump(&support), dump(&support_again));
}

#[test]
fn every_pointer_leads_somewhere() {
    let (_folder, shop, support, _) = made();
    for connection in [&shop, &support] {
        let mut statement = connection.prepare("pragma foreign_key_check").unwrap();
        assert!(statement.query([]).unwrap().next().unwrap().is_none());
    }
}

#[test]
fn there_are_about_five_hundred_people_and_none_of_them_exists() {
    let (_folder, shop, support, _) = made();
    let strangers = "select count(*) from contact where email like '%.asks%'";
    let people = number(&shop, "select count(*) from customer") + number(&support, strangers);
    assert_eq!(people, 500);
    let real = "select count(*) from customer where email not like '%@example.%'";
    assert_eq!(number(&shop, real), 0);
}

#[test]
fn households_share_addresses_and_the_desk_spells_as_people_type() {
    let (_folder, shop, support, _) = made();
    let shared =
        "select count(*) from (select address_id from customer group by 1 having count(*) > 1)";
    assert!(number(&shop, shared) > 50);
    let spelled = "select count(*) from contact where email <> lower(email)";
    assert!(number(&support, spelled) > 50);
    let callers =
        "select count(*) from contact where email is null and shop_customer_no is not null";
    assert!(number(&support, callers) > 20);
}

#[test]
fn the_one_who_leaves_shares_a_home_recommended_somebody_and_also_called() {
    let (_folder, shop, support, cast) = made();
    let of = |sql: &str| sql.replace("{who}", &cast.leaves.email);
    let home = of("select count(*) from customer where address_id =
        (select address_id from customer where email = '{who}')");
    assert_eq!(number(&shop, &home), 2);
    let recommended = of("select count(*) from customer where referred_by =
        (select id from customer where email = '{who}')");
    assert_eq!(number(&shop, &recommended), 1);
    let number_of = of("select customer_no from customer where email = '{who}'");
    let no: String = shop.query_row(&number_of, [], |row| row.get(0)).unwrap();
    let called =
        format!("select count(*) from contact where shop_customer_no = '{no}' and email is null");
    assert_eq!(number(&support, &called), 1);
}

#[test]
fn the_maps_of_the_company_are_sound() {
    for (file, text) in [
        ("shop.yaml", include_str!("../maps/shop.yaml")),
        ("support.yaml", include_str!("../maps/support.yaml")),
    ] {
        habeas_domain::data_map::DataMap::parse(file, text).unwrap();
    }
}
