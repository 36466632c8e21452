//! Pagila in PostgreSQL, against the truth table that was made by hand.

mod live;

use habeas_connector::{Connector, DriftKind, Look, Value, conformance::script::*};
use habeas_connector_postgres::{Options, PostgresConnector};
use habeas_domain::{
    outcome::{CollectionRows, Obstacle},
    plan::Decision,
};
use live::{Live, person, rows};

#[path = "../../sql/worlds/orders.rs"]
mod orders;

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
    let mut drift = report.drift.iter();
    assert!(drift.all(|drift| drift.kind != DriftKind::Personal));
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
                    Value::Text(date) => **name == *"payment_date" && date.starts_with(&begins),
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
    let look = Look::default();
    let proposal = PostgresConnector::discover_at(pagila.url(), store, Options::default(), look);
    let proposal = proposal.await.unwrap();
    let map = &proposal.map;
    let names: Vec<&str> = map.collections.keys().map(String::as_str).collect();
    assert_eq!(names, ["customer", "staff", "payment", "rental", "address"]);
    let mut notes = proposal.notes.iter();
    assert!(
        notes.any(|note| note.message.ends_with("leads to: actor.")),
        "what was left out is named: {:?}",
        proposal.notes
    );
    assert!(map.collections["staff"].columns["password"].withhold);
    let connector = pagila.connector(&map.to_yaml().unwrap());
    let report = connector.check().await.unwrap();
    assert!(report.is_usable(), "{:?}", report.findings);
    assert_eq!(report.drift, []);
    // The proposal is as careful as the map that was written by hand.
    let located = locate_one(&connector, &person("renee.lane@sakilacustomer.org")).await;
    assert_eq!(rows(&located.rows), [1, 0, 26, 26, 1]);
    assert!(located.obstacles.iter().any(|obstacle| matches!(
        obstacle,
        Obstacle::OthersDepend { dependents, rows: 5, .. } if dependents == "payment"
    )));
}

/// For every customer, by hand: what was paid, and the numbers of rentals, payments and addresses.
const TRUTH: &str = "
select c.email || ' ' || p.paid || ' ' || r.ids || ' ' || p.ids || ' 1 ' || c.address_id
from customer c
join (select customer_id,
             count(*) || ' ' || string_agg(rental_id::text, ',' order by rental_id) as ids
      from rental group by customer_id) r using (customer_id)
join (select customer_id, sum(amount) as paid,
             count(*) || ' ' || string_agg(payment_id::text, ',' order by payment_id) as ids
      from payment group by customer_id) p using (customer_id)
order by c.customer_id";

/// For every customer of one half, by hand, when they go in the order of their numbers: whether
/// payments of somebody who is still there hang on a rental, and whether somebody who is still
/// there, a member of staff or a store uses the address.
const FATES: &str = "
with asks as (select * from customer where customer_id % 2 = 0),
blocked as (
  select c.customer_id from asks c where exists (
    select from rental r join payment p using (rental_id)
    where r.customer_id = c.customer_id and p.customer_id <> c.customer_id
      and (p.customer_id % 2 = 1 or p.customer_id > c.customer_id)))
select c.email || case
    when c.customer_id in (table blocked) then ' is refused'
    when exists (select from customer o
                 where o.address_id = c.address_id and o.customer_id <> c.customer_id
                   and (o.customer_id % 2 = 1 or o.customer_id > c.customer_id
                        or o.customer_id in (table blocked)))
      or exists (select from staff s where s.address_id = c.address_id)
      or exists (select from store s where s.address_id = c.address_id) then ' leaves the address'
    else ' goes' end
from asks c order by c.customer_id";

