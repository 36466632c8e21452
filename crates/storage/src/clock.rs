//! The clock that all workers share.

use diesel::{dsl::sql, prelude::*, sql_types};
use jiff::Timestamp;

use crate::{
    DbResult, ReadTx,
    conn::{Conn, from_db},
};

/// The server's time when the transaction began. `None` on the embedded database, where there is
/// one process and its clock is the only one.
pub fn server_time(tx: &mut ReadTx<'_>) -> DbResult<Option<Timestamp>> {
    let Conn::Postgres(conn) = tx.conn() else {
        return Ok(None);
    };
    let now: chrono::NaiveDateTime =
        diesel::select(sql::<sql_types::Timestamp>("now() at time zone 'utc'")).get_result(conn)?;
    Ok(Some(from_db(now)))
}

/// Settings of the server that could lose what was acknowledged, in words.
pub fn weaknesses(tx: &mut ReadTx<'_>) -> DbResult<Vec<&'static str>> {
    let Conn::Postgres(conn) = tx.conn() else {
        return Ok(Vec::new());
    };
    let asked = [
        (
            "current_setting('fsync') = 'off'",
            "fsync is off: a crash of the server can lose acknowledged requests",
        ),
        (
            "current_setting('full_page_writes') = 'off'",
            "full_page_writes is off: a crash of the server can damage its pages",
        ),
        (
            "current_setting('is_superuser') = 'on'",
            "the role is a superuser: the append-only audit trail protects nothing from it",
        ),
    ];
    let mut found = Vec::new();
    for (question, weakness) in asked {
        let yes: bool = diesel::select(sql::<sql_types::Bool>(question)).get_result(conn)?;
        if yes {
            found.push(weakness);
        }
    }
    Ok(found)
}
