//! Chinook in a SQLite file, against the truth table that was made by hand.

use std::path::PathBuf;

use habeas_connector::{Connector, Look, Subject, Value, conformance::script::*};
use habeas_connector_sqlite::{Options, SqliteConnector};
use habeas_domain::{Identifier, data_map::DataMap, outcome::Obstacle};
use rusqlite::Connection;
use tempfile::TempDir;

#[path = "../../sql/worlds/orders.rs"]
mod orders;

const MAP: &str = include_str!("../maps/chinook.yaml");

/// A copy of the file, to be written to.
struct Chinook {
    path: PathBuf,
    _folder: TempDir,
}

impl Chinook {
    #[expect(clippy::print_stderr, reason = "whoever runs the tests should know")]
    fn copy() -> Option<Chinook> {
        let Some(source) = habeas_testkit::shared::data("chinook/Chinook_Sqlite.sqlite") else {
            eprintln!("left out: the reference data is not there");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chinook.sqlite");
        // Not `fs::copy`: the reference data may be read-only, and so would be the copy.
        std::fs::write(&path, std::fs::read(source).unwrap()).unwrap();
        Some(Chinook {
            path,
            _folder: folder,
        })
    }

    fn connector(&self, map: &str) -> SqliteConnector {
        let map = DataMap::parse("chinook.yaml", map).unwrap();
        SqliteConnector::open(&self.path, map, Options::default())
    }

    fn ask(&self, sql: &str) -> String {
        let connection = Connection::open(&self.path).unwrap();
        connection
            .query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|value| format!("{value:?}"))
            .unwrap()
    }

