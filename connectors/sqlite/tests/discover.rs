//! Discovery and drift on a messy SQLite file.

mod messy {
    use habeas_connector::{Look, Proposal, Subject, conformance::script};
    use habeas_connector_sql::Catalogue;
    use habeas_connector_sqlite::{Options, SqliteConnector};
    use habeas_domain::{
        Identifier,
        data_map::{Collection, DataMap},
    };
    use rusqlite::Connection;
    use tempfile::TempDir;

    pub const SCHEMA: &str = "main";
    pub const IS_POSTGRES: bool = false;

    pub struct Messy(TempDir);

    impl Messy {
        pub fn new() -> Self {
            let messy = Messy(tempfile::tempdir().expect("a temporary folder"));
            messy.run(include_str!("../../sql/worlds/messy/schema.sql"));
            messy.run(include_str!("../../sql/worlds/messy/more.sqlite.sql"));
            messy
        }

        fn path(&self) -> std::path::PathBuf {
            self.0.path().join("messy.sqlite")
        }

        pub fn run(&self, sql: &str) {
            let connection = Connection::open(self.path()).expect("the file opens");
            connection.execute_batch(sql).expect("the statement runs");
        }

        /// What changes only here.
        pub fn later(&self) {
            self.run("create trigger scanned after delete on purchase begin select 1; end");
        }

        pub async fn count(&self, sql: &str) -> i64 {
            let connection = Connection::open(self.path()).expect("the file opens");
            connection
                .query_row(sql, [], |row| row.get(0))
                .expect("a count")
        }

        pub async fn discover(&self, look: Look) -> Proposal {
            let store = "messy".parse().expect("a name");
            SqliteConnector::discover_at(self.path(), store, Options::default(), look)
                .await
                .expect("a proposal")
        }

        pub fn connector(&self, map: DataMap, seen: Option<Catalogue>) -> SqliteConnector {
            let options = Options {
                seen: seen.map(Into::into),
                ..Options::default()
            };
            SqliteConnector::open(self.path(), map, options)
        }

        pub fn ada(&self) -> Subject {
            script::subject(&Identifier::email("ada@example.org").expect("an address"))
        }

        pub fn collection(&self, map: &DataMap, table: &str) -> Collection {
            map.collections.get(table).cloned().unwrap_or_default()
        }
    }
}

#[path = "../../sql/worlds/messy/stories.rs"]
mod stories;
