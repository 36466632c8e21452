//! The side of the target: empty before, filled batch by batch, and read back before the commit.

use std::sync::mpsc;

use diesel::{PgConnection, RunQueryDsl, sql_query, sql_types};
use serde_json::Value;

use super::{
    Copied, CopyError, Part,
    layout::{Column, Kind, Table, quoted},
    read::{Row, Tally},
};
use crate::{DbError, Tx, conn::Conn};

/// Rows that are read back at a time.
const PAGE: usize = 500;

/// Takes what is sent until its end. An error leaves the target as it was.
pub(super) fn all(
    tx: &mut Tx<'_>,
    tables: &[Table],
    from: &mpsc::Receiver<Part>,
) -> Result<Vec<Copied>, CopyError> {
    let Conn::Postgres(conn) = tx.conn() else {
        return Err(CopyError::Direction);
    };
    refuse_unless_empty(conn, tables)?;
    let mut sent = Vec::with_capacity(tables.len());
    loop {
        match from.recv().map_err(|_| CopyError::Interrupted)? {
            Part::Rows(place, rows) => insert(conn, &tables[place], rows)?,
            Part::Whole(place, copied) => sent.push((&tables[place], copied)),
            Part::End => break,
        }
    }
    for (table, copied) in &sent {
        let found = tally(conn, table)?;
        if found != *copied {
            return Err(CopyError::Differs {
                table: table.name.clone(),
                sent: copied.rows,
                found: found.rows,
            });
        }
    }
    Ok(sent.into_iter().map(|(_, copied)| copied).collect())
}

fn run(conn: &mut PgConnection, sql: String) -> Result<(), CopyError> {
    sql_query(sql).execute(conn).map_err(DbError::from)?;
    Ok(())
}

/// Nobody else may write until the end: a process that starts on the target now waits.
fn refuse_unless_empty(conn: &mut PgConnection, tables: &[Table]) -> Result<(), CopyError> {
    let names: Vec<String> = tables.iter().map(|table| quoted(&table.name)).collect();
    run(
        conn,
        format!("lock table {} in exclusive mode", names.join(", ")),
    )?;
    for table in tables {
        let sql = format!("select '' as \"row\" from {} limit 1", quoted(&table.name));
        let found: Vec<Row> = sql_query(sql).load(conn).map_err(DbError::from)?;
        if !found.is_empty() {
            return Err(CopyError::NotEmpty(table.name.clone()));
        }
    }
    Ok(())
}

fn insert(conn: &mut PgConnection, table: &Table, rows: Vec<Value>) -> Result<(), CopyError> {
    let names: Vec<String> = table.columns.iter().map(|c| quoted(&c.name)).collect();
    let values: Vec<String> = table.columns.iter().enumerate().map(taken).collect();
    let sql = format!(
        "insert into {} ({}) select {} from json_array_elements($1::json) as sent (item)",
        quoted(&table.name),
        names.join(", "),
        values.join(", ")
    );
    sql_query(sql)
        .bind::<sql_types::Text, _>(Value::Array(rows).to_string())
        .execute(conn)
        .map_err(DbError::from)?;
    Ok(())
}

/// One value out of a row that was sent.
fn taken((place, column): (usize, &Column)) -> String {
    let text = format!("item ->> {place}");
    match column.kind {
        Kind::Text => text,
        Kind::Integer => format!("({text})::bigint"),
        Kind::Binary => format!("decode({text}, 'hex')"),
        Kind::Instant => format!("({text})::timestamp"),
    }
}

/// Reads a table back as it was sent.
fn tally(conn: &mut PgConnection, table: &Table) -> Result<Copied, CopyError> {
    let values: Vec<String> = table.columns.iter().map(said).collect();
    // The order of SQLite: by bytes.
    let key = table.key.iter().map(|name| match table.column(name) {
        Some(column) if column.kind == Kind::Text => format!("{} collate \"C\"", quoted(name)),
        Some(_) | None => quoted(name),
    });
    let key: Vec<String> = key.collect();
    run(
        conn,
        format!(
            "declare copied no scroll cursor for \
             select json_build_array({})::text as \"row\" from {} order by {}",
            values.join(", "),
            quoted(&table.name),
            key.join(", ")
        ),
    )?;
    let mut tally = Tally::default();
    loop {
        let rows: Vec<Row> = sql_query(format!("fetch {PAGE} from copied"))
            .load(conn)
            .map_err(DbError::from)?;
        if rows.is_empty() {
            break;
        }
        for Row { row } in rows {
            let row =
                serde_json::from_str(&row).map_err(|_| CopyError::Columns(table.name.clone()))?;
            tally.add(&row);
        }
    }
    run(conn, "close copied".to_owned())?;
    Ok(tally.of(table))
}

fn said(column: &Column) -> String {
    let name = quoted(&column.name);
    match column.kind {
        Kind::Text | Kind::Integer => name,
        Kind::Binary => format!("encode({name}, 'hex')"),
        Kind::Instant => format!("to_char({name}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"),
    }
}
