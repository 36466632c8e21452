//! Discovery and drift on a messy PostgreSQL database, and on one that declares no foreign key.

mod live;

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
        notes.any(|note| note
            .message
            .starts_with("Could not look at rows of stale: ")),
        "{:#?}",
        proposal.notes
    );
    let customer = messy.collection(&proposal.map, "customer");
    assert!(customer.columns["contact_ref"].identity.is_some());
}

/// What a map says apart from the order in which it says it.
fn meaning(map: &habeas_domain::data_map::DataMap) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, spec) in &map.collections {
        for edge in &spec.belongs_to {
            lines.push(format!("{name} belongs to {edge:?}"));
        }
        for edge in &spec.held_by {
            lines.push(format!("{name} is held by {edge:?}"));
        }
        for user in &spec.also_used_by {
            lines.push(format!("{name} is used by {user:?}"));
        }
        for reference in &spec.refers_to {
            lines.push(format!("{name} refers to {reference:?}"));
        }
        lines.push(format!("{name} {:?} {:?}", spec.key, spec.columns));
    }
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_foreign_keys_yields_the_map_of_one_with_them() {
    let (Some(schema), Some(data)) = (
        live::reference("pagila/pagila-schema.sql"),
        live::reference("pagila/pagila-data.sql"),
    ) else {
        return;
    };
    let pagila = live::Live::copy_of("pagila", |url| {
        habeas_testkit::postgres::load(url, &schema);
        habeas_testkit::postgres::load(url, &data);
    });
    let discover = || async {
        let (store, options) = ("pagila".parse().unwrap(), Default::default());
        let look = habeas_connector::Look::default();
        habeas_connector_postgres::PostgresConnector::discover_at(
            pagila.url(),
            store,
            options,
            look,
        )
        .await
        .unwrap()
    };
    let declared = discover().await;
    pagila.run(
        "do $$ declare key record; begin
           for key in select conrelid::regclass as table, conname from pg_constraint
             where contype = 'f' and conparentid = 0
           loop execute format('alter table %s drop constraint %I', key.table, key.conname);
           end loop; end $$;",
    );
    let guessed = discover().await;
    assert_eq!(meaning(&guessed.map), meaning(&declared.map));
    let guesses = guessed
        .notes
        .iter()
        .filter(|note| note.message.starts_with("a guess"));
    for guess in guesses {
        assert!(
            guess.message.contains(" sampled values exist in "),
            "{guess:?}"
        );
    }
}
