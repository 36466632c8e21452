//! Stories about every way of hanging data on a person and every treatment. Included by the tests
//! of each SQL store.

use habeas_connector::{
    Connector, ErrorClass, Value,
    conformance::{World, script::*},
};
use habeas_connector_sql::PseudonymKey;
use habeas_domain::outcome::CollectionOutcome;

use crate::{
    shop::{Options, Shop},
    stories::named,
};

const MAP: &str = include_str!("map.yaml");
const SCHEMA: &str = include_str!("schema.sql");

fn options() -> Options {
    Options {
        pseudonym_key: PseudonymKey::new([7; 32]),
        ..Options::default()
    }
}

fn clinic() -> Shop {
    Shop::built(SCHEMA, MAP, options())
}

fn outcome<'a>(outcomes: &'a [CollectionOutcome], name: &str) -> &'a CollectionOutcome {
    outcomes
        .iter()
        .find(|outcome| outcome.collection == name)
        .unwrap()
}

/// Everything of the other patients, a line for each row.
async fn others(clinic: &Shop) -> Vec<String> {
    let mut lines = Vec::new();
    for sql in [
        "select concat_ws('|', id, email, nick, born, postcode, ward_id, profile, phone, pin) \
         from patient where id <> 1 order by id",
        "select concat_ws('|', id, owner_type, body) from remark where id <> 1 order by id",
        "select concat_ws('|', patient_id, name, value) from attribute where patient_id <> 1 \
         order by patient_id, name",
        "select concat_ws('|', id, patient_id, seen) from visit_log where patient_id <> 1 \
         order by id",
    ] {
        lines.extend(clinic.lines(sql).await);
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_fits_the_clinic() {
    let report = clinic().connector().check().await.unwrap();
    assert!(report.is_usable(), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_found_by_filters_parts_of_json_and_several_ways_at_once() {
    let clinic = clinic();
    let located = locate_one(clinic.connector(), &named("ada@example.org")).await;
    let rows: Vec<(&str, u64)> = located
        .rows
        .iter()
        .map(|rows| (rows.collection.as_str(), rows.rows))
        .collect();
    let expected = [
        ("patient", 1),
        ("remark", 1),
        ("telephone", 2),
        ("taste", 1),
        ("visit_log", 2),
        ("patient_card", 1),
    ];
    assert_eq!(rows, expected);
    let by_json = locate_one(clinic.connector(), &named("Ada@HOME.example")).await;
    assert_eq!(by_json.rows, located.rows);
    assert_eq!(by_json.obstacles, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_back_what_it_must_and_what_is_too_old() {
    let clinic = clinic();
    let export = export(clinic.connector(), vec![named("ada@example.org")])
        .await
        .remove(0);
    let value = |collection: &str, column: &str| -> Vec<&Value> {
        export
            .rows
            .iter()
            .filter(|(name, _)| name == collection)
            .flat_map(|(_, record)| record)
            .filter(|(name, _)| **name == *column)
            .map(|(_, value)| value)
            .collect()
    };
    let [Value::Text(profile)] = &value("patient", "profile")[..] else {
        panic!("one profile")
    };
    assert!(profile.contains("ada@home.example") && profile.contains("dark"));
    assert!(!profile.contains("nuts") && profile.contains("withheld"));
    assert!(matches!(value("patient", "pin")[..], [Value::Withheld]));
    let seen: Vec<_> = value("visit_log", "seen")
        .iter()
        .map(|value| value.to_json())
        .collect();
    assert_eq!(seen, ["ada is here"], "the other visit is years ago");
    assert_eq!(value("telephone", "value").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_treatment_does_what_it_is_called_and_touches_nobody_else() {
    let clinic = clinic();
    let before = others(&clinic).await;
    let mut subject = named("ada@example.org");
    widen(clinic.connector(), &mut subject).await;
    let order = erase_order(clinic.connector(), subject).await;
    let erased = erase_one(clinic.connector(), &order).await.collections;
    assert_eq!(
        outcome(&erased, "patient").method.as_deref(),
        Some(
            "pseudonymised: email; replaced at random in the same shape: nick, profile.allergies[], \
             pin; generalised: born, postcode; detached: ward_id; set to null: profile.contact.mail, \
             phone"
        )
    );
    let row = &clinic
        .lines(
            "select concat_ws('|', email, nick, born, postcode, coalesce(ward_id, 0), \
             coalesce(phone, '-'), pin) from patient where id = 1",
        )
        .await[0];
    let cells: Vec<&str> = row.split('|').collect();
    assert!(cells[0].starts_with("hb_") && cells[0].len() == 35, "{row}");
    assert_ne!(cells[1], "Ada L.");
    assert_eq!(
        (cells[1].len(), &cells[1][3..4], &cells[1][5..]),
        (6, " ", ".")
    );
    assert_eq!(cells[2..6], ["1979-01-01", "SW", "0", "-"]);
    assert!(cells[6] != "4711" && cells[6].len() == 4, "{row}");
    let profile = &clinic
        .lines("select profile from patient where id = 1")
        .await[0];
    assert!(
        !profile.contains("ada") && !profile.contains("nuts"),
        "{profile}"
    );
    assert!(profile.contains("dark"));
    assert_eq!(outcome(&erased, "telephone").replaced, 2);
    assert_eq!(outcome(&erased, "taste").erased, 1);
    assert_eq!(
        outcome(&erased, "visit_log").erased,
        2,
        "what is too old for the export is erased all the same"
    );
    assert_eq!(others(&clinic).await, before);
    assert_eq!(verify_one(clinic.connector(), &order).await.rows, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_treatment_that_was_undone_behind_our_back_is_noticed() {
    let clinic = clinic();
    let mut subject = named("ada@example.org");
    widen(clinic.connector(), &mut subject).await;
    let order = erase_order(clinic.connector(), subject).await;
    erase_one(clinic.connector(), &order).await;
    for (column, back) in [
        ("email", "'ada@example.org'"),
        ("nick", "'Ada L.'"),
        ("born", "'1979-05-17'"),
        ("postcode", "'SW1A 2AA'"),
        ("pin", "4711"),
    ] {
        let now = clinic
            .lines(&format!("select {column} from patient where id = 1"))
            .await;
        clinic.run(&format!(
            "update patient set {column} = {back} where id = 1"
        ));
        let left = verify_one(clinic.connector(), &order).await.rows;
        assert_eq!(left.len(), 1, "{column}");
        assert_eq!((left[0].collection.as_str(), left[0].rows), ("patient", 1));
        clinic.run(&format!(
            "update patient set {column} = '{}' where id = 1",
            now[0]
        ));
    }
    assert_eq!(verify_one(clinic.connector(), &order).await.rows, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_memory_of_the_store_a_second_run_changes_nothing() {
    let forgetful = Options {
        effect_table: false,
        ..options()
    };
    let clinic = Shop::built(SCHEMA, MAP, forgetful);
    let mut subject = named("ada@example.org");
    widen(clinic.connector(), &mut subject).await;
    let order = erase_order(clinic.connector(), subject).await;
    erase_one(clinic.connector(), &order).await;
    let all = "select concat_ws('|', email, nick, born, profile, pin) from patient order by id";
    let once = clinic.lines(all).await;
    assert!(!erase_one(clinic.connector(), &order).await.replayed);
    assert_eq!(clinic.lines(all).await, once);
}

#[tokio::test(flavor = "multi_thread")]
async fn pseudonyms_need_a_key() {
    let clinic = Shop::built(SCHEMA, MAP, Options::default());
    let report = clinic.connector().check().await.unwrap();
    let said: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.fatal)
        .collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].message.contains("pseudonym_key"), "{said:?}");
    let order = erase_order(clinic.connector(), named("ben@example.org")).await;
    let error = clinic.connector().erase(&[order]).await.unwrap().remove(0);
    assert_eq!(error.unwrap_err().code, "map_mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_refuses_treatments_that_the_store_could_not_hold() {
    let cases = [
        (
            "born: { category: user.demographic.date_of_birth, erase: { generalise: year } }",
            "born: { category: user.demographic.date_of_birth, erase: pseudonymise }",
            "'pseudonymise' needs text",
        ),
        (
            ", names_one_person: true }, erase: pseudonymise }",
            " }, erase: { fixed: gone } }",
            "'email' is unique",
        ),
        (
            "erase: pseudonymise }",
            "erase: \"null\" }",
            "'email' cannot be null",
        ),
        (
            "erase: detach }",
            "erase: random }",
            "'ward_id' is part of a foreign key",
        ),
        (
            "withhold: true, erase: random }",
            "withhold: true, erase: { fixed: none } }",
            "does not fit 'pin'",
        ),
        ("    erase: derived\n", "", "'patient_card' is a view"),
        (
            "where: { owner_type: Patient }",
            "where: { owner_kind: Patient }",
            "no column 'owner_kind'",
        ),
        (
            "\"allergies[]\": { category: user.health_and_medical,",
            "\"allergies[]\": { category: user.health_and_medical, identity: { kind: email },",
            "an element of an array",
        ),
    ];
    let clinic = clinic();
    for (was, is, words) in cases {
        assert!(MAP.contains(was), "{was}");
        let report = clinic
            .again(&MAP.replacen(was, is, 1), options())
            .check()
            .await
            .unwrap();
        let fatal: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.fatal)
            .collect();
        assert!(
            fatal.iter().any(|finding| finding.message.contains(words)),
            "{words}: {fatal:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_of_the_store_is_tried_before_a_person_depends_on_it() {
    let clinic = Shop::built(
        &SCHEMA.replace(
            "pin integer not null,",
            "pin integer not null, constraint reachable check (email like '%@%'),",
        ),
        MAP,
        options(),
    );
    let report = clinic.connector().check().await.unwrap();
    let fatal: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.fatal)
        .collect();
    assert_eq!(fatal.len(), 1, "{:?}", report.findings);
    assert!(
        fatal[0]
            .message
            .contains("forbids what 'erase' writes into email"),
        "{fatal:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_its_treatment_does_not_understand_stops_the_erasure() {
    let clinic = Shop::built(
        &SCHEMA.replace("born date", "born varchar(20)"),
        MAP,
        options(),
    );
    clinic.run("update patient set born = 'in May' where id = 1");
    let before = clinic.lines("select email from patient order by id").await;
    let batch = [
        erase_order(clinic.connector(), named("ada@example.org")).await,
        erase_order(clinic.connector(), named("ben@example.org")).await,
    ];
    let mut answers = clinic.connector().erase(&batch).await.unwrap();
    assert!(
        answers.pop().unwrap().is_ok(),
        "the rest of the batch goes on"
    );
    let error = answers.pop().unwrap().unwrap_err();
    assert_eq!(
        (error.class, error.code.as_str()),
        (ErrorClass::Permanent, "treatment")
    );
    assert!(error.message.contains("'patient.born'") && !error.message.contains("May"));
    let after = clinic.lines("select email from patient order by id").await;
    assert_eq!(after[0], before[0]);
    assert_ne!(after[1], before[1]);
}
