//! Pagila in PostgreSQL, against the truth table that was made by hand.

mod live;

use habeas_connector::{Connector, Value, conformance::script::*};
use habeas_connector_postgres::{Options, PostgresConnector};
use habeas_domain::{
    outcome::{CollectionRows, Obstacle},
    plan::Decision,
};
use live::{Live, person, rows};

const MAP: &str = include_str!("../maps/pagila.yaml");

/// What belongs to nobody, or to somebody else than the customers who ask.
const UNTOUCHED: [&str; 10] = [
    "actor",
    "category",
    "city",
    "country",
    "film",
    "film_actor",
    "film_category",
    "inventory",
    "staff",
    "store",
];

fn pagila() -> Option<Live> {
    let schema = live::reference("pagila/pagila-schema.sql")?;
    let data = live::reference("pagila/pagila-data.sql")?;
    Some(Live::copy_of("pagila", |url| {
        habeas_testkit::postgres::load(url, &schema);
        habeas_testkit::postgres::load(url, &data);
    }))
}

/// Everybody's rows but those of one customer and the address.
async fn others(pagila: &Live, customer: u32) -> Vec<String> {
    let except = |table: &str| format!("(select * from {table} where customer_id <> {customer})");
    let tables = ["customer", "rental", "payment"].map(except);
    let mut tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    tables.extend(UNTOUCHED);
    pagila.fingerprint(&tables).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_customer_is_found_and_exported_as_the_truth_table_says() {
    // customer, rental, payment, staff, address
    let truth = [
        (
            "eleanor.hunt@sakilacustomer.org",
            [1, 46, 46, 0, 1],
            216.54,
            [2, 7, 8, 8, 7, 10, 4],
        ),
        (
            "brian.wyman@sakilacustomer.org",
            [1, 12, 12, 0, 1],
            52.88,
            [1, 3, 2, 2, 2, 1, 1],
        ),
        (
            "mary.smith@sakilacustomer.org",
            [1, 32, 32, 0, 1],
            118.68,
            [2, 4, 3, 7, 4, 5, 7],
        ),
    ];
    let Some(pagila) = pagila() else { return };
    let connector = pagila.connector(MAP);
    let report = connector.check().await.unwrap();
    assert!(report.is_usable(), "{:?}", report.findings);
    let mut batch = Vec::new();
    for (email, found, ..) in truth {
        let mut asker = person(email);
        let located = widen(&connector, &mut asker).await;
        assert_eq!(
            (rows(&located.rows), located.obstacles),
            (found.to_vec(), vec![]),
            "{email}"
        );
        batch.push(asker);
    }
    let exports = export(&connector, batch).await;
    for ((email, found, total, months), export) in truth.into_iter().zip(exports) {
        assert_eq!(
            export.rows.len() as u64,
            found.iter().sum::<u64>(),
            "{email}"
        );
        assert_eq!(live::sum(&export, "payment", "amount"), total, "{email}");
        // Every partition, the one without foreign keys included.
        let in_month = |month: usize| {
            let begins = format!("2022-{:02}-", month + 1);
            let paid = export
                .rows
                .iter()
                .filter(|(collection, _)| collection == "payment");
            paid.flat_map(|(_, record)| record)
                .filter(|(name, value)| match value {
                    Value::Text(date) => name == "payment_date" && date.starts_with(&begins),
                    _ => false,
                })
                .count()
        };
        assert_eq!((0..7).map(in_month).collect::<Vec<_>>(), months, "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_of_others_on_her_rental_are_not_disclosed_and_stop_the_erasure() {
    let Some(pagila) = pagila() else { return };
    let connector = pagila.connector(MAP);
    let mut renee = person("renee.lane@sakilacustomer.org");
    let located = widen(&connector, &mut renee).await;
    assert_eq!(rows(&located.rows), [1, 26, 26, 0, 1]);
    let stop = Obstacle::OthersDepend {
        collection: "rental".into(),
        dependents: "payment".into(),
        rows: 5,
    };
    assert_eq!(located.obstacles, std::slice::from_ref(&stop));

    let export = export(&connector, vec![renee.clone()]).await.remove(0);
    let payments = export
        .rows
        .iter()
        .filter(|(collection, _)| collection == "payment");
    let ids: Vec<_> = payments
        .map(|(_, record)| record[0].1.to_json().as_i64().unwrap())
        .collect();
    assert_eq!(ids.len(), 26);
    for foreign in [17206, 19518, 25162, 29163, 31834] {
        assert!(
            !ids.contains(&foreign),
            "payment {foreign} is somebody else's"
        );
    }

    let mut order = erase_order(&connector, renee).await;
    assert!(
        matches!(&order.plan.decision, Decision::Stop { reasons } if *reasons == [stop.to_string()])
    );
    order.plan.decision = Decision::Act;
    let tables = ["customer", "rental", "payment", "address"];
    let before = pagila.fingerprint(&tables).await;
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
    assert_eq!(pagila.fingerprint(&tables).await, before);

    let sandra = locate_one(&connector, &person("SANDRA.MARTIN@sakilacustomer.org")).await;
    assert_eq!(
        (rows(&sandra.rows), sandra.obstacles),
        (vec![1, 28, 29, 0, 1], vec![])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_goes_whole_with_an_address_that_nobody_shares() {
    let Some(pagila) = pagila() else { return };
    let connector = pagila.connector(MAP);
    let before = others(&pagila, 1).await;
    let order = erase_order(&connector, person("mary.smith@sakilacustomer.org")).await;
    let erased = erase_one(&connector, &order).await;
    let counts: Vec<u64> = erased
        .collections
        .iter()
        .map(|outcome| outcome.erased)
        .collect();
    assert_eq!(counts, [1, 32, 32, 0, 1]);
    let tables = [
        "customer",
        "rental",
        "payment",
        "address",
        "payment_p2022_07",
    ];
    assert_eq!(pagila.counts(tables).await, [598, 16012, 16017, 602, 2327]);
    assert_eq!(verify_one(&connector, &order).await.rows, []);
    assert_eq!(others(&pagila, 1).await, before);
    // Rows that come back are found again, though her own row is gone.
    pagila.run(
        "insert into payment (payment_id, customer_id, staff_id, rental_id, amount, payment_date) \
         values (99999, 1, 1, 1, 1.00, '2022-07-15')",
    );
    let orphan = CollectionRows {
        collection: "payment".into(),
        rows: 1,
    };
    assert_eq!(verify_one(&connector, &order).await.rows, [orphan]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_others_use_stays() {
    let Some(pagila) = pagila() else { return };
    let connector = pagila.connector(MAP);
    for (email, id) in [("ELEANOR.HUNT", 148), ("BRIAN.WYMAN", 318)] {
        let before = others(&pagila, id).await;
        let address = pagila.fingerprint(&["address"]).await;
        let order = erase_order(&connector, person(&format!("{email}@sakilacustomer.org"))).await;
        let erased = erase_one(&connector, &order).await;
        let kept = erased
            .collections
            .iter()
            .find(|c| c.collection == "address")
            .unwrap();
        assert_eq!((kept.located, kept.erased, kept.kept), (1, 0, 1));
        assert_eq!(kept.ground.as_deref(), Some("shared with other persons"));
        assert_eq!(pagila.fingerprint(&["address"]).await, address);
        assert_eq!(verify_one(&connector, &order).await.rows, []);
        assert_eq!(others(&pagila, id).await, before);
    }
    assert_eq!(
        pagila.counts(["customer", "rental"]).await,
        [597, 16044 - 46 - 12]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn discover_proposes_every_table_that_holds_personal_data() {
    let Some(pagila) = pagila() else { return };
    let store = "pagila".parse().unwrap();
    let map = PostgresConnector::discover_at(pagila.url(), store, Options::default())
        .await
        .unwrap();
    let names: Vec<&str> = map.collections.keys().map(String::as_str).collect();
    assert_eq!(names, ["customer", "staff", "payment", "rental", "address"]);
    assert!(
        map.description.contains("actor"),
        "what was left out is named: {}",
        map.description
    );
    assert!(map.collections["staff"].columns["password"].withhold);
    let connector = pagila.connector(&map.to_yaml().unwrap());
    let report = connector.check().await.unwrap();
    assert!(report.is_usable(), "{:?}", report.findings);
    // The proposal is as careful as the map that was written by hand.
    let located = locate_one(&connector, &person("renee.lane@sakilacustomer.org")).await;
    assert_eq!(rows(&located.rows), [1, 0, 26, 26, 1]);
    assert!(located.obstacles.iter().any(|obstacle| matches!(
        obstacle,
        Obstacle::OthersDepend { dependents, rows: 5, .. } if dependents == "payment"
    )));
}
