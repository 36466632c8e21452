//! The tables that a map can speak of, each with the columns that name its rows.

use indexmap::IndexMap;

use super::{
    inside::Part,
    meaning::{self, Meaning},
    sample::Sample,
    words,
};
use crate::{Catalogue, LiveColumn, Table};

#[derive(Clone)]
pub(super) struct Entry<'a> {
    pub table: &'a Table,
    /// Columns that name a row.
    pub key: Vec<String>,
    /// No constraint says that they do.
    pub key_is_guessed: bool,
    /// The table whose rows were copied here, as its name and columns suggest.
    pub copy_of: Option<usize>,
    pub meanings: IndexMap<String, Meaning>,
    /// What lies inside a column of JSON values, where somebody looked.
    pub parts: IndexMap<String, Vec<(Part, Meaning)>>,
    /// Only rows with one of these words in this column.
    pub only: Option<Only>,
}

/// Which rows of a table that belongs to several others.
#[derive(Debug, Clone)]
pub(super) struct Only {
    pub column: String,
    pub words: Vec<String>,
    /// The table that the words name.
    pub of: usize,
}

impl Entry<'_> {
    pub fn name(&self) -> &str {
        &self.table.name.name
    }

    pub fn categories(&self) -> impl Iterator<Item = &'static str> {
        let parts = self.parts.values().flatten().map(|(_, meaning)| meaning);
        self.meanings
            .values()
            .chain(parts)
            .filter_map(|meaning| meaning.category)
    }
}

pub(super) fn of<'a>(catalogue: &'a Catalogue, sample: &Sample) -> Vec<Entry<'a>> {
    let tables: Vec<&Table> = catalogue
        .tables
        .iter()
        .filter(|table| !table.is_view() && table.name.name != "habeas_effect")
        .collect();
    let copies: Vec<Option<&Table>> = tables
        .iter()
        .map(|table| original(&tables, table))
        .collect();
    let mut entries: Vec<(Entry<'a>, Option<&Table>)> = Vec::new();
    for (table, copied) in tables.into_iter().zip(copies) {
        let declared = row_key(table);
        let key_is_guessed = declared.is_none();
        let key = declared
            .map(<[String]>::to_vec)
            .or_else(|| copied.and_then(|original| inherited(table, original)))
            .or_else(|| guessed(table));
        if let Some(key) = key {
            let entry = Entry {
                table,
                key,
                key_is_guessed,
                copy_of: None,
                meanings: meaning::of_table(table, sample),
                parts: meaning::of_parts(table, sample),
                only: None,
            };
            entries.push((entry, copied));
        }
    }
    let names: Vec<_> = entries
        .iter()
        .map(|(entry, _)| entry.table.name.clone())
        .collect();
    let place = |table: &Table| names.iter().position(|name| *name == table.name);
    entries
        .into_iter()
        .map(|(entry, copied)| Entry {
            copy_of: copied.and_then(place),
            ..entry
        })
        .collect()
}

/// The primary key, or else the first unique set.
pub(super) fn row_key(table: &Table) -> Option<&[String]> {
    let first = (!table.key.is_empty())
        .then_some(&table.key)
        .or(table.unique.first())?;
    Some(first.as_slice())
}

/// The table that this one is a copy of: named so, without foreign keys, and with nearly all of its
/// columns there.
fn original<'a>(tables: &[&'a Table], table: &Table) -> Option<&'a Table> {
    if !table.foreign_keys.is_empty() {
        return None;
    }
    let shared = |other: &Table| {
        let same = |column: &&LiveColumn| other.column(&column.name).is_some();
        table.columns.iter().filter(same).count()
    };
    tables.iter().copied().find(|other| {
        let shared = shared(other);
        other.name != table.name
            && words::is_called_a_copy_of(&table.name.name, &other.name.name)
            && !words::is_called_a_copy_of(&other.name.name, &table.name.name)
            && shared > 1
            && shared * 10 >= other.columns.len().min(table.columns.len()) * 7
    })
}

fn inherited(table: &Table, original: &Table) -> Option<Vec<String>> {
    let key = row_key(original)?;
    key.iter()
        .all(|column| table.column(column).is_some())
        .then(|| key.to_vec())
}

/// A column that is called like a key.
pub(super) fn guessed(table: &Table) -> Option<Vec<String>> {
    let name = words::of_table(&table.name.name);
    let called = |column: &&LiveColumn| {
        let words = words::split(&column.name);
        let key = words.len() == 1 || words[..words.len() - 1] == name[..];
        key && words::is_id(&column.name)
    };
    let column = table.columns.iter().find(called)?;
    Some(vec![column.name.clone()])
}