#[tokio::test(flavor = "multi_thread")]
async fn every_customer_is_exported_as_independent_sql_says() {
    let Some(pagila) = pagila() else { return };
    let connector = pagila.connector(MAP);
    let emails = pagila
        .lines("select email from customer order by customer_id")
        .await;
    assert_eq!(emails.len(), 599);
    let mut subjects = orders::persons(emails.iter().map(String::as_str));
    let located = orders::widen(&connector, &mut subjects).await;
    let exports = export(&connector, subjects).await;
    let truth = pagila.lines(TRUTH).await;
    assert_eq!(truth.len(), 599);
    for (((email, located), export), truth) in emails.iter().zip(&located).zip(&exports).zip(&truth)
    {
        let told = format!(
            "{email} {:.2} {} {} {}",
            live::sum(export, "payment", "amount"),
            live::ids(export, "rental", "rental_id"),
            live::ids(export, "payment", "payment_id"),
            live::ids(export, "address", "address_id"),
        );
        assert_eq!(told, *truth);
        assert_eq!(rows(&located.rows), rows(export.ended.as_ref().unwrap()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_customer_is_erased_or_stays_as_independent_sql_says() {
    let Some(pagila) = pagila() else { return };
    let connector = pagila.connector(MAP);
    let untouched = pagila.fingerprint(&UNTOUCHED).await;
    let odd = ["customer", "rental", "payment"]
        .map(|table| format!("(select * from {table} where customer_id % 2 = 1)"));
    let odd: Vec<&str> = odd.iter().map(String::as_str).collect();
    let left = pagila.fingerprint(&odd).await;
    let addresses = "select address_id::text from address a
        where exists (select from staff s where s.address_id = a.address_id)
           or exists (select from store s where s.address_id = a.address_id)
           or not exists (select from customer c where c.address_id = a.address_id)
        order by address_id";
    let of_nobody_who_asks = pagila.lines(addresses).await;

    let truth = pagila.lines(FATES).await;
    let half = "select email from customer where customer_id % 2 = 0 order by customer_id";
    let told = told(&pagila, &connector, half).await;
    assert_eq!(told, truth);
    let of = |fate: &str| told.iter().filter(|line| line.ends_with(fate)).count();
    assert_eq!(
        [" goes", " leaves the address", " is refused"].map(of),
        [23, 275, 1]
    );
    assert_eq!(pagila.fingerprint(&odd).await, left);
    assert_eq!(pagila.fingerprint(&UNTOUCHED).await, untouched);

    // With the others everybody can go: nobody is left whose payments hang on a rental.
    let rest = "select email from customer order by customer_id % 2 desc, customer_id";
    let told = self::told(&pagila, &connector, rest).await;
    assert!(
        told.iter().all(|line| !line.ends_with(" is refused")),
        "{told:?}"
    );
    assert_eq!(
        pagila.counts(["customer", "rental", "payment"]).await,
        [0; 3]
    );
    let ids = "select address_id::text from address order by address_id";
    assert_eq!(pagila.lines(ids).await, of_nobody_who_asks);
    assert_eq!(pagila.fingerprint(&UNTOUCHED).await, untouched);
}

/// Erases everybody of a query in one batch; how each ended, in the words of the truth.
async fn told(pagila: &Live, connector: &PostgresConnector, emails: &str) -> Vec<String> {
    let emails = pagila.lines(emails).await;
    let mut batch = orders::orders(connector, emails.iter().map(String::as_str)).await;
    for order in &mut batch {
        // Who has to stay is for the transaction to find.
        order.plan.decision = Decision::Act;
    }
    let answers = connector.erase(&batch).await.unwrap();
    let remaining = connector.verify(&batch).await.unwrap();
    let answers = answers.into_iter().zip(remaining).zip(&emails);
    let lines = answers.map(|((answer, remaining), email)| match answer {
        Err(error) => {
            assert_eq!(error.code, "others_depend");
            format!("{email} is refused")
        }
        Ok(erased) => {
            assert_eq!(remaining.unwrap().rows, []);
            let address = &erased.collections[4];
            assert_eq!(address.erased + address.kept, 1);
            let fate = if address.kept == 1 {
                "leaves the address"
            } else {
                "goes"
            };
            format!("{email} {fate}")
        }
    });
    lines.collect()
}
