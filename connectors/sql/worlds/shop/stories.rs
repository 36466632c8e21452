//! Stories that every SQL store must tell the same way. Included by the tests of each.

use habeas_connector::{
    EraseOrder, ErrorClass, Idempotency, StoreError, Subject, Value,
    conformance::{World, script::*},
};
use habeas_domain::{
    Identifier, IdentifierKind,
    outcome::{CollectionOutcome, CollectionRows, Obstacle},
    plan::Decision,
};

use crate::shop::{MAP, Options, Shop};

pub fn shop() -> Shop {
    Shop::with(MAP, Options::default())
}

pub fn named(email: &str) -> Subject {
    subject(&Identifier::email(email).unwrap())
}

fn further(subject: &mut Subject, kind: &str, value: &str) {
    let kind: IdentifierKind = kind.parse().unwrap();
    subject
        .further
        .push(Identifier::parse(kind, value).unwrap());
}

pub async fn erase_refused(shop: &Shop, mut order: EraseOrder) -> StoreError {
    order.plan.decision = Decision::Act;
    let before = shop.fingerprint_without(&[]).await;
    let error = shop
        .connector()
        .erase(&[order])
        .await
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_eq!(
        shop.fingerprint_without(&[]).await,
        before,
        "all of it was undone"
    );
    error
}

fn outcome<'a>(outcomes: &'a [CollectionOutcome], name: &str) -> &'a CollectionOutcome {
    outcomes
        .iter()
        .find(|outcome| outcome.collection == name)
        .unwrap()
}

