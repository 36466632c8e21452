//! Chinook in PostgreSQL, against the truth table that was made by hand.

mod live;

use habeas_connector::{Connector, conformance::script::*};
use habeas_connector_postgres::{Options, PostgresConnector};
use habeas_domain::outcome::Obstacle;
use live::{Live, person, rows};

const MAP: &str = include_str!("../maps/chinook.yaml");

const UNTOUCHED: [&str; 8] = [
    "album",
    "artist",
    "genre",
    "media_type",
    "playlist",
    "playlist_track",
    "track",
    "employee",
];

fn chinook() -> Option<Live> {
    let script = live::reference("chinook/Chinook_PostgreSql.sql")?;
    Some(Live::copy_of("chinook", |url| {
        // It begins by making a database of its own and moving into that.
        let text = std::fs::read_to_string(&script).unwrap();
        let (_, tables) = text.split_once("\\c chinook;").unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), tables).unwrap();
        habeas_testkit::postgres::load(url, file.path());
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_person_is_found_exported_and_erased_as_the_truth_table_says() {
    let truth = [
        (
            "LUISG@embraer.com.br",
            [1, 7, 38, 0],
            39.62,
            [58, 405, 2202],
        ),
        ("hholy@gmail.com", [1, 7, 38, 0], 49.62, [57, 398, 2164]),
        (
            "puja_srivastava@yahoo.in",
            [1, 6, 36, 0],
            36.64,
            [56, 392, 2128],
        ),
    ];
    let Some(chinook) = chinook() else { return };
    let connector = chinook.connector(MAP);
    assert!(connector.check().await.unwrap().is_usable());
    let before = chinook.fingerprint(&UNTOUCHED).await;
    for (email, found, total, left) in truth {
        let mut asker = person(email);
        let located = widen(&connector, &mut asker).await;
        assert_eq!(
            (rows(&located.rows), located.obstacles),
            (found.to_vec(), vec![]),
            "{email}"
        );

        let export = export(&connector, vec![asker.clone()]).await.remove(0);
        assert_eq!(export.rows.len() as u64, found.iter().sum::<u64>());
        assert_eq!(live::sum(&export, "invoice", "total"), total);

        let order = erase_order(&connector, asker).await;
        let erased = erase_one(&connector, &order).await;
        let counts: Vec<u64> = erased
            .collections
            .iter()
            .map(|outcome| outcome.erased)
            .collect();
        assert_eq!(counts, found);
        assert_eq!(verify_one(&connector, &order).await.rows, []);
        assert_eq!(
            chinook
                .counts(["customer", "invoice", "invoice_line"])
                .await,
            left
        );
    }
    assert_eq!(chinook.counts(["track"]).await, [3503]);
    assert_eq!(chinook.fingerprint(&UNTOUCHED).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_leaves_and_his_customers_stay_unless_the_map_says_stop() {
    let Some(chinook) = chinook() else { return };
    let strict = MAP.replace(
        "employee_id }, when_erased: detach",
        "employee_id }, when_erased: stop",
    );
    let connector = chinook.connector(&strict);
    let located = locate_one(&connector, &person("jane@chinookcorp.com")).await;
    let stop = Obstacle::OthersDepend {
        collection: "employee".into(),
        dependents: "customer".into(),
        rows: 21,
    };
    assert_eq!(located.obstacles, std::slice::from_ref(&stop));
    let mut order = erase_order(&connector, person("jane@chinookcorp.com")).await;
    order.plan.decision = habeas_domain::plan::Decision::Act;
    let error = connector
        .erase(&[order])
        .await
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.message),
        ("others_depend", stop.to_string())
    );
    assert_eq!(chinook.counts(["customer", "employee"]).await, [59, 8]);

    let connector = chinook.connector(MAP);
    let order = erase_order(&connector, person("jane@chinookcorp.com")).await;
    let erased = erase_one(&connector, &order).await;
    let outcome = |name: &str| {
        erased
            .collections
            .iter()
            .find(|c| c.collection == name)
            .unwrap()
    };
    assert_eq!(outcome("employee").erased, 1);
    assert_eq!(
        (outcome("customer").located, outcome("customer").detached),
        (0, 21)
    );
    assert_eq!(chinook.counts(["customer", "employee"]).await, [59, 7]);
    assert_eq!(
        chinook
            .counts(["customer where support_rep_id is null"])
            .await,
        [21]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn discover_proposes_every_table_that_holds_personal_data_and_no_other() {
    let Some(chinook) = chinook() else { return };
    let store = "chinook".parse().unwrap();
    let map = PostgresConnector::discover_at(chinook.url(), store, Options::default())
        .await
        .unwrap();
    let names: Vec<&str> = map.collections.keys().map(String::as_str).collect();
    assert_eq!(names, ["customer", "employee", "invoice", "invoice_line"]);
    let connector = chinook.connector(&map.to_yaml().unwrap());
    assert_eq!(connector.check().await.unwrap().findings, []);
    let located = locate_one(&connector, &person("luisg@embraer.com.br")).await;
    assert_eq!(
        (rows(&located.rows), located.obstacles),
        (vec![1, 0, 7, 38], vec![])
    );
}
