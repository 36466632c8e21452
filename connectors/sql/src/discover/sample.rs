//! A look at a few rows, to tell what columns hold and whether a guessed pointer holds.
//!
//! Values are read inside this process, judged and dropped: what is kept is a kind per column, names
//! of fields, words that name a table, and counts. Only reads, in the session's read-only mode, with
//! a limit of rows, of characters and of time; a table that cannot be read is left out and named.

use std::collections::HashMap;

use habeas_connector::Value;

use super::{
    contained::{self, Pointer, Share},
    derived,
    inside::{self, Inside},
    kinds::{self, Kinds},
    likeness::{Impression, impression},
    links,
    reader::{Reader, from},
    tables,
};
use crate::{Catalogue, LiveColumn, Session, Shape, Table, TableKind, TableName, quote};

const ROWS: usize = 100;
const CHARACTERS: usize = 100;

/// What was learnt, by table and column. Empty when nobody looked.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    columns: HashMap<TableName, HashMap<String, Impression>>,
    insides: HashMap<TableName, HashMap<String, Inside>>,
    kinds: HashMap<TableName, Kinds>,
    shares: HashMap<Pointer, Share>,
    /// Tables that could not be read, or not in time.
    pub unread: Vec<TableName>,
}

impl Sample {
    pub fn of(&self, table: &TableName, column: &str) -> Impression {
        let found = self.columns.get(table).and_then(|table| table.get(column));
        found.copied().unwrap_or_default()
    }

    pub fn inside(&self, table: &TableName, column: &str) -> Option<&Inside> {
        self.insides.get(table)?.get(column)
    }

    pub fn kinds(&self, table: &TableName) -> Option<&Kinds> {
        self.kinds.get(table)
    }

    pub fn share(&self, pointer: &Pointer) -> Option<Share> {
        self.shares.get(pointer).copied()
    }

    pub fn add(&mut self, table: &TableName, column: &str, impression: Impression) {
        let columns = self.columns.entry(table.clone()).or_default();
        columns.insert(column.to_owned(), impression);
    }

    #[cfg(test)]
    pub fn with(mut self, table: &TableName, column: &str, values: &[&str]) -> Self {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        self.add(table, column, impression(&values));
        self
    }

    #[cfg(test)]
    pub fn with_inside(mut self, table: &TableName, column: &str, values: &[&str]) -> Self {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let inside = inside::of(&values, true).expect("the column is declared as JSON");
        let columns = self.insides.entry(table.clone()).or_default();
        columns.insert(column.to_owned(), inside);
        self
    }

    #[cfg(test)]
    pub fn with_kinds(mut self, table: &TableName, kinds: Kinds) -> Self {
        self.kinds.insert(table.clone(), kinds);
        self
    }

    #[cfg(test)]
    pub fn with_share(mut self, pointer: Pointer, found: u64, sampled: u64) -> Self {
        let share = Share {
            sampled,
            found,
            target_is_empty: false,
        };
        self.shares.insert(pointer, share);
        self
    }
}

pub(super) fn take(session: &mut impl Session, catalogue: &Catalogue) -> Sample {
    let mut reader = Reader::new(session);
    let mut sample = Sample::default();
    for table in catalogue.tables.iter().filter(|table| is_read(table)) {
        if look(&mut reader, table, &mut sample).is_none() {
            sample.unread.push(table.name.clone());
        }
    }
    let entries = tables::of(catalogue, &sample);
    for entry in &entries {
        if let Some(pair) = kinds::pair(entry.table)
            && let Some(kinds) = kinds::read(&mut reader, &entries, entry.table, &pair)
        {
            sample.kinds.insert(entry.table.name.clone(), kinds);
        }
    }
    let guesses = links::guesses(&entries)
        .chain(links::by_kind(&entries, &sample))
        .chain(derived::guesses(catalogue, &entries));
    let guesses: Vec<(Pointer, Shape)> = guesses.collect();
    for (pointer, shape) in guesses {
        if let Some(share) = contained::count(&mut reader, &pointer, shape) {
            sample.shares.insert(pointer, share);
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

fn look<S: Session>(reader: &mut Reader<'_, S>, table: &Table, sample: &mut Sample) -> Option<()> {
    let columns: Vec<&LiveColumn> = table.columns.iter().filter(is_candidate).collect();
    let values = texts(reader, table, &columns)?;
    for (column, values) in columns.iter().zip(&values) {
        sample.add(&table.name, &column.name, impression(values));
    }
    let text_like_json = |column: &LiveColumn| {
        let mut texts = columns.iter().zip(&values);
        texts.any(|(other, values)| other.name == column.name && inside::may_be(values))
    };
    for column in &table.columns {
        let declared = inside::is_declared(table, column);
        if !declared && !text_like_json(column) {
            continue;
        }
        let values = json(reader, table, column)?;
        if let Some(inside) = inside::of(&values, declared) {
            let columns = sample.insides.entry(table.name.clone()).or_default();
            columns.insert(column.name.clone(), inside);
        }
    }
    Some(())
}

/// Texts, and dates, which have no shape of their own everywhere.
fn is_candidate(column: &&LiveColumn) -> bool {
    match column.shape {
        Shape::Text | Shape::Time => true,
        Shape::Other => ["date", "inet", "cidr"].contains(&column.declared.to_lowercase().as_str()),
        Shape::Bool | Shape::Integer | Shape::Number | Shape::Bytes => false,
    }
}

/// The beginnings of what stands in these columns, by column.
fn texts<S: Session>(
    reader: &mut Reader<'_, S>,
    table: &Table,
    columns: &[&LiveColumn],
) -> Option<Vec<Vec<String>>> {
    let mut values: Vec<Vec<String>> = vec![Vec::new(); columns.len()];
    if columns.is_empty() {
        return Some(values);
    }
    let picked: Vec<String> = columns
        .iter()
        .map(|column| {
            let text = reader.dialect().text(&quote(&column.name));
            format!("substr({text}, 1, {CHARACTERS})")
        })
        .collect();
    let sql = format!(
        "select {} from {} limit {ROWS}",
        picked.join(", "),
        from(&table.name)
    );
    for row in reader.ask(&sql, &[])? {
        for (seen, value) in values.iter_mut().zip(row) {
            seen.extend(text(value));
        }
    }
    Some(values)
}

fn json<S: Session>(
    reader: &mut Reader<'_, S>,
    table: &Table,
    column: &LiveColumn,
) -> Option<Vec<String>> {
    let name = quote(&column.name);
    let sql = format!(
        "select substr({}, 1, {}) from {} where {name} is not null limit {}",
        reader.dialect().text(&name),
        inside::CHARACTERS,
        from(&table.name),
        inside::VALUES,
    );
    let rows = reader.ask(&sql, &[])?;
    Some(rows.into_iter().flatten().filter_map(text).collect())
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Number(_)
        | Value::Bytes(_)
        | Value::Withheld => None,
    }
}
