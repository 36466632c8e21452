//! Embedded migrations, two folders with the same names.

use diesel::{
    PgConnection, RunQueryDsl, SqliteConnection,
    migration::{Migration, MigrationSource},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{conn::Conn, db::OpenError, error::BoxError};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Two processes that start together must not migrate at the same time.
const LOCK: i64 = 0x0068_6162_6561_7300;

/// Applies what is missing; refuses a schema that is ahead of this binary.
pub(crate) fn run(conn: &mut Conn) -> Result<(), OpenError> {
    match conn {
        Conn::Sqlite(c) => {
            let known = names::<diesel::sqlite::Sqlite>(&SQLITE)?;
            refuse_newer(c.applied_migrations().map_err(OpenError::Migrate)?, &known)?;
            sqlite(c)
        }
        Conn::Postgres(c) => postgres(c),
    }
}

fn sqlite(conn: &mut SqliteConnection) -> Result<(), OpenError> {
    // A table that is made anew is dropped for a moment. Nothing else has the file open, and what
    // points at nothing afterwards stops the start.
    pragma(conn, "PRAGMA foreign_keys = OFF")?;
    conn.run_pending_migrations(SQLITE)
        .map_err(OpenError::Migrate)?;
    let astray: i64 = diesel::dsl::sql::<diesel::sql_types::BigInt>(
        "select count(*) from pragma_foreign_key_check",
    )
    .get_result(conn)
    .map_err(|error| OpenError::Migrate(error.into()))?;
    if astray > 0 {
        let message = format!("{astray} rows of the migrated database point at nothing");
        return Err(OpenError::Migrate(message.into()));
    }
    pragma(conn, "PRAGMA foreign_keys = ON")
}

fn pragma(conn: &mut SqliteConnection, sql: &str) -> Result<(), OpenError> {
    diesel::sql_query(sql)
        .execute(conn)
        .map(|_| ())
        .map_err(|error| OpenError::Migrate(error.into()))
}

fn postgres(conn: &mut PgConnection) -> Result<(), OpenError> {
    let run = |conn: &mut PgConnection, sql: String| {
        diesel::sql_query(sql)
            .execute(conn)
            .map(|_| ())
            .map_err(|e| OpenError::Migrate(e.into()))
    };
    run(conn, format!("SELECT pg_advisory_lock({LOCK})"))?;
    let outcome = (|| {
        let known = names::<diesel::pg::Pg>(&POSTGRES)?;
        refuse_newer(
            conn.applied_migrations().map_err(OpenError::Migrate)?,
            &known,
        )?;
        conn.run_pending_migrations(POSTGRES)
            .map(|_| ())
            .map_err(OpenError::Migrate)
    })();
    run(conn, format!("SELECT pg_advisory_unlock({LOCK})"))?;
    outcome
}

fn names<DB: diesel::backend::Backend>(
    source: &EmbeddedMigrations,
) -> Result<Vec<String>, OpenError> {
    let migrations: Vec<Box<dyn Migration<DB>>> = source
        .migrations()
        .map_err(|error: BoxError| OpenError::Migrate(error))?;
    Ok(migrations
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect())
}

fn refuse_newer(
    applied: Vec<diesel::migration::MigrationVersion<'static>>,
    known: &[String],
) -> Result<(), OpenError> {
    match applied
        .iter()
        .map(ToString::to_string)
        .find(|version| !known.contains(version))
    {
        Some(unknown) => Err(OpenError::Newer(unknown)),
        None => Ok(()),
    }
}
