//! Chinook in PostgreSQL, against the truth table that was made by hand.

mod live;

use habeas_connector::{Connector, Look, conformance::script::*};
use habeas_connector_postgres::{Options, PostgresConnector};
use habeas_domain::outcome::Obstacle;
use live::{Live, person, rows};

#[path = "../../sql/worlds/orders.rs"]
mod orders;

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
    let report = connector.check().await.unwrap();
    assert!(report.is_usable());
    assert_eq!(report.drift, []);
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
    let look = Look::default();
    let proposal = PostgresConnector::discover_at(chinook.url(), store, Options::default(), look);
    let map = proposal.await.unwrap().map;
    let names: Vec<&str> = map.collections.keys().map(String::as_str).collect();
    assert_eq!(names, ["customer", "employee", "invoice", "invoice_line"]);
    let connector = chinook.connector(&map.to_yaml().unwrap());
    let report = connector.check().await.unwrap();
    assert_eq!((report.findings, report.drift), (vec![], vec![]));
    let located = locate_one(&connector, &person("luisg@embraer.com.br")).await;
    assert_eq!(
        (rows(&located.rows), located.obstacles),
        (vec![1, 0, 7, 38], vec![])
    );
}

/// For every customer, by hand: what was paid, and the numbers of the invoices and their lines.
const TRUTH: &str = "
select c.email || ' ' || i.paid || ' ' || i.ids || ' ' || l.ids
from customer c
join (select customer_id, sum(total) as paid,
             count(*) || ' ' || string_agg(invoice_id::text, ',' order by invoice_id) as ids
      from invoice group by customer_id) i using (customer_id)
join (select v.customer_id,
             count(*) || ' ' || string_agg(l.invoice_line_id::text, ',' order by l.invoice_line_id) as ids
      from invoice_line l, invoice v where v.invoice_id = l.invoice_id group by v.customer_id) l
  using (customer_id)
order by c.customer_id";

#[tokio::test(flavor = "multi_thread")]
async fn every_customer_is_exported_and_erased_as_independent_sql_says() {
    let Some(chinook) = chinook() else { return };
    let connector = chinook.connector(MAP);
    let emails = chinook
        .lines("select email from customer order by customer_id")
        .await;
    assert_eq!(emails.len(), 59);
    let mut subjects = orders::persons(emails.iter().map(String::as_str));
    let located = orders::widen(&connector, &mut subjects).await;
    let exports = export(&connector, subjects).await;
    let truth = chinook.lines(TRUTH).await;
    for (((email, located), export), truth) in emails.iter().zip(&located).zip(&exports).zip(&truth)
    {
        let told = format!(
            "{email} {:.2} {} {}",
            live::sum(export, "invoice", "total"),
            live::ids(export, "invoice", "invoice_id"),
            live::ids(export, "invoice_line", "invoice_line_id")
        );
        assert_eq!(told, *truth);
        assert_eq!(rows(&located.rows), rows(export.ended.as_ref().unwrap()));
        assert_eq!(located.obstacles, []);
    }

    let untouched = chinook.fingerprint(&UNTOUCHED).await;
    let mut even = Vec::new();
    for table in [
        "customer",
        "invoice",
        "(select l.*, v.customer_id from invoice_line l join invoice v using (invoice_id))",
    ] {
        even.push(format!(
            "(select t.* from {table} t where customer_id % 2 = 0)"
        ));
    }
    let even: Vec<&str> = even.iter().map(String::as_str).collect();
    let left = chinook.fingerprint(&even).await;
    let customers = |rest: usize| {
        let numbered = emails.iter().enumerate();
        let some = numbered.filter(move |(n, _)| (n + 1) % 2 == rest);
        some.map(|(_, email)| email.as_str())
    };
    for rest in [1, 0] {
        let batch = orders::orders(&connector, customers(rest)).await;
        let answers = connector.erase(&batch).await.unwrap();
        let found = located.iter().skip((rest + 1) % 2).step_by(2);
        for (answer, located) in answers.into_iter().zip(found) {
            let collections = answer.unwrap().collections;
            let erased: Vec<u64> = collections.iter().map(|outcome| outcome.erased).collect();
            assert_eq!(erased, rows(&located.rows));
        }
        for answer in connector.verify(&batch).await.unwrap() {
            assert_eq!(answer.unwrap().rows, []);
        }
        if rest == 1 {
            assert_eq!(chinook.fingerprint(&even).await, left);
            assert_eq!(
                chinook.counts(["customer where customer_id % 2 = 1"]).await,
                [0]
            );
        }
    }
    assert_eq!(
        chinook
            .counts(["customer", "invoice", "invoice_line"])
            .await,
        [0; 3]
    );
    assert_eq!(chinook.fingerprint(&UNTOUCHED).await, untouched);
}
