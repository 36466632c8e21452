//! Moves a whole control database from SQLite to an empty PostgreSQL, and compares the two.
//!
//! All or nothing: one read transaction of the source feeds one transaction of the target, which
//! commits only when every table holds as many rows as were sent, with the same digest. No table is
//! named here; they are taken from the two schemas, so that a migration asks for no change. What
//! lies beside the database (keys, sealed files) is not moved.

mod layout;
mod read;
mod write;

use std::sync::mpsc;

use crate::{Db, DbError, DbResult, Location, figures};

/// What was copied of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub table: String,
    pub rows: u64,
    /// SHA-256, in hex, of all rows in the order of their key. The same on both sides.
    pub digest: String,
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("a copy goes from SQLite to PostgreSQL")]
    Direction,
    #[error("the target is not empty: its table '{0}' has rows")]
    NotEmpty(String),
    #[error("the two databases do not have the same migrations")]
    Migrations,
    #[error("the two databases differ in the columns of the table '{0}'")]
    Columns(String),
    #[error("the column {table}.{column} is of the type '{kind}', which the copy does not know")]
    Type {
        table: String,
        column: String,
        kind: String,
    },
    #[error("the table '{0}' has no primary key, or refers to itself by way of others")]
    Order(String),
    #[error("the column {table}.{column} holds what its type does not")]
    Value { table: String, column: String },
    #[error(
        "the table '{table}' arrived otherwise than it was sent: {sent} rows were sent, {found} \
         are there"
    )]
    Differs {
        table: String,
        sent: u64,
        found: u64,
    },
    #[error("the other side has ended early")]
    Interrupted,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What the reader tells the writer.
enum Part {
    /// Rows of the table at this place of the layout: JSON arrays.
    Rows(usize, Vec<serde_json::Value>),
    /// The table at this place was sent whole.
    Whole(usize, Copied),
    /// Every table was sent.
    End,
}

/// Parts that are under way between the two databases.
const AHEAD: usize = 4;

/// Copies every table of `source` to `target` and compares them.
///
/// # Errors
/// Whatever the error, the target is as it was before.
pub async fn copy(source: &Db, target: &Db) -> Result<Vec<Copied>, CopyError> {
    let (Location::Sqlite(_), Location::Postgres(_)) = (source.location(), target.location())
    else {
        return Err(CopyError::Direction);
    };
    let of_source = versions(source).await?;
    if of_source != versions(target).await? {
        return Err(CopyError::Migrations);
    }
    let theirs = target.read(layout::of_target).await?;
    let tables = source.read(move |tx| layout::agreed(tx, theirs)).await?;
    let (to_write, from_read) = mpsc::sync_channel(AHEAD);
    let sent = tables.clone();
    let (read, written) = tokio::join!(
        source.read(move |tx| read::all(tx, &sent, &to_write)),
        target.write_long(move |tx| write::all(tx, &tables, &from_read)),
    );
    match (read, written) {
        (Ok(()), Ok(copied)) => Ok(copied),
        // The side that failed by itself knows why; the other one only that it was left alone.
        (Err(CopyError::Interrupted), Err(error)) | (Err(error), _) | (Ok(()), Err(error)) => {
            Err(error)
        }
    }
}

async fn versions(db: &Db) -> DbResult<Vec<String>> {
    db.read(figures::versions).await
}
