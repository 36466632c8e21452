//! What the connector knows of a schema, as far as it can be seen from outside.

mod live;

use habeas_connector::{Connector, Finding};
use habeas_testkit::mariadb::Database;
use live::connect;

const MAP: &str = "
habeas: 1
store: shop
title: Shop
collections:
  person:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
";

async fn findings(url: &str) -> Vec<Finding> {
    connect(url, MAP).check().await.unwrap().findings
}

fn says(findings: &[Finding], words: &str) -> bool {
    findings
        .iter()
        .any(|finding| finding.message.contains(words))
}

fn people() -> Database {
    let database = Database::fresh();
    database.run("create table person (id int primary key, email varchar(80) unique)");
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_table_leaves_nothing_to_say() {
    assert_eq!(findings(people().url()).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_rows_that_the_database_keeps_by_itself_are_pointed_out() {
    let database = people();
    database.run("alter table person add system versioning");
    let findings = findings(database.url()).await;
    assert!(says(&findings, "system versioning"), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_is_pointed_out() {
    let database = people();
    database.run(
        "create trigger copy_person before delete on person for each row set @gone = old.email",
    );
    let findings = findings(database.url()).await;
    assert!(says(&findings, "copy_person"), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_from_another_database_is_known() {
    let (database, other) = (people(), Database::fresh());
    other.run(&format!(
        "create table badge (id int primary key, person int, \
         foreign key (person) references {}.person (id) on delete cascade)",
        database.name()
    ));
    let findings = findings(database.url()).await;
    assert!(
        says(&findings, "rows of 'badge' point at 'person'"),
        "{findings:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_another_database_can_be_mapped_when_the_url_names_it() {
    let (database, other) = (Database::fresh(), people());
    let map = MAP.replace(
        "    key: [id]",
        &format!("    schema: {}\n    key: [id]", other.name()),
    );
    let report = connect(database.url(), &map).check().await.unwrap();
    assert!(!report.is_usable());
    let url = format!("{}?databases={}", database.url(), other.name());
    let report = connect(&url, &map).check().await.unwrap();
    assert!(report.is_usable(), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_would_be_hidden_behind_one_of_ours_is_not_taken_for_one() {
    let database = people();
    database.run("rename table person to habeas_key_0");
    let map = MAP.replace("person:", "habeas_key_0:");
    let report = connect(database.url(), &map).check().await.unwrap();
    assert!(
        says(&report.findings, "no table 'habeas_key_0'"),
        "{:?}",
        report.findings
    );
}