fn rows(rows: &[CollectionRows], name: &str) -> u64 {
    rows.iter()
        .find(|rows| rows.collection == name)
        .unwrap()
        .rows
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_ends_as_the_plan_said() {
    let shop = shop();
    let order = erase_order(shop.connector(), named("ada.łovelace@example.org")).await;
    let erased = erase_one(shop.connector(), &order).await.collections;
    let ends = |name| {
        let outcome = outcome(&erased, name);
        (outcome.erased, outcome.replaced, outcome.kept)
    };
    assert_eq!(ends("person"), (1, 0, 0));
    assert_eq!(ends("item"), (3, 0, 0));
    // One address was hers alone, the other is Dee's as well.
    assert_eq!(ends("address"), (1, 0, 1));
    assert_eq!(
        outcome(&erased, "address").ground.as_deref(),
        Some("shared with other persons")
    );
    assert_eq!(shop.count("address where id = 900").await, 1);
    assert_eq!(ends("ledger"), (0, 2, 0));
    let ledger = outcome(&erased, "ledger");
    assert_eq!(
        ledger.method.as_deref(),
        Some("set to null: person_id; set to a fixed value: payer")
    );
    assert!(
        ledger
            .ground
            .as_deref()
            .unwrap()
            .starts_with("amount: GDPR Art. 17(3)(b): ")
    );
    let replaced = "ledger where person_id is null and payer = '[erased]' and id in (100, 101)";
    assert_eq!(shop.count(replaced).await, 2);
    assert_eq!(ends("complaint"), (0, 0, 1));
    assert!(
        outcome(&erased, "complaint")
            .ground
            .as_deref()
            .unwrap()
            .contains("17(3)(e)")
    );
    assert_eq!(shop.count("complaint where id = 100").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pointer_of_another_person_is_emptied_where_the_map_says_so() {
    let shop = shop();
    let order = erase_order(shop.connector(), named("cem@example.org")).await;
    let erased = erase_one(shop.connector(), &order).await.collections;
    assert_eq!(outcome(&erased, "person").detached, 2);
    assert_eq!(
        shop.count("person where id in (1, 4) and mentor_id is null")
            .await,
        2
    );
    assert_eq!(verify_one(shop.connector(), &order).await.rows, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_others_about_hers_stop_the_erasure() {
    let shop = shop();
    let located = locate_one(shop.connector(), &named("eve@example.org")).await;
    let stop = Obstacle::OthersDepend {
        collection: "review".into(),
        dependents: "reply".into(),
        rows: 2,
    };
    assert_eq!(located.obstacles, std::slice::from_ref(&stop));
    let order = erase_order(shop.connector(), named("eve@example.org")).await;
    let error = erase_refused(&shop, order).await;
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Permanent, "others_depend")
    );
    assert_eq!(error.message, stop.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_leads_on_by_what_names_one_person() {
    let shop = shop();
    let located = locate_one(shop.connector(), &named("BEN@example.org")).await;
    let [id] = &located.further[..] else {
        panic!("one identifier leads on, and not the address that was asked for");
    };
    assert_eq!(
        (id.kind.as_str(), id.value.reveal().as_str()),
        ("shop.person_id", "2")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_that_leads_to_somebody_else_is_not_followed() {
    let shop = shop();
    let mut ben = named("ben@example.org");
    further(&mut ben, "shop.person_id", "1");
    let located = locate_one(shop.connector(), &ben).await;
    let conflict = Obstacle::Ambiguous {
        identifier_kind: "shop.person_id".into(),
        rows: 2,
    };
    assert_eq!(located.obstacles, [conflict]);
    assert_eq!(
        located.rows,
        shop.persons()[1].rows,
        "neither Ada's row nor what hangs on it"
    );
    let export = export(shop.connector(), vec![ben.clone()]).await.remove(0);
    assert_eq!(export.ended, Some(shop.persons()[1].rows.clone()));
    let order = erase_order(shop.connector(), ben).await;
    assert!(matches!(order.plan.decision, Decision::Stop { .. }));
    assert_eq!(erase_refused(&shop, order).await.code, "ambiguous");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_something_proven_leads_to_is_hers_whatever_else_it_says() {
    let named_too = "full_name: { category: user.name, identity: { kind: shop.name } }";
    let shop = Shop::with(
        &MAP.replace("full_name: { category: user.name }", named_too),
        Options::default(),
    );
    let mut ben = named("ben@example.org");
    let name = Identifier::parse("shop.name".parse().unwrap(), "Benjamin").unwrap();
    ben.identifiers.push(name);
    further(&mut ben, "shop.person_id", "2");
    let located = locate_one(shop.connector(), &ben).await;
    assert_eq!(
        (rows(&located.rows, "person"), located.obstacles),
        (1, vec![])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_without_an_address_of_its_own_may_be_reached_by_what_follows() {
    let shop = shop();
    let mut somebody = named("new@example.org");
    further(&mut somebody, "shop.person_id", "6");
    let located = locate_one(shop.connector(), &somebody).await;
    assert_eq!(
        (rows(&located.rows, "person"), located.obstacles),
        (1, vec![])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_with_her_address_are_both_hers() {
    let shop = shop();
    shop.run(
        "insert into person (id, email, full_name) values (8, 'Ben@Example.org', 'B. O''Brien')",
    );
    let mut ben = named("ben@example.org");
    let located = widen(shop.connector(), &mut ben).await;
    assert_eq!(
        (rows(&located.rows, "person"), located.obstacles),
        (2, vec![])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_compared_digit_by_digit() {
    let shop = shop();
    for (value, found) in [
        ("1", 1),
        ("01", 0),
        ("1.0", 0),
        ("+1", 0),
        ("1e0", 0),
        ("١", 0),
    ] {
        let kind: IdentifierKind = "shop.person_id".parse().unwrap();
        let asker = subject(&Identifier::parse(kind, value).unwrap());
        let located = locate_one(shop.connector(), &asker).await;
        assert_eq!(rows(&located.rows, "person"), found, "{value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_exported_without_loss_and_secrets_not_at_all() {
    let shop = shop();
    let export = export(shop.connector(), vec![named("ada.łovelace@example.org")])
        .await
        .remove(0);
    let value = |collection: &str, column: &str| {
        let (_, record) = export
            .rows
            .iter()
            .find(|(name, _)| name == collection)
            .unwrap();
        record
            .iter()
            .find(|(name, _)| **name == *column)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(value("person", "id"), Value::Integer(1));
    assert_eq!(
        value("person", "full_name"),
        Value::Text("Ada Łovelace".into())
    );
    assert_eq!(value("person", "photo"), Value::Bytes(vec![0, 255, 16]));
    assert_eq!(value("person", "secret"), Value::Withheld);
    let Value::Text(joined) = value("person", "joined") else {
        panic!("an instant is text");
    };
    assert_eq!(joined.replace('T', " "), "2024-02-29 12:30:00");
    let Value::Number(total) = value("purchase", "total") else {
        panic!("money is a number");
    };
    assert_eq!(total.trim_end_matches('0'), "12.5");
    assert_eq!(value("reply", "body"), Value::Text("I liked it.".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_withheld_is_no_secret() {
    let shop = shop();
    let export = export(shop.connector(), vec![named("ben@example.org")])
        .await
        .remove(0);
    let secret = export.rows[0]
        .1
        .iter()
        .find(|(name, _)| **name == *"secret");
    assert_eq!(secret.unwrap().1, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_writes_the_value_of_the_map() {
    let shop = shop();
    let order = suppress_order(shop.connector(), named("ben@example.org")).await;
    let done = suppress_one(shop.connector(), &order).await;
    assert_eq!(
        done.collections.len(),
        1,
        "only what the map names is touched"
    );
    assert_eq!(
        (done.collections[0].located, done.collections[0].replaced),
        (1, 1)
    );
    assert_eq!(
        shop.count("person where newsletter = 0 and id in (2, 5)")
            .await,
        2
    );
    assert_eq!(shop.count("person where newsletter = 1").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_own_table_the_store_says_that_it_cannot_remember() {
    let options = Options {
        effect_table: false,
        ..Options::default()
    };
    let shop = Shop::with(MAP, options);
    let capabilities = shop.connector().capabilities();
    assert_eq!(capabilities.idempotency, Idempotency::LookupThenAct);
    let order = erase_order(shop.connector(), named("ben@example.org")).await;
    assert!(!erase_one(shop.connector(), &order).await.replayed);
    let again = erase_one(shop.connector(), &order).await;
    assert!(!again.replayed);
    assert!(again.collections.iter().all(|outcome| outcome.erased == 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_key_serves_one_verb_only() {
    let shop = shop();
    let erase = erase_order(shop.connector(), named("ben@example.org")).await;
    let mut suppress = suppress_order(shop.connector(), named("ben@example.org")).await;
    suppress.effect_key = erase.effect_key;
    erase_one(shop.connector(), &erase).await;
    let error = shop
        .connector()
        .suppress(&[suppress])
        .await
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_eq!(error.code, "effect_key_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_that_nobody_mapped_stops_the_erasure() {
    let shop = shop();
    // Looked at once before the table appears: what is remembered of the schema may be old.
    let order = erase_order(shop.connector(), named("ben@example.org")).await;
    shop.run("create table badge (id integer primary key, person_id integer references person (id) on delete cascade)");
    shop.run("insert into badge (id, person_id) values (1, 2), (2, 3)");
    let error = erase_refused(&shop, order).await;
    assert_eq!(error.code, "others_depend");
    assert!(error.message.contains("badge"), "{error}");
    assert_eq!(shop.count("badge").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_keys_in_a_circle_are_loosened_first() {
    let shop = shop();
    shop.run("alter table person add column last_review integer references review (id)");
    shop.run("update person set last_review = 100 where id = 1");
    shop.run("update person set mentor_id = 1 where id = 1");
    let order = erase_order(shop.connector(), named("ada.łovelace@example.org")).await;
    // Nobody mapped the new pointer, and only her own row holds it.
    assert_eq!(order.plan.decision, Decision::Act);
    let erased = erase_one(shop.connector(), &order).await.collections;
    assert_eq!(
        (
            outcome(&erased, "person").erased,
            outcome(&erased, "review").erased
        ),
        (1, 1)
    );
    assert_eq!(
        outcome(&erased, "person").detached,
        0,
        "her own pointer is nobody else's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_constraint_that_forbids_the_change_is_named_without_a_value() {
    let shop = shop();
    shop.run("create unique index payer_once on ledger (payer)  where payer like '[%'");
    let order = erase_order(shop.connector(), named("ada.łovelace@example.org")).await;
    let error = erase_refused(&shop, order).await;
    assert_eq!(error.class, ErrorClass::Permanent);
    assert!(!error.to_string().contains("erased]"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pointer_from_a_row_that_stays_keeps_what_it_points_at() {
    let columns = "
    erase: columns";
    let map = MAP.replacen(
        "    suppress: { newsletter: \"0\" }",
        &format!("    suppress: {{ newsletter: \"0\" }}{columns}"),
        1,
    );
    let fix = |map: String, column: &str, treatment: &str| {
        map.replacen(
            &format!("{column} }}"),
            &format!("{column}, {treatment} }}"),
            1,
        )
    };
    let map = map.replacen(
        "category: user.unique_id\n",
        "category: user.unique_id\n        erase: keep\n        ground: { article: A, reason: R }\n",
        1,
    );
    let map = map.replacen(
        "category: user.contact.email\n",
        "category: user.contact.email\n        erase: \"null\"\n",
        1,
    );
    let map = fix(
        map,
        "full_name: { category: user.name",
        "erase: { fixed: gone }",
    );
    let map = fix(
        map,
        "category: user.authorization.password, withhold: true",
        "erase: \"null\"",
    );
    let map = fix(map, "photo: { category: user.biometric", "erase: \"null\"");
    let map = fix(
        map,
        "newsletter: { category: user.behavior",
        "erase: { fixed: \"0\" }",
    );
    let map = fix(map, "joined: { category: user.behavior", "erase: \"null\"");
    let shop = Shop::with(&map, Options::default());
    let order = erase_order(shop.connector(), named("ben@example.org")).await;
    let before = verify_one(shop.connector(), &order).await;
    assert_eq!(rows(&before.rows, "person"), 1, "not replaced yet");
    let erased = erase_one(shop.connector(), &order).await.collections;
    assert_eq!(outcome(&erased, "person").replaced, 1);
    let address = outcome(&erased, "address");
    assert_eq!((address.erased, address.kept), (0, 1));
    assert_eq!(
        address.ground.as_deref(),
        Some("used by a row of the person that stays")
    );
    assert_eq!(
        shop.count("person where id = 2 and full_name = 'gone' and email is null")
            .await,
        1
    );
    assert_eq!(verify_one(shop.connector(), &order).await.rows, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_text_is_nobodys_key() {
    let by_email = "    belongs_to: [{ collection: person, on: { person_email: email } }]\n    erase: keep\n    ground: { article: GDPR Art. 17(3)(e)";
    let map = MAP.replace(
        "    erase: keep\n    ground: { article: GDPR Art. 17(3)(e)",
        by_email,
    );
    assert_ne!(map, MAP);
    let shop = Shop::with(&map, Options::default());
    let kind: IdentifierKind = "shop.person_id".parse().unwrap();
    let nameless = subject(&Identifier::parse(kind.clone(), "7").unwrap());
    let located = locate_one(shop.connector(), &nameless).await;
    assert_eq!(
        (
            rows(&located.rows, "person"),
            rows(&located.rows, "complaint")
        ),
        (1, 0)
    );
    let cem = subject(&Identifier::parse(kind, "3").unwrap());
    assert_eq!(
        rows(&locate_one(shop.connector(), &cem).await.rows, "complaint"),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_explains_how_somebody_is_found_and_what_would_be_run() {
    let shop = shop();
    let explained = shop
        .connector()
        .explain(&named("ada.łovelace@example.org"))
        .await
        .unwrap();
    let located = locate_one(shop.connector(), &named("ada.łovelace@example.org")).await;
    for rows in &located.rows {
        let collection = explained
            .collections
            .iter()
            .find(|explained| explained.collection == rows.collection)
            .unwrap();
        assert_eq!(collection.rows, rows.rows, "{}", rows.collection);
    }
    let deleted: u64 = explained
        .erasure
        .iter()
        .filter(|run| run.what == "delete")
        .map(|run| run.rows)
        .sum();
    let order = erase_order(shop.connector(), named("ada.łovelace@example.org")).await;
    let erased = erase_one(shop.connector(), &order).await.collections;
    assert_eq!(
        deleted,
        erased.iter().map(|outcome| outcome.erased).sum::<u64>()
    );
    let text = format!("{explained:?}").to_lowercase();
    assert!(
        !text.contains("ada") && !text.contains("lovelace"),
        "no value is shown"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_explains_why_nothing_was_found() {
    let shop = Shop::with(
        &MAP.replacen("match: ignore_case, ", "", 1),
        Options::default(),
    );
    let why = |explained: &habeas_connector::Explanation, collection: &str| -> Vec<String> {
        let of = explained.collections.iter();
        of.filter(|explained| explained.collection == collection)
            .flat_map(|explained| &explained.ways)
            .filter_map(|way| way.why_empty.clone())
            .collect()
    };
    let other_case = shop.connector().explain(&named("BEN@example.org")).await;
    let other_case = why(&other_case.unwrap(), "person").join("; ");
    assert!(
        other_case.contains("none of the 5 filled values is equal"),
        "{other_case}"
    );
    assert!(
        other_case.contains("1 would be if case were ignored"),
        "{other_case}"
    );
    let nobody = shop.connector().explain(&named("nobody@example.org")).await;
    let nobody = nobody.unwrap();
    assert!(why(&nobody, "purchase").contains(&"no row of 'person' was found".to_owned()));
    assert!(
        why(&nobody, "person")
            .iter()
            .any(|why| why.contains("no identifier of the kind 'shop.person_id' was given")),
        "{:?}",
        why(&nobody, "person")
    );
}