    fn count(&self, table: &str) -> u32 {
        let connection = Connection::open(&self.path).unwrap();
        let sql = format!("select count(*) from {table}");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// Counts and contents of the tables that no erasure may touch.
    fn untouched(&self) -> String {
        let columns = [
            ("Album", "AlbumId || Title || ArtistId"),
            ("Artist", "ArtistId || coalesce(Name, '')"),
            ("Genre", "GenreId || Name"),
            ("MediaType", "MediaTypeId || Name"),
            ("Playlist", "PlaylistId || Name"),
            ("PlaylistTrack", "PlaylistId || '-' || TrackId"),
            (
                "Track",
                "TrackId || Name || coalesce(Composer, '') || UnitPrice",
            ),
            (
                "Employee",
                "EmployeeId || LastName || Email || coalesce(ReportsTo, '')",
            ),
        ];
        let print = columns.iter().map(|(table, columns)| {
            self.ask(&format!(
                "select group_concat({columns}, '|') from (select * from {table} order by 1, 2)"
            ))
        });
        print.collect::<Vec<_>>().join("\n")
    }
}

fn person(email: &str) -> Subject {
    subject(&Identifier::email(email).unwrap())
}

fn rows(located: &[habeas_domain::outcome::CollectionRows]) -> Vec<u64> {
    located.iter().map(|collection| collection.rows).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_person_is_found_exported_and_erased_as_the_truth_table_says() {
    let truth = [
        (
            "LUISG@embraer.com.br",
            [1, 7, 38, 0],
            "39.62",
            [58, 405, 2202],
        ),
        ("hholy@gmail.com", [1, 7, 38, 0], "49.62", [57, 398, 2164]),
        (
            "puja_srivastava@yahoo.in",
            [1, 6, 36, 0],
            "36.64",
            [56, 392, 2128],
        ),
    ];
    let Some(chinook) = Chinook::copy() else {
        return;
    };
    let connector = chinook.connector(MAP);
    let report = connector.check().await.unwrap();
    assert!(report.is_usable());
    assert_eq!(report.drift, []);
    let before = chinook.untouched();
    for (email, found, total, left) in truth {
        let mut asker = person(email);
        let located = widen(&connector, &mut asker).await;
        assert_eq!(rows(&located.rows), found, "{email}");
        assert_eq!(located.obstacles, []);

        let export = export(&connector, vec![asker.clone()]).await.remove(0);
        assert_eq!(export.rows.len() as u64, found.iter().sum::<u64>());
        let paid: f64 = export
            .rows
            .iter()
            .filter(|(collection, _)| collection == "Invoice")
            .flat_map(|(_, record)| record)
            .filter(|(column, _)| **column == *"Total")
            .map(|(_, total)| total.to_json().as_f64().unwrap())
            .sum();
        assert_eq!(format!("{paid:.2}"), total);

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
            ["Customer", "Invoice", "InvoiceLine"].map(|table| chinook.count(table)),
            left
        );
    }
    assert_eq!(chinook.count("Track"), 3503);
    assert_eq!(chinook.untouched(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_beyond_ascii_arrive_unharmed() {
    let Some(chinook) = Chinook::copy() else {
        return;
    };
    let connector = chinook.connector(MAP);
    let export = export(&connector, vec![person("luisg@embraer.com.br")])
        .await
        .remove(0);
    let name = export.rows[0]
        .1
        .iter()
        .find(|(column, _)| **column == *"FirstName");
    assert!(name.is_some_and(|(_, value)| *value == Value::Text("Luís".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_leaves_and_his_customers_stay() {
    let Some(chinook) = Chinook::copy() else {
        return;
    };
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
    assert_eq!(outcome("Employee").erased, 1);
    assert_eq!(
        (outcome("Customer").located, outcome("Customer").detached),
        (0, 21)
    );
    assert_eq!(
        (chinook.count("Customer"), chinook.count("Employee")),
        (59, 7)
    );
    let detached = chinook.count("Customer where SupportRepId is null");
    assert_eq!(detached, 21);
    assert_eq!(verify_one(&connector, &order).await.rows, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_whose_customers_may_not_be_touched_stays() {
    let Some(chinook) = Chinook::copy() else {
        return;
    };
    let strict = MAP.replace(
        "SupportRepId: EmployeeId }, when_erased: detach",
        "SupportRepId: EmployeeId }",
    );
    let connector = chinook.connector(&strict);
    let located = locate_one(&connector, &person("jane@chinookcorp.com")).await;
    let stop = Obstacle::OthersDepend {
        collection: "Employee".into(),
        dependents: "Customer".into(),
        rows: 21,
    };
    assert_eq!(located.obstacles, std::slice::from_ref(&stop));
    // Somebody hands in a plan that does not know of it: the transaction finds it again.
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
    assert_eq!(
        (chinook.count("Customer"), chinook.count("Employee")),
        (59, 8)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn discover_proposes_every_table_that_holds_personal_data_and_no_other() {
    let Some(chinook) = Chinook::copy() else {
        return;
    };
    let store = "chinook".parse().unwrap();
    let look = Look::default();
    let proposal = SqliteConnector::discover_at(&chinook.path, store, Options::default(), look);
    let map = proposal.await.unwrap().map;
    let names: Vec<&str> = map.collections.keys().map(String::as_str).collect();
    assert_eq!(names, ["Customer", "Employee", "Invoice", "InvoiceLine"]);
    let connector = chinook.connector(&map.to_yaml().unwrap());
    let report = connector.check().await.unwrap();
    assert_eq!((report.findings, report.drift), (vec![], vec![]));
    let located = locate_one(&connector, &person("luisg@embraer.com.br")).await;
    assert_eq!(rows(&located.rows), [1, 0, 7, 38]);
    assert_eq!(located.obstacles, []);
}

/// For every customer, by hand: rows of each collection, what was paid, and the numbers of the
/// invoices and their lines.
const TRUTH: &str = "
select c.Email || ' ' || i.invoices || ' ' || l.lines || ' ' || printf('%.2f', i.paid) || ' ' ||
       printf('%.2f', l.paid) || ' ' || i.ids || ' ' || l.ids
from Customer c
join (select CustomerId, count(*) invoices, sum(Total) paid, group_concat(InvoiceId) ids
      from (select * from Invoice order by InvoiceId) group by CustomerId) i using (CustomerId)
join (select v.CustomerId, count(*) lines, sum(l.UnitPrice * l.Quantity) paid,
             group_concat(l.InvoiceLineId) ids
      from (select * from InvoiceLine order by InvoiceLineId) l, Invoice v
      where v.InvoiceId = l.InvoiceId group by v.CustomerId) l using (CustomerId)
order by c.CustomerId";

impl Chinook {
    fn lines(&self, sql: &str) -> Vec<String> {
        let connection = Connection::open(&self.path).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let lines = statement.query_map([], |row| row.get(0)).unwrap();
        lines.collect::<Result<_, _>>().unwrap()
    }

    /// Every column of the rows of some customers.
    fn rows_of(&self, customers: &str) -> Vec<String> {
        let of = [
            "select quote(CustomerId) || quote(FirstName) || quote(LastName) || quote(Company) ||
               quote(Address) || quote(City) || quote(State) || quote(Country) || quote(PostalCode) ||
               quote(Phone) || quote(Fax) || quote(Email) || quote(SupportRepId)
             from Customer",
            "select quote(InvoiceId) || quote(CustomerId) || quote(InvoiceDate) ||
               quote(BillingAddress) || quote(BillingCity) || quote(BillingState) ||
               quote(BillingCountry) || quote(BillingPostalCode) || quote(Total)
             from Invoice",
            "select quote(InvoiceLineId) || quote(InvoiceId) || quote(TrackId) || quote(UnitPrice) ||
               quote(Quantity)
             from InvoiceLine join Invoice using (InvoiceId)",
        ];
        let lines = of.iter().flat_map(|of| {
            let sql = format!("{of} where CustomerId in (select CustomerId from Customer where {customers}) order by 1");
            self.lines(&sql.replace("quote(InvoiceId)", "quote(Invoice.InvoiceId)"))
        });
        lines.collect()
    }
}

/// An export in the words of the truth.
fn told(email: &str, export: &Export) -> String {
    let of = |name: &str, column: &str| -> Vec<serde_json::Value> {
        let rows = export
            .rows
            .iter()
            .filter(|(collection, _)| collection == name);
        let values = rows.flat_map(|(_, record)| record);
        let values = values.filter(|(name, _)| **name == *column);
        values.map(|(_, value)| value.to_json()).collect()
    };
    let ids = |name: &str, column: &str| -> (usize, String) {
        let mut ids: Vec<i64> = of(name, column)
            .iter()
            .map(|id| id.as_i64().unwrap())
            .collect();
        ids.sort_unstable();
        let words: Vec<String> = ids.iter().map(i64::to_string).collect();
        (ids.len(), words.join(","))
    };
    let amounts = |name: &str, column: &str| -> Vec<f64> {
        of(name, column)
            .iter()
            .map(|it| it.as_f64().unwrap())
            .collect()
    };
    let paid: f64 = amounts("Invoice", "Total").iter().sum();
    let (prices, quantities) = (
        amounts("InvoiceLine", "UnitPrice"),
        amounts("InvoiceLine", "Quantity"),
    );
    let bought: f64 = prices
        .iter()
        .zip(quantities)
        .map(|(price, quantity)| price * quantity)
        .sum();
    let (invoices, invoice_ids) = ids("Invoice", "InvoiceId");
    let (lines, line_ids) = ids("InvoiceLine", "InvoiceLineId");
    format!("{email} {invoices} {lines} {paid:.2} {bought:.2} {invoice_ids} {line_ids}")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_customer_is_exported_and_erased_as_independent_sql_says() {
    let Some(chinook) = Chinook::copy() else {
        return;
    };
    let connector = chinook.connector(MAP);
    let emails = chinook.lines("select Email from Customer order by CustomerId");
    assert_eq!(emails.len(), 59);
    let mut subjects = orders::persons(emails.iter().map(String::as_str));
    let located = orders::widen(&connector, &mut subjects).await;
    let exports = export(&connector, subjects).await;
    let truth = chinook.lines(TRUTH);
    for (((email, located), export), truth) in emails.iter().zip(&located).zip(&exports).zip(&truth)
    {
        assert_eq!(told(email, export), *truth);
        assert_eq!(rows(&located.rows), rows(export.ended.as_ref().unwrap()));
        assert_eq!(located.obstacles, []);
    }

    let untouched = chinook.untouched();
    let left = chinook.rows_of("CustomerId % 2 = 0");
    let customers = |rest: usize| {
        let numbered = emails.iter().enumerate();
        let some = numbered.filter(move |(n, _)| (n + 1) % 2 == rest);
        some.map(|(_, email)| email.as_str())
    };
    let batch = orders::orders(&connector, customers(1)).await;
    let answers = connector.erase(&batch).await.unwrap();
    for ((order, answer), located) in batch.iter().zip(answers).zip(located.iter().step_by(2)) {
        let collections = answer.unwrap().collections;
        let erased: Vec<u64> = collections.iter().map(|outcome| outcome.erased).collect();
        assert_eq!(erased, rows(&located.rows));
        assert_eq!(verify_one(&connector, order).await.rows, []);
    }
    assert_eq!(chinook.rows_of("1 = 1"), left);
    for email in customers(0) {
        let order = erase_order(&connector, person(email)).await;
        erase_one(&connector, &order).await;
    }
    assert_eq!(
        ["Customer", "Invoice", "InvoiceLine"].map(|table| chinook.count(table)),
        [0; 3]
    );
    assert_eq!(chinook.untouched(), untouched);
}
