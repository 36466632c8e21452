//! The connection: one type over two databases, and what the derive cannot build.

use chrono::{DateTime, NaiveDateTime};
use jiff::Timestamp;

#[derive(diesel::MultiConnection)]
pub enum Conn {
    Postgres(diesel::PgConnection),
    Sqlite(diesel::SqliteConnection),
}

impl std::fmt::Debug for Conn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Conn::Postgres(_) => "Conn::Postgres",
            Conn::Sqlite(_) => "Conn::Sqlite",
        })
    }
}

/// The same expression, typed once for each database.
macro_rules! each {
    ($conn:expr, $c:ident => $run:expr) => {
        match $conn {
            $crate::conn::Conn::Postgres($c) => $run,
            $crate::conn::Conn::Sqlite($c) => $run,
        }
    };
}

/// Locks the rows that a query finds (new rows may still name them as parents) and skips those that another worker holds. On SQLite the
/// immediate transaction already keeps every other writer out.
macro_rules! skip_locked {
    ($conn:expr, $query:expr) => {
        match $conn {
            $crate::conn::Conn::Postgres(c) => $query.for_no_key_update().skip_locked().load(c),
            $crate::conn::Conn::Sqlite(c) => $query.load(c),
        }
    };
}

/// Locks the rows that a query finds, waiting for whoever holds them.
macro_rules! locked {
    ($conn:expr, $query:expr) => {
        match $conn {
            $crate::conn::Conn::Postgres(c) => $query.for_no_key_update().load(c),
            $crate::conn::Conn::Sqlite(c) => $query.load(c),
        }
    };
}

pub(crate) use {each, locked, skip_locked};

/// An instant as both databases keep it: UTC, whole microseconds.
pub(crate) fn to_db(at: Timestamp) -> NaiveDateTime {
    DateTime::from_timestamp_micros(at.as_microsecond())
        .unwrap_or(DateTime::UNIX_EPOCH)
        .naive_utc()
}

pub(crate) fn from_db(at: NaiveDateTime) -> Timestamp {
    Timestamp::from_microsecond(at.and_utc().timestamp_micros()).unwrap_or(Timestamp::UNIX_EPOCH)
}
