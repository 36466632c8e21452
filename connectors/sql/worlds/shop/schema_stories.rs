//! Stories about the map and the live schema: what `check` refuses and warns of, what `discover`
//! proposes. Included by the tests of each SQL store.

use habeas_connector::{
    Access, DriftKind, ErrorClass, Look,
    conformance::{World, script::*},
};

use crate::{
    shop::{MAP, Options, Shop},
    stories::{erase_refused, named, shop},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_map_that_names_what_is_not_there_is_refused_until_it_is_mended() {
    let map = MAP
        .replace("      page: {", "      pages: {")
        .replace("  goods:", "  good:")
        .replace("{ table: depot,", "{ table: depots,");
    let shop = Shop::with(&map, Options::default());
    let report = shop.connector().check().await.unwrap();
    assert!(!report.is_usable());
    let paths: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "collections.address.also_used_by",
            "collections.visit.columns.pages"
        ]
    );
    let error = shop
        .connector()
        .locate(&[named("ben@example.org")])
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Permanent, "map_mismatch")
    );
    assert!(
        error.message.contains("no column 'pages' in table 'visit'"),
        "{error}"
    );
    let access = Access {
        subjects: vec![named("ben@example.org")],
        cancel: Default::default(),
    };
    let stream = shop.connector().access(access).await;
    let items: Vec<_> = futures::StreamExt::collect(stream.unwrap()).await;
    assert!(matches!(&items[..], [Err(error)] if error.code == "map_mismatch"));

    shop.run("alter table visit rename column page to pages");
    shop.run("alter table depot rename to depots");
    assert!(shop.connector().check().await.unwrap().is_usable());
    let located = locate_one(shop.connector(), &named("ben@example.org")).await;
    assert_eq!(located.rows, shop.persons()[1].rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_in_another_case_is_pointed_out_and_not_guessed() {
    let shop = Shop::with(
        &MAP.replace("      photo:", "      Photo:"),
        Options::default(),
    );
    let report = shop.connector().check().await.unwrap();
    let finding = report
        .findings
        .iter()
        .find(|finding| finding.fatal)
        .unwrap();
    assert_eq!(finding.path, "collections.person.columns.Photo");
    assert_eq!(
        finding.message,
        "no column 'Photo' in table 'person'; there is 'photo'"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn check_finds_what_would_fail_in_the_middle_of_an_erasure() {
    let map = MAP
        .replace(
            "payer: { category: user.name, erase: { fixed: \"[erased]\" } }",
            "payer: { category: user.name, erase: \"null\" }",
        )
        .replace(
            "on: { review_id: id }, when_erased: stop",
            "on: { review_id: id }, when_erased: detach",
        );
    let shop = Shop::with(&map, Options::default());
    assert_eq!(fatal(&shop).await, ["collections.reply.refers_to"]);
    // Reading goes on, erasing does not.
    assert_eq!(
        locate_one(shop.connector(), &named("ben@example.org"))
            .await
            .rows,
        shop.persons()[1].rows
    );
    let order = erase_order(shop.connector(), named("ben@example.org")).await;
    assert_eq!(erase_refused(&shop, order).await.code, "map_mismatch");

    let keep = "erase: keep\n    ground: { article: A, reason: R }";
    let map = MAP.replace("    belongs_to:\n      - { collection: person, on: { author_id: id } }\n    refers_to:", &format!("    {keep}\n    belongs_to:\n      - {{ collection: person, on: {{ author_id: id }} }}\n    refers_to:"));
    assert_ne!(map, MAP);
    let shop = Shop::with(&map, Options::default());
    assert_eq!(fatal(&shop).await, ["collections.reply.erase"]);
}

async fn fatal(shop: &Shop) -> Vec<String> {
    let report = shop.connector().check().await.unwrap();
    let fatal = report.findings.into_iter().filter(|finding| finding.fatal);
    fatal.map(|finding| finding.path).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_what_looks_forgotten() {
    let shop = shop();
    shop.run("alter table person add column phone text");
    shop.run("create table badge (id integer primary key, person_id integer references person (id) on delete cascade)");
    let report = shop.connector().check().await.unwrap();
    assert!(report.is_usable());
    let drift: Vec<(DriftKind, &str, Option<&str>)> = report
        .drift
        .iter()
        .map(|drift| (drift.kind, drift.table.as_str(), drift.column.as_deref()))
        .collect();
    let [
        (DriftKind::Personal, person, Some("phone")),
        (DriftKind::Personal, badge, None),
    ] = drift[..]
    else {
        panic!("{drift:?}")
    };
    assert!(person.ends_with(".person") && badge.ends_with(".badge"));
    assert!(
        report.drift[0]
            .message
            .contains("user.contact.phone_number")
    );
    for words in [
        "rows of 'badge' point at 'person' by person_id",
        "a delete here would also delete rows of 'badge' that point by person_id",
    ] {
        let mut findings = report.findings.iter();
        assert!(
            findings.any(|finding| finding.message.contains(words)),
            "{words}: {:?}",
            report.findings
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn discover_proposes_a_map_that_works_at_once() {
    let shop = shop();
    let map = shop
        .connector()
        .discover(Look::default())
        .await
        .unwrap()
        .map;
    let mut names: Vec<&str> = map.collections.keys().map(String::as_str).collect();
    names.sort_unstable();
    let all = [
        "address",
        "complaint",
        "item",
        "ledger",
        "person",
        "purchase",
        "reply",
        "review",
        "visit",
    ];
    assert_eq!(names, all, "all but the depots and the goods");
    let fields = |name: &str| -> Vec<String> {
        let edges = &map.collections[name];
        edges
            .belongs_to
            .iter()
            .map(|edge| format!("{} {:?}", edge.collection, edge.on))
            .collect()
    };
    // Only one of its partitions says so, or none.
    assert_eq!(fields("visit"), [r#"person {"person_id": "id"}"#]);
    // It names its buyer itself, so the purchase may be somebody else's.
    assert_eq!(fields("item"), [r#"person {"buyer_id": "id"}"#]);
    let address = &map.collections["address"];
    assert_eq!((address.held_by.len(), address.also_used_by.len()), (2, 1));
    assert_eq!(
        map.collections["person"].refers_to.len(),
        1,
        "the mentor is somebody else"
    );
    let proposed = Shop::with(&map.to_yaml().unwrap(), Options::default());
    let report = proposed.connector().check().await.unwrap();
    assert!(report.is_usable(), "{:?}", report.findings);
    let order = erase_order(proposed.connector(), named("ben@example.org")).await;
    erase_one(proposed.connector(), &order).await;
    assert_eq!(verify_one(proposed.connector(), &order).await.rows, []);
}
