//! A look at a few rows of each table, to tell what its texts hold.
//!
//! Values are read inside this process, judged and dropped: what is kept is a kind per column. Only
//! reads, in the session's read-only mode, with a limit of rows, of characters and of time; a table
//! that cannot be read is left out and named.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use habeas_connector::{StoreError, Value};

use super::likeness::{Impression, impression};
use crate::{Catalogue, Dialect, LiveColumn, Session, Shape, Table, TableKind, TableName, quote};

const ROWS: usize = 100;
const CHARACTERS: usize = 100;
/// For one table.
pub(super) const STATEMENT: Duration = Duration::from_secs(5);
/// For all of them.
const WHOLE: Duration = Duration::from_secs(60);

/// What was learnt, by table and column. Empty when nobody looked.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    columns: HashMap<TableName, HashMap<String, Impression>>,
    /// Tables that could not be read, or not in time.
    pub unread: Vec<TableName>,
}

impl Sample {
    pub fn of(&self, table: &TableName, column: &str) -> Impression {
        let found = self.columns.get(table).and_then(|table| table.get(column));
        found.copied().unwrap_or_default()
    }

    #[cfg(test)]
    pub fn with(mut self, table: &TableName, column: &str, values: &[&str]) -> Self {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let columns = self.columns.entry(table.clone()).or_default();
        columns.insert(column.to_owned(), impression(&values));
        self
    }
}

pub(super) fn take(session: &mut impl Session, catalogue: &Catalogue) -> Sample {
    let end = Instant::now() + WHOLE;
    let mut sample = Sample::default();
    for table in &catalogue.tables {
        let columns: Vec<&LiveColumn> = table.columns.iter().filter(is_candidate).collect();
        if columns.is_empty() || !is_read(table) {
            continue;
        }
        let looked = if Instant::now() < end {
            look(session, table, &columns).ok()
        } else {
            None
        };
        match looked {
            Some(impressions) => {
                sample.columns.insert(table.name.clone(), impressions);
            }
            None => sample.unread.push(table.name.clone()),
        }
    }
    sample
}

/// A view may cost as much as one likes, and another server is not ours to read.
fn is_read(table: &Table) -> bool {
    match table.kind {
        TableKind::Table | TableKind::Partitioned | TableKind::MaterialisedView => true,
        TableKind::View | TableKind::Foreign => false,
    }
}

/// Texts, and dates, which have no shape of their own everywhere.
fn is_candidate(column: &&LiveColumn) -> bool {
    match column.shape {
        Shape::Text | Shape::Time => true,
        Shape::Other => ["date", "inet", "cidr"].contains(&column.declared.to_lowercase().as_str()),
        Shape::Bool | Shape::Integer | Shape::Number | Shape::Bytes => false,
    }
}

fn look(
    session: &mut impl Session,
    table: &Table,
    columns: &[&LiveColumn],
) -> Result<HashMap<String, Impression>, StoreError> {
    let sql = query(session.dialect(), table, columns);
    let mut values: Vec<Vec<String>> = vec![Vec::new(); columns.len()];
    session.begin()?;
    let read = session.rows(&sql, &[], &mut |row| {
        for (seen, value) in values.iter_mut().zip(row) {
            if let Value::Text(text) = value {
                seen.push(text);
            }
        }
        Ok(())
    });
    // Nothing was written; this also ends a transaction in which the query failed.
    session.rollback();
    read?;
    let impressions = columns.iter().zip(&values);
    Ok(impressions
        .map(|(column, values)| (column.name.clone(), impression(values)))
        .collect())
}

fn query(dialect: &dyn Dialect, table: &Table, columns: &[&LiveColumn]) -> String {
    let picked: Vec<String> = columns
        .iter()
        .map(|column| {
            let text = as_text(dialect, column);
            format!("substr({text}, 1, {CHARACTERS})")
        })
        .collect();
    format!(
        "select {} from {}.{} limit {ROWS}",
        picked.join(", "),
        quote(&table.name.schema),
        quote(&table.name.name)
    )
}

fn as_text(dialect: &dyn Dialect, column: &LiveColumn) -> String {
    dialect.text(&quote(&column.name))
}
