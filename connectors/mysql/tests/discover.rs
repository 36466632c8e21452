//! Discovery and drift on a messy MariaDB database. Its tables have another schema in each run, so
//! the stories that the other databases share are told here in short.

use habeas_connector::{
    Connector, DriftKind, Look, Proposal,
    conformance::script::{erase_one, erase_order, subject, verify_one},
};
use habeas_connector_mysql::{MysqlConnector, Options};
use habeas_connector_sql::Catalogue;
use habeas_domain::{Identifier, data_map::DataMap};
use habeas_testkit::mariadb::Database;

/// What the shop says and what MariaDB says instead.
const WORDS: [(&str, &str); 6] = [
    ("timestamp", "datetime"),
    ("sku text", "sku varchar(40)"),
    // An index has so many bytes, and leaves no rows out.
    ("contact_ref text", "contact_ref varchar(90)"),
    ("(contact_ref) where status <> 'old'", "(contact_ref)"),
    ("status text not null", "status varchar(9) not null"),
    (
        "create unique index customer_folded on customer (lower(full_name), id);",
        "",
    ),
];

struct Messy(Database);

impl Messy {
    fn new() -> Self {
        let schema = include_str!("../../sql/worlds/messy/schema.sql");
        let schema = WORDS.iter().fold(schema.to_owned(), |sql, (from, to)| {
            assert!(sql.contains(from), "the shop no longer says {from}");
            sql.replace(from, to)
        });
        let messy = Messy(Database::fresh());
        messy.run(&schema);
        messy.run(include_str!("../../sql/worlds/messy/more.mysql.sql"));
        messy
    }

    fn run(&self, sql: &str) {
        self.0.run(sql);
    }

    fn count(&self, table: &str) -> String {
        let answer = self.0.ask(&format!("select count(*) from {table}"));
        answer.trim().to_owned()
    }

    async fn discover(&self, look: Look) -> Proposal {
        let store = "messy".parse().unwrap();
        let found = MysqlConnector::discover_at(self.0.url(), store, Options::default(), look);
        found.await.unwrap()
    }

    fn connector(&self, map: DataMap, seen: Option<Catalogue>) -> MysqlConnector {
        let options = Options {
            seen: seen.map(Into::into),
            ..Options::default()
        };
        MysqlConnector::new(self.0.url(), map, options).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proposal_finds_everybody_and_works_at_once() {
    let messy = Messy::new();
    let proposal = messy.discover(Look::default()).await;
    for person in [
        "customer",
        "employee",
        "purchase",
        "purchase_scan",
        "complaint",
        "visit",
        "customer_backup",
        "address",
    ] {
        assert!(proposal.map.collections.contains_key(person), "{person}");
    }
    let contact = &proposal.map.collections["customer"].columns["contact_ref"];
    assert_eq!(contact.category, "user.contact.email");
    assert!(contact.identity.is_some(), "by its values alone");
    let yaml = proposal.to_yaml().unwrap();
    for value in ["ada@example.org", "Elm Street", "DE89"] {
        assert!(!yaml.contains(value));
    }
    let map = DataMap::parse("messy.yaml", &yaml).unwrap();
    let connector = messy.connector(map, None);
    let report = connector.check().await.unwrap();
    assert!(report.is_usable(), "{:?}", report.findings);
    assert_eq!(report.drift, []);
    let ada = subject(&Identifier::email("ada@example.org").unwrap());
    let order = erase_order(&connector, ada).await;
    erase_one(&connector, &order).await;
    assert_eq!(verify_one(&connector, &order).await.rows, []);
    for table in ["customer", "customer_backup", "complaint"] {
        assert_eq!(messy.count(table), "1", "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_say_why_and_triggers_and_cascades_are_named() {
    let messy = Messy::new();
    let mut proposal = messy.discover(Look::default()).await;
    let said = |words: &str, messages: &[String]| {
        let mut told = messages.iter();
        assert!(told.any(|it| it.contains(words)), "{words}: {messages:#?}");
    };
    let notes: Vec<String> = proposal.notes.iter().map(|it| it.message.clone()).collect();
    said(
        "no foreign key says so, but customer_id is named like",
        &notes,
    );
    said("recruited_by points at this table itself", &notes);
    said("account_manager_id is not followed to employee", &notes);
    proposal
        .map
        .collections
        .shift_remove("purchase_scan")
        .unwrap();
    let report = messy.connector(proposal.map, None).check().await.unwrap();
    let findings: Vec<String> = report.findings.into_iter().map(|it| it.message).collect();
    said("the trigger 'customer_gone' runs after delete", &findings);
    said(
        "also delete rows of 'purchase_scan' that point by shop, number",
        &findings,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_later_is_told_one_by_one() {
    let messy = Messy::new();
    let map = messy.discover(Look::default()).await.map;
    let schema = messy
        .connector(map.clone(), None)
        .check()
        .await
        .unwrap()
        .schema;
    let seen: Catalogue = serde_json::from_value(schema.unwrap()).unwrap();
    messy.run(
        "alter table customer add column phone text, add column points integer;
         alter table complaint rename column body to words;
         create table stock (id integer primary key, n integer);
         alter table address modify city text not null;",
    );
    let connector = messy.connector(map, Some(seen));
    let drift = connector.check().await.unwrap().drift;
    let said = |kind: DriftKind, table: &str, column: Option<&str>| {
        let table = format!("{}.{table}", messy.0.name());
        let mut all = drift.iter();
        let found =
            all.any(|it| it.kind == kind && it.table == table && it.column.as_deref() == column);
        assert!(found, "{kind:?} {table} {column:?}: {drift:#?}");
    };
    said(DriftKind::Personal, "customer", Some("phone"));
    said(DriftKind::Column, "customer", Some("points"));
    said(DriftKind::Gone, "complaint", Some("body"));
    said(DriftKind::Table, "stock", None);
    said(DriftKind::Nullable, "address", Some("city"));
}
