//! What the person who edits a proposed map should know: every guess with its reason, and what was
//! left out. Names of tables and columns only.

use habeas_connector::Note;

use super::{
    categories,
    graph::{Graph, Role},
    map::Names,
    sample::Sample,
    words,
};
use crate::{Catalogue, Table, TableKind, TableName};

pub(super) fn of(
    catalogue: &Catalogue,
    graph: &Graph<'_>,
    names: &Names,
    sample: Option<&Sample>,
) -> Vec<Note> {
    let mut notes = Notes {
        default_schema: &catalogue.default_schema,
        notes: Vec::new(),
    };
    let how = match sample {
        Some(_) => "names, types, keys, comments and a look at some rows",
        None => "names, types, keys and comments; no row was read",
    };
    notes.add(
        "",
        format!("Proposed from {how}: read every line before it is used."),
    );
    if let Some(sample) = sample.filter(|sample| !sample.unread.is_empty()) {
        let tables = notes.list(&sample.unread);
        notes.add("", format!("Could not look at rows of {tables}."));
    }
    left_out(catalogue, graph, &mut notes);
    views(catalogue, &mut notes);
    for member in &graph.members {
        let path = format!("collections.{}", names[&member.table]);
        of_collection(graph, member.table, member.role, &path, &mut notes);
    }
    for circle in graph.circles() {
        let tables: Vec<TableName> = circle
            .iter()
            .map(|table| graph.tables[*table].table.name.clone())
            .collect();
        let path = format!("collections.{}", names[&circle[0]]);
        let tables = notes.list(&tables);
        notes.add(
            &path,
            format!(
                "the foreign keys of {tables} run in a circle: an erasure empties one of them first"
            ),
        );
    }
    notes.notes
}

struct Notes<'a> {
    default_schema: &'a str,
    notes: Vec<Note>,
}

impl Notes<'_> {
    fn add(&mut self, path: &str, message: String) {
        self.notes.push(Note {
            path: path.to_owned(),
            message,
        });
    }

    fn name(&self, table: &TableName) -> String {
        if table.schema == self.default_schema {
            table.name.clone()
        } else {
            table.to_string()
        }
    }

    fn list(&self, tables: &[TableName]) -> String {
        let names: Vec<String> = tables.iter().map(|table| self.name(table)).collect();
        names.join(", ")
    }
}

fn left_out(catalogue: &Catalogue, graph: &Graph<'_>, notes: &mut Notes<'_>) {
    let is_in = |table: &Table| {
        let mut members = graph.members.iter();
        members.any(|member| graph.tables[member.table].table.name == table.name)
    };
    let out: Vec<TableName> = catalogue
        .tables
        .iter()
        .filter(|table| !table.is_view() && !is_in(table))
        .filter(|table| {
            table.columns.iter().any(|column| {
                categories::category(&column.name, column.shape)
                    .is_some_and(categories::names_someone)
            })
        })
        .map(|table| table.name.clone())
        .collect();
    if !out.is_empty() {
        let tables = notes.list(&out);
        notes.add("", format!(
            "Left out, though a column looks like the name or contact of a person whom nothing else \
             leads to: {tables}."
        ));
    }
    for (kind, id, table) in catalogue.tables.iter().filter_map(polymorphic) {
        let message = format!(
            "rows of {} belong to several tables, as '{kind}' says: a collection for each, with \
             'where' on it and belongs_to on '{id}'",
            notes.name(&table.name)
        );
        notes.add("", message);
    }
}

/// `owner_type` beside an `owner_id` that no foreign key explains.
fn polymorphic(table: &Table) -> Option<(String, String, &Table)> {
    let has_key = |column: &str| {
        let mut pairs = table.foreign_keys.iter().flat_map(|key| &key.on);
        pairs.any(|(own, _)| own == column)
    };
    table.columns.iter().find_map(|column| {
        let stem = words::split(&column.name);
        let (last, stem) = stem.split_last()?;
        let id = table.columns.iter().find(|other| {
            let words = words::split(&other.name);
            words::is_id(&other.name) && words[..words.len() - 1] == *stem
        })?;
        (last == "type" && !stem.is_empty() && !has_key(&id.name))
            .then(|| (column.name.clone(), id.name.clone(), table))
    })
}

fn views(catalogue: &Catalogue, notes: &mut Notes<'_>) {
    for view in catalogue.tables.iter().filter(|table| table.is_view()) {
        let from = match &view.derives_from[..] {
            [] => "other tables".to_owned(),
            tables => notes.list(tables),
        };
        let name = notes.name(&view.name);
        notes.add(
            "",
            match view.kind {
                TableKind::MaterialisedView => format!(
                    "The materialised view {name} keeps rows made from {from}: they stay until it is \
                     refreshed. Refresh it after an erasure, or map it with 'erase: derived'."
                ),
                TableKind::View | TableKind::Table | TableKind::Partitioned | TableKind::Foreign => {
                    format!("The view {name} is not mapped: its rows are made from {from}.")
                }
            },
        );
    }
}

fn of_collection(graph: &Graph<'_>, at: usize, role: Role, path: &str, notes: &mut Notes<'_>) {
    let entry = &graph.tables[at];
    if let Some(original) = entry.copy_of {
        let original = notes.name(&graph.tables[original].table.name);
        notes.add(
            path,
            format!("a guess: seems to be a copy of {original}, by its name and columns"),
        );
    }
    if entry.key_is_guessed {
        let key = entry.key.join(", ");
        let message = format!("a guess: no key is declared, but {key} is called like one");
        notes.add(&format!("{path}.key"), message);
    }
    for link in graph.links.iter().filter(|link| link.from == at) {
        let target = notes.name(&graph.tables[link.to].table.name);
        let part = if link.owns { "belongs_to" } else { "refers_to" };
        let path = format!("{path}.{part}");
        let columns: Vec<&str> = link.on.iter().map(|(column, _)| column.as_str()).collect();
        let columns = columns.join(", ");
        if link.guessed && (link.owns || !graph.is_held(link.to)) {
            let message = format!(
                "a guess: no foreign key says so, but {columns} is named like the key of {target}"
            );
            notes.add(&path, message);
        }
        if link.to == at {
            let message = format!("{columns} points at this table itself: another person's row");
            notes.add(&path, message);
        } else if !link.owns && !graph.is_held(link.to) && graph.has(link.to) {
            let why = if link.means_somebody_else(&graph.tables) {
                "its name says that it means somebody else"
            } else {
                "the row has a person of its own"
            };
            notes.add(
                &path,
                format!("{columns} is not followed to {target}: {why}"),
            );
        }
    }
    for partition in entry
        .table
        .partitions
        .iter()
        .filter(|partition| !partition.lacks.is_empty())
    {
        let message = format!(
            "the partition {} lacks foreign keys that its siblings declare; its rows are reached all \
             the same",
            notes.name(&partition.name)
        );
        notes.add(&format!("{path}.belongs_to"), message);
    }
    match role {
        Role::Held => {
            for link in graph
                .links
                .iter()
                .filter(|link| link.to == at && link.guessed)
            {
                let user = notes.name(&graph.tables[link.from].table.name);
                let part = if graph.holds(link.from) {
                    "held_by"
                } else {
                    "also_used_by"
                };
                let message =
                    format!("a guess: no foreign key of {user} says so, its column's name does");
                notes.add(&format!("{path}.{part}"), message);
            }
        }
        Role::Person | Role::Owned => {}
    }
    for (column, meaning) in &entry.meanings {
        if let Some(reason) = meaning.reason {
            notes.add(&format!("{path}.columns.{column}"), reason.in_words());
        }
    }
}
