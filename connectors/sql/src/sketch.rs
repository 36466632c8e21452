//! Catalogues by hand, for tests: one line per table, `name: column column …`.
//!
//! A column is a text unless it says otherwise (`total:number`), may be null unless it is part of
//! the key (`id*`, a whole number), and may point elsewhere (`person_id->person.id`, with
//! `/cascade` and the like at its end).

use crate::{Catalogue, ForeignKey, LiveColumn, Shape, Table, TableKind, TableName};

pub(crate) fn catalogue(lines: &str) -> Catalogue {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    Catalogue {
        default_schema: "main".to_owned(),
        tables: lines.map(table).collect(),
    }
}

pub(crate) fn name(table: &str) -> TableName {
    let (schema, table) = table.split_once('.').unwrap_or(("main", table));
    TableName::new(schema, table)
}

/// Changes a table of a catalogue that was made before.
pub(crate) fn with(
    mut catalogue: Catalogue,
    table: &str,
    change: impl FnOnce(&mut Table),
) -> Catalogue {
    let name = name(table);
    let found = catalogue.tables.iter_mut().find(|table| table.name == name);
    change(found.expect("the table was drawn"));
    catalogue
}

fn table(line: &str) -> Table {
    let (head, columns) = line.split_once(':').expect("a table has columns");
    let (kind, head) = match head.split_once(' ') {
        Some(("view", name)) => (TableKind::View, name),
        Some(("materialised", name)) => (TableKind::MaterialisedView, name),
        Some((other, _)) => panic!("no kind of table '{other}'"),
        None => (TableKind::Table, head),
    };
    let mut table = Table::new(name(head), kind);
    for word in columns.split_whitespace() {
        column(&mut table, word);
    }
    table
}

fn column(table: &mut Table, word: &str) {
    let (word, target) = match word.split_once("->") {
        Some((word, target)) => (word, Some(target)),
        None => (word, None),
    };
    let (word, shape) = match word.split_once(':') {
        Some((word, shape)) => (word, Some(shape)),
        None => (word, None),
    };
    let (name_of, is_key) = match word.strip_suffix('*') {
        Some(name) => (name, true),
        None => (word, false),
    };
    let shape = match shape {
        Some("int") => Shape::Integer,
        Some("number") => Shape::Number,
        Some("time") => Shape::Time,
        Some("bool") => Shape::Bool,
        Some("text") => Shape::Text,
        Some("json") => Shape::Other,
        Some(other) => panic!("no shape '{other}'"),
        None if is_key || target.is_some() => Shape::Integer,
        None => Shape::Text,
    };
    let declared = match shape {
        Shape::Other => "json",
        Shape::Bool | Shape::Integer | Shape::Number | Shape::Text | Shape::Bytes | Shape::Time => {
            "declared"
        }
    };
    table
        .columns
        .push(LiveColumn::new(name_of, declared, shape, !is_key));
    if is_key {
        table.key.push(name_of.to_owned());
    }
    if let Some(target) = target {
        let (target, action) = target.split_once('/').unwrap_or((target, "no action"));
        let (to, column) = target.rsplit_once('.').expect("a pointer names a column");
        table.foreign_keys.push(ForeignKey {
            on_delete: action.replace('_', " ").parse().expect("an action"),
            ..ForeignKey::new(name(to), vec![(name_of.to_owned(), column.to_owned())])
        });
    }
}
