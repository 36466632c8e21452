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
        "attachment_of_customer",
        "message",
        "preference",
    ] {
        let name = format!("{SCHEMA}.{person}");
        assert!(
            map.collections.contains_key(person) || map.collections.contains_key(&name),
            "{person}"
        );
    }
    for other in ["goods", "depot", "attachment", "customer_list", "till"] {
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
    if IS_POSTGRES {
        // It keeps its rows until somebody refreshes it, and the read-back says so.
        let left = verify_one(&connector, &order).await.rows;
        let left: Vec<_> = left.iter().map(|left| &*left.collection).collect();
        assert_eq!(left, ["customer_totals"]);
        messy.run("refresh materialized view customer_totals");
    }
    assert_eq!(verify_one(&connector, &order).await.rows, []);
    for table in [
        "customer",
        "customer_backup",
        "complaint",
        "message",
        "preference",
    ] {
        let rows = messy.count(&format!("select count(*) from {table}")).await;
        assert_eq!(rows, 1, "{table}");
    }
    let depots = "select count(*) from attachment where owner_type <> 'Customer'";
    assert_eq!(
        messy.count(depots).await,
        2,
        "another table's, whatever their numbers"
    );
    assert_eq!(messy.count("select count(*) from attachment").await, 3);
    assert_eq!(messy.count("select count(*) from till").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_inside_json_is_found_and_named_by_its_path() {
    let messy = Messy::new();
    let map = proposal(&messy, true).await.map;
    let categories = |collection: &str, column: &str| -> Vec<(String, String)> {
        let column = &messy.collection(&map, collection).columns[column];
        let fields = column.fields.iter();
        fields
            .map(|(path, field)| (path.clone(), field.category.clone()))
            .collect()
    };
    let pair = |path: &str, category: &str| (path.to_owned(), category.to_owned());
    assert_eq!(
        categories("message", "payload"),
        [
            pair("template", "user"),
            pair("to.name", "user.name"),
            pair("to.reach", "user.contact.email"),
        ]
    );
    let reach = &messy.collection(&map, "message").columns["payload"].fields["to.reach"];
    assert!(reach.identity.is_some(), "nothing else leads to a message");
    assert_eq!(
        categories("preference", "settings"),
        [
            pair("delivery.street", "user.contact.address.street"),
            pair("delivery.zip", "user.contact.address.postal_code"),
        ],
        "what only one row names may be somebody's name"
    );
    assert_eq!(
        categories("preference", "last_visit"),
        [pair("ip", "user.device.ip_address")]
    );
    let located = widen(&messy.connector(map, None), &mut messy.ada()).await;
    let messages = located
        .rows
        .iter()
        .find(|rows| rows.collection == "message");
    assert_eq!(messages.map(|rows| rows.rows), Some(1));

    messy.run("alter table customer add column email text");
    let unseen = proposal(&messy, false).await;
    assert!(!unseen.map.collections.contains_key("message"));
    let mut notes = unseen.notes.iter();
    assert!(
        notes.any(|note| note.path.ends_with("preference.columns.settings")
            && note.message == "JSON: its inside was not looked at")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guess_that_the_values_refute_is_not_followed() {
    let messy = Messy::new();
    let seen = proposal(&messy, true).await;
    assert!(seen.map.ignore_tables.contains(&"till".to_owned()));
    let of = |proposal: &Proposal, words: &str| {
        let mut notes = proposal.notes.iter();
        notes.any(|note| note.message.contains(words))
    };
    let refuted = "till.customer_id is named like the key of customer, but only 1 of 3 sampled \
                   values exist in customer.id: not followed";
    assert!(of(&seen, refuted), "{:#?}", seen.notes);
    // Without a look nobody can tell.
    messy.run("alter table customer add column email text");
    let unseen = proposal(&messy, false).await;
    assert!(unseen.map.collections.contains_key("till"));
    assert!(of(
        &unseen,
        "but customer_id is named like the key of customer"
    ));
    assert!(!of(&unseen, "sampled"));
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
    for value in [
        "example.org",
        "Elm Street",
        "DE89",
        "9001",
        "192.0",
        "benjamin",
        "welcome",
    ] {
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
    said(
        "a guess: no foreign key says so, but customer_id is named like the key of customer: 2 of 2 \
         sampled values exist in customer.id",
    );
    said("seems to be a copy of customer");
    said("no key is declared, but id is called like one");
    said("recruited_by points at this table itself");
    said("account_manager_id is not followed to employee");
    said("employee_id is not followed to employee");
    said(
        "The view customer_list is not mapped, or its rows would be exported twice: it is derived \
         from address, customer.",
    );
    said("'owner_type' of such rows names customer: 2 of 2 sampled values exist in customer.id");
    said("of 3 words there 1 leads to a person");
    if IS_POSTGRES {
        said("the partition visit_2 lacks foreign keys that its siblings declare");
        said("a materialised view that keeps rows made from customer, purchase.");
        said("after every erasure: REFRESH MATERIALIZED VIEW customer_totals");
        said("a guess: id of a view is named like the key of customer: 2 of 2 sampled values");
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
