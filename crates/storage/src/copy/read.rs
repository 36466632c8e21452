//! The side of the source: every row as a JSON array, with a digest of each table.

use std::{mem, sync::mpsc};

use chrono::NaiveDateTime;
use diesel::{RunQueryDsl, connection::DefaultLoadingMode, sql_query, sql_types};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    Copied, CopyError, Part,
    layout::{Column, Kind, Table, quoted},
};
use crate::{DbError, ReadTx, conn::Conn};

/// Rows, and bytes of JSON, after which a batch is sent.
const BATCH_ROWS: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

#[derive(diesel::QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = sql_types::Text)]
    pub row: String,
}

/// Rows in the order of the key, as both sides see them.
#[derive(Default)]
pub(super) struct Tally {
    hash: Sha256,
    rows: u64,
}

impl Tally {
    pub fn add(&mut self, row: &Value) {
        // One line for each row: what follows cannot be read as part of what went before.
        self.hash.update(row.to_string().as_bytes());
        self.hash.update(b"\n");
        self.rows += 1;
    }

    pub fn of(self, table: &Table) -> Copied {
        let digest = self.hash.finalize();
        Copied {
            table: table.name.clone(),
            rows: self.rows,
            digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// Sends every row of every table, in this order.
pub(super) fn all(
    tx: &mut ReadTx<'_>,
    tables: &[Table],
    to: &mpsc::SyncSender<Part>,
) -> Result<(), CopyError> {
    let send = |part| to.send(part).map_err(|_| CopyError::Interrupted);
    let Conn::Sqlite(conn) = tx.conn() else {
        return Err(CopyError::Direction);
    };
    for (place, table) in tables.iter().enumerate() {
        let (mut tally, mut batch, mut bytes) = (Tally::default(), Vec::new(), 0);
        let rows = sql_query(select(table))
            .load_iter::<Row, DefaultLoadingMode>(conn)
            .map_err(DbError::from)?;
        for row in rows {
            let text = row.map_err(DbError::from)?.row;
            let row = canonical(table, &text)?;
            tally.add(&row);
            batch.push(row);
            bytes += text.len();
            if batch.len() >= BATCH_ROWS || bytes >= BATCH_BYTES {
                bytes = 0;
                send(Part::Rows(place, mem::take(&mut batch)))?;
            }
        }
        if !batch.is_empty() {
            send(Part::Rows(place, batch))?;
        }
        send(Part::Whole(place, tally.of(table)))?;
    }
    send(Part::End)
}

fn select(table: &Table) -> String {
    let values: Vec<String> = table.columns.iter().map(value).collect();
    let key: Vec<String> = table.key.iter().map(|name| quoted(name)).collect();
    format!(
        "select json_array({}) as \"row\" from {} order by {}",
        values.join(", "),
        quoted(&table.name),
        key.join(", ")
    )
}

fn value(column: &Column) -> String {
    let name = quoted(&column.name);
    match column.kind {
        Kind::Text | Kind::Integer | Kind::Instant => name,
        // `hex` makes an empty text of a null.
        Kind::Binary => format!("case when {name} is null then null else lower(hex({name})) end"),
    }
}

/// The row as the target will say it too. SQLite holds anything in any column: what is not of the
/// column's type is refused here, by name and without the value.
fn canonical(table: &Table, text: &str) -> Result<Value, CopyError> {
    let wrong = |column: &Column| CopyError::Value {
        table: table.name.clone(),
        column: column.name.clone(),
    };
    let row: Vec<Value> =
        serde_json::from_str(text).map_err(|_| CopyError::Columns(table.name.clone()))?;
    let values = row.into_iter().zip(&table.columns).map(|(value, column)| {
        let fits = match (&value, column.kind) {
            (Value::Null, _) => true,
            (Value::String(_), Kind::Text | Kind::Binary) => true,
            (Value::Number(number), Kind::Integer) => number.is_i64(),
            (Value::String(text), Kind::Instant) => {
                return instant(text).ok_or_else(|| wrong(column));
            }
            _ => false,
        };
        fits.then_some(value).ok_or_else(|| wrong(column))
    });
    values
        .collect::<Result<Vec<Value>, CopyError>>()
        .map(Value::Array)
}

fn instant(text: &str) -> Option<Value> {
    let at = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(Value::String(
        at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let column = |name: &str, kind| Column {
            name: name.to_owned(),
            kind,
        };
        Table {
            name: "t".to_owned(),
            columns: vec![column("n", Kind::Integer), column("at", Kind::Instant)],
            key: vec!["n".to_owned()],
        }
    }

    #[test]
    fn an_instant_has_six_digits_however_many_were_written() {
        for (from, to) in [
            ("2026-11-24 03:30:26", "2026-11-24T03:30:26.000000"),
            ("2026-11-24 03:30:26.12", "2026-11-24T03:30:26.120000"),
        ] {
            let row = canonical(&table(), &format!("[1, \"{from}\"]")).unwrap();
            assert_eq!(row[1], to);
        }
    }

    #[test]
    fn what_is_not_of_the_type_of_its_column_is_named_and_not_repeated() {
        for (row, expected) in [
            ("[1.5, null]", "the column t.n holds what its type does not"),
            (
                "[1, \"yesterday\"]",
                "the column t.at holds what its type does not",
            ),
        ] {
            assert_eq!(canonical(&table(), row).unwrap_err().to_string(), expected);
        }
    }
}
