//! What the person who edits a proposed map should know: every guess with its reason, and what was
//! left out. Names of tables and columns only.

mod columns;
mod doubts;
mod views;

use habeas_connector::Note;

use super::{
    categories,
    contained::Share,
    graph::{Graph, Role},
    links::Link,
    map::{self, Names},
    sample::Sample,
};
use crate::{Catalogue, LiveColumn, Table, TableName};
use columns::of_columns;
use doubts::{doubts, several_owners};
use views::views;

pub(super) fn of(
    catalogue: &Catalogue,
    graph: &Graph<'_>,
    names: &Names,
    sample: Option<&Sample>,
) -> Vec<Note> {
    let mut notes = Notes {
        catalogue,
        sample,
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
        notes.add(
            "",
            format!(
                "Could not look at rows of {tables}: not allowed, too slow, or never refreshed."
            ),
        );
    }
    left_out(graph, &mut notes);
    several_owners(graph, &mut notes);
    doubts(graph, names, &mut notes);
    views(graph, names, &mut notes);
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
    catalogue: &'a Catalogue,
    /// Without one nobody looked.
    sample: Option<&'a Sample>,
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
        map::shown(self.catalogue, table)
    }

    fn list<'n>(&self, tables: impl IntoIterator<Item = &'n TableName>) -> String {
        let names: Vec<String> = tables.into_iter().map(|table| self.name(table)).collect();
        names.join(", ")
    }

    /// `: 197 of 200 sampled values exist in customers.id`, where somebody looked.
    fn looked_up(&self, share: Option<Share>, table: &TableName, key: &str) -> String {
        match share {
            Some(share) => format!(": {}", share.in_words(&self.name(table), key)),
            None if self.sample.is_some() => ": its values could not be looked up".to_owned(),
            None => String::new(),
        }
    }
}

fn left_out(graph: &Graph<'_>, notes: &mut Notes<'_>) {
    let is_in = |table: &Table| {
        let mut members = graph.members.iter();
        members.any(|member| graph.tables[member.table].table.name == table.name)
    };
    let inside = |table: &Table| {
        let entry = graph
            .tables
            .iter()
            .find(|entry| entry.table.name == table.name);
        entry.is_some_and(|entry| entry.categories().any(categories::names_someone))
    };
    let out: Vec<&TableName> = notes
        .catalogue
        .tables
        .iter()
        .filter(|table| !table.is_view() && !is_in(table))
        .filter(|table| {
            let by_name = |column: &LiveColumn| {
                categories::category(&column.name, column.shape)
                    .is_some_and(categories::names_someone)
            };
            table.columns.iter().any(by_name) || inside(table)
        })
        .map(|table| &table.name)
        .collect();
    if !out.is_empty() {
        let tables = notes.list(out);
        notes.add(
            "",
            format!(
                "Left out, though something in it looks like the name or contact of a person whom \
             nothing else leads to: {tables}."
            ),
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
            notes.add(&path, guess(graph, link, notes));
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
                let target = &graph.tables[at].table.name;
                let key = &link.on[0].1;
                let looked_up = notes.looked_up(link.share, target, key);
                let message = format!(
                    "a guess: no foreign key of {user} says so, its column's name does{looked_up}"
                );
                notes.add(&format!("{path}.{part}"), message);
            }
        }
        Role::Person | Role::Owned => {}
    }
    of_columns(
        entry.table,
        entry.meanings.iter(),
        |column| entry.parts.get(column).map_or(&[][..], Vec::as_slice),
        path,
        notes,
    );
}

/// Why a pointer without a foreign key is proposed.
fn guess(graph: &Graph<'_>, link: &Link, notes: &Notes<'_>) -> String {
    let target = &graph.tables[link.to].table.name;
    let columns: Vec<&str> = link.on.iter().map(|(column, _)| column.as_str()).collect();
    let keys: Vec<&str> = link.on.iter().map(|(_, key)| key.as_str()).collect();
    let looked_up = notes.looked_up(link.share, target, &keys.join(", "));
    let name = notes.name(target);
    let columns = columns.join(", ");
    match &graph.tables[link.from].only {
        Some(only) if link.owns => format!(
            "a guess: no foreign key says so, but '{}' of such rows names {name}{looked_up}",
            only.column
        ),
        Some(_) | None => format!(
            "a guess: no foreign key says so, but {columns} is named like the key of \
             {name}{looked_up}"
        ),
    }
}
