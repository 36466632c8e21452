//! Discovery and drift on a messy PostgreSQL database.

mod messy {
    use habeas_connector::{Look, Proposal, Subject, conformance::script};
    use habeas_connector_postgres::{Options, PostgresConnector};
    use habeas_connector_sql::Catalogue;
    use habeas_domain::{
        Identifier,
        data_map::{Collection, DataMap},
    };
    use habeas_testkit::postgres::Database;
    use tokio_postgres::NoTls;

    pub const SCHEMA: &str = "public";
    pub const IS_POSTGRES: bool = true;

    pub struct Messy(Database);

    impl Messy {
        pub fn new() -> Self {
            let messy = Messy(Database::fresh());
            messy.run(include_str!("../../sql/worlds/messy/schema.sql"));
            messy.run(include_str!("../../sql/worlds/messy/more.postgres.sql"));
            messy
        }

        pub fn run(&self, sql: &str) {
            self.0.run(sql);
        }

        /// What changes only here.
        pub fn later(&self) {
            self.run(
                "create trigger scanned after delete on purchase
                   for each row execute function keep_name();
                 create table visit_3 partition of visit
                   for values from ('2024-03-01') to ('2024-04-01');
                 drop view customer_list;
                 alter table address alter column street type varchar(40);
                 alter table address alter column city set not null;",
            );
        }

        pub async fn count(&self, sql: &str) -> i64 {
            let connected = tokio_postgres::connect(self.0.url(), NoTls).await;
            let (client, connection) = connected.expect("the database answers");
            tokio::spawn(connection);
            client.query_one(sql, &[]).await.expect("a count").get(0)
        }

        pub async fn discover(&self, look: Look) -> Proposal {
            let store = "messy".parse().expect("a name");
            PostgresConnector::discover_at(self.0.url(), store, Options::default(), look)
                .await
                .expect("a proposal")
        }

        pub fn connector(&self, map: DataMap, seen: Option<Catalogue>) -> PostgresConnector {
            let options = Options {
                seen: seen.map(Into::into),
                ..Options::default()
            };
            PostgresConnector::new(self.0.url(), map, options).expect("the URL is sound")
        }

        pub fn ada(&self) -> Subject {
            script::subject(&Identifier::email("ada@example.org").expect("an address"))
        }

        /// The collection of a table, under its own name or with its schema.
        pub fn collection(&self, map: &DataMap, table: &str) -> Collection {
            let full = format!("{SCHEMA}.{table}");
            let found = map.collections.get(table).or(map.collections.get(&full));
            found.cloned().unwrap_or_default()
        }
    }
}

#[path = "../../sql/worlds/messy/stories.rs"]
mod stories;

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_cannot_be_read_is_named_and_holds_nobody_back() {
    let messy = messy::Messy::new();
    messy.run("create materialized view stale as select contact_ref from customer with no data");
    let proposal = messy.discover(habeas_connector::Look::default()).await;
    let mut notes = proposal.notes.iter();
    assert!(
        notes.any(|note| note.message == "Could not look at rows of stale."),
        "{:#?}",
        proposal.notes
    );
    let customer = messy.collection(&proposal.map, "customer");
    assert!(customer.columns["contact_ref"].identity.is_some());
}
