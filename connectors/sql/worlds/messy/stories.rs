//! What is read of a messy database, what is proposed for it, and what is noticed when it changes.
//! Included by the tests of each SQL store.

use habeas_connector::{CheckReport, Connector, DriftKind, Look, Proposal, conformance::script::*};
use habeas_connector_sql::{
    Action, Catalogue, Event, Made, Shape, Table, TableKind, TableName, Timing, Trigger,
};
use habeas_domain::data_map::{DataMap, RowTreatment};

use crate::messy::{IS_POSTGRES, Messy, SCHEMA};

async fn proposal(messy: &Messy, sample: bool) -> Proposal {
    messy.discover(Look { sample }).await
}

/// The store with the map that was proposed for it, and perhaps changed.
async fn checked(messy: &Messy, map: &DataMap) -> CheckReport {
    messy.connector(map.clone(), None).check().await.unwrap()
}

async fn catalogue(messy: &Messy) -> Catalogue {
    let map = proposal(messy, true).await.map;
    let schema = checked(messy, &map).await.schema.unwrap();
    serde_json::from_value(schema).unwrap()
}

fn name(table: &str) -> TableName {
    TableName::new(SCHEMA, table)
}

fn table<'a>(catalogue: &'a Catalogue, wanted: &str) -> &'a Table {
    catalogue.table(&name(wanted)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_tells_what_the_database_knows() {
    let messy = Messy::new();
    let catalogue = catalogue(&messy).await;
    let customer = table(&catalogue, "customer");
    assert_eq!(customer.kind, TableKind::Table);
    assert!(customer.transactional);
    assert_eq!(customer.key, ["id"]);
    assert_eq!(customer.unique, Vec::<Vec<String>>::new());
    assert_eq!(
        customer.partly_unique.len(),
        2,
        "{:?}",
        customer.partly_unique
    );
    let checks: Vec<(Vec<String>, bool)> = customer
        .checks
        .iter()
        .map(|check| (check.columns.clone(), check.text.contains("'old'")))
        .collect();
    assert!(
        checks.contains(&(vec!["status".to_owned()], true)),
        "{checks:?}"
    );
    assert!(
        checks.contains(&(vec!["full_name".to_owned()], false)),
        "{checks:?}"
    );
    let status = customer.column("status").unwrap();
    assert!(status.has_default && !status.nullable && status.shape == Shape::Text);
    assert!(!customer.column("full_name").unwrap().has_default);
    let gone = Trigger {
        name: "customer_gone".to_owned(),
        timing: Timing::After,
        events: vec![Event::Delete],
    };
    assert_eq!(customer.triggers, [gone]);

    let purchase = table(&catalogue, "purchase");
    assert_eq!(purchase.key, ["shop", "number"]);
    let actions: Vec<(&str, Action, Action)> = purchase
        .foreign_keys
        .iter()
        .map(|key| (key.to.name.as_str(), key.on_delete, key.on_update))
        .collect();
    assert!(actions.contains(&("customer", Action::Cascade, Action::Cascade)));
    assert!(actions.contains(&("employee", Action::SetNull, Action::NoAction)));
    let scan = &table(&catalogue, "purchase_scan").foreign_keys[0];
    assert_eq!(scan.on.len(), 2);

    let page = table(&catalogue, "visit").column("page_length").unwrap();
    assert_eq!(page.made, Made::Generated);
    let list = table(&catalogue, "customer_list");
    assert_eq!(
        (list.kind, &list.derives_from[..]),
        (TableKind::View, &[name("address"), name("customer")][..])
    );
    assert_eq!(
        table(&catalogue, "customer_backup").key,
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proposal_finds_everybody_and_checks_clean() {
    let messy = Messy::new();
    let proposal = proposal(&messy, true).await;
    let map = &proposal.map;
    for person in [
        "customer",
        "employee",
        "purchase",
        "complaint",
        "visit",
        "customer_backup",
        "purchase_scan",
        "address",
    ] {
        let name = format!("{SCHEMA}.{person}");
        assert!(
            map.collections.contains_key(person) || map.collections.contains_key(&name),
            "{person}"
        );
    }
    for other in ["goods", "depot", "attachment", "customer_list"] {
        assert!(!map.collections.contains_key(other), "{other}");
    }
    let parsed = DataMap::parse("messy.yaml", &proposal.to_yaml().unwrap()).unwrap();
    assert_eq!(parsed, *map);
    let report = checked(&messy, map).await;
    assert!(report.is_usable(), "{:?}", report.findings);
    assert_eq!(report.drift, []);
    let connector = messy.connector(parsed, None);
    let order = erase_order(&connector, messy.ada()).await;
    erase_one(&connector, &order).await;
    assert_eq!(verify_one(&connector, &order).await.rows, []);
    assert_eq!(messy.count("select count(*) from customer").await, 1);
    assert_eq!(messy.count("select count(*) from customer_backup").await, 1);
    assert_eq!(messy.count("select count(*) from complaint").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_the_rows_tells_what_names_hide_and_lets_no_value_out() {
    let messy = Messy::new();
    let seen = proposal(&messy, true).await;
    let customer = messy.collection(&seen.map, "customer");
    assert_eq!(
        customer.columns["contact_ref"].category,
        "user.contact.email"
    );
    assert!(customer.columns["contact_ref"].identity.is_some());
    assert_eq!(customer.columns["last_login_at"].category, "user.behavior");
    let yaml = seen.to_yaml().unwrap();
    for value in ["ada@example.org", "Elm Street", "DE89"] {
        assert!(!yaml.contains(value) && !format!("{:?}", seen.notes).contains(value));
    }
    assert!(
        yaml.contains("# the values that were read look like e-mail addresses"),
        "{yaml}"
    );

    let unseen = proposal(&messy, false).await;
    assert!(unseen.notes[0].message.contains("no row was read"));
    let columns = unseen.map.collections.values();
    let found = columns.filter_map(|collection| collection.columns.get("contact_ref"));
    assert_eq!(found.filter(|column| column.identity.is_some()).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_guess_says_why() {
    let messy = Messy::new();
    let proposal = proposal(&messy, true).await;
    let said = |words: &str| {
        let mut notes = proposal.notes.iter();
        assert!(
            notes.any(|note| note.message.contains(words)),
            "{words}: {:#?}",
            proposal.notes
        );
    };
    said("a guess: no foreign key says so, but customer_id is named like the key of customer");
    said("seems to be a copy of customer");
    said("no key is declared, but id is called like one");
    said("recruited_by points at this table itself");
    said("account_manager_id is not followed to employee");
    said("employee_id is not followed to employee");
    said("The view customer_list is not mapped: its rows are made from address, customer.");
    said("rows of attachment belong to several tables, as 'owner_type' says");
    if IS_POSTGRES {
        said("the partition visit_2 lacks foreign keys that its siblings declare");
        said("The materialised view customer_totals keeps rows made from customer, purchase");
        said("by its comment in the database");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_what_would_do_more_than_the_plan_says() {
    let messy = Messy::new();
    let mut map = proposal(&messy, true).await.map;
    map.collections.shift_remove("purchase_scan").unwrap();
    let report = checked(&messy, &map).await;
    let said = |words: &str| {
        let mut findings = report.findings.iter();
        assert!(
            findings.any(|finding| finding.message.contains(words)),
            "{words}: {:#?}",
            report.findings
        );
    };
    said("the trigger 'customer_gone' runs after delete");
    said("a delete here would also delete rows of 'purchase_scan' that point by shop, number");
    if IS_POSTGRES {
        said("the materialised view 'customer_totals' keeps what it was made from");
    }
    let drift: Vec<_> = report
        .drift
        .iter()
        .map(|drift| (drift.kind, drift.table.clone()))
        .collect();
    assert_eq!(
        drift,
        [(DriftKind::Personal, name("purchase_scan").to_string())]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_later_is_told_one_by_one() {
    let messy = Messy::new();
    let map = proposal(&messy, true).await.map;
    let kept = catalogue(&messy).await;
    messy.run("alter table customer add column phone text");
    messy.run("alter table customer add column points integer");
    messy.run("alter table complaint rename column body to words");
    messy.run("create table loyalty (id integer primary key, customer_id integer references customer (id) on delete cascade)");
    messy.run("create table stock (id integer primary key, n integer)");
    messy.run("drop table depot");
    messy.later();
    let connector = messy.connector(map, Some(kept));
    let drift = connector.check().await.unwrap().drift;
    let said = |kind: DriftKind, table: &str, column: Option<&str>| {
        let found = drift.iter().any(|drift| {
            drift.kind == kind
                && drift.table == name(table).to_string()
                && drift.column.as_deref() == column
        });
        assert!(found, "{kind:?} {table} {column:?}: {drift:#?}");
    };
    said(DriftKind::Personal, "customer", Some("phone"));
    said(DriftKind::Column, "customer", Some("points"));
    said(DriftKind::Gone, "complaint", Some("body"));
    said(DriftKind::Personal, "loyalty", None);
    said(DriftKind::Table, "stock", None);
    said(DriftKind::ForeignKey, "customer", None);
    said(DriftKind::ForeignKey, "address", None);
    said(DriftKind::Trigger, "purchase", None);
    if IS_POSTGRES {
        said(DriftKind::Partition, "visit", None);
        said(DriftKind::Type, "address", Some("street"));
        said(DriftKind::Nullable, "address", Some("city"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_may_say_that_it_was_seen() {
    let messy = Messy::new();
    let mut map = proposal(&messy, true).await.map;
    messy.run("alter table complaint add column phone text");
    messy.run("create table lead (id integer primary key, email text)");
    let kinds = |report: CheckReport| -> Vec<DriftKind> {
        report.drift.iter().map(|drift| drift.kind).collect()
    };
    assert_eq!(
        kinds(checked(&messy, &map).await),
        [DriftKind::Personal, DriftKind::Personal]
    );
    map.collections["complaint"].ignore.push("phone".to_owned());
    map.ignore_tables.push("lead".to_owned());
    assert_eq!(kinds(checked(&messy, &map).await), []);
    assert_eq!(map.collections["complaint"].erase, RowTreatment::Delete);
}
