//! What is said of views: which are mapped as derived, and how the others hang on what is mapped.

use super::{Notes, columns::of_columns};
use crate::{
    TableKind, TableName,
    discover::{
        derived::{self, Derived},
        graph::{Graph, Role},
        map::{self, Names},
    },
    quote,
};

pub(super) fn views(graph: &Graph<'_>, names: &Names, notes: &mut Notes<'_>) {
    let mapped = |table: &&TableName| {
        let mut members = graph.members.iter();
        members.any(|member| graph.tables[member.table].table.name == **table)
    };
    let catalogue = notes.catalogue;
    let mut strange = Vec::new();
    for view in catalogue.tables.iter().filter(|table| table.is_view()) {
        let found = graph.derived.iter().find(|it| it.view.name == view.name);
        if let Some(derived) = found {
            of_derived(graph, names, derived, notes);
            continue;
        }
        let from = derived::sources(catalogue, view);
        let name = notes.name(&view.name);
        if !from.is_empty() && !from.iter().any(mapped) {
            strange.push(&view.name);
            continue;
        }
        let from = match &from[..] {
            [] => "other tables".to_owned(),
            tables => notes.list(tables.iter().copied()),
        };
        notes.add("", match view.kind {
            TableKind::MaterialisedView => format!(
                "The materialised view {name} keeps rows made from {from} and has no column that \
                 leads to a person, so it is not mapped. What it computed from a person's rows \
                 stays in it until it is refreshed: {}.",
                refresh(&view.name, &name)
            ),
            TableKind::View | TableKind::Table | TableKind::Partitioned | TableKind::Foreign => {
                format!(
                    "The view {name} is not mapped, or its rows would be exported twice: it is \
                     derived from {from}."
                )
            }
        });
    }
    if !strange.is_empty() {
        let views = notes.list(strange);
        notes.add("", format!("Views that read no mapped table: {views}."));
    }
}

fn of_derived(graph: &Graph<'_>, names: &Names, derived: &Derived<'_>, notes: &mut Notes<'_>) {
    let view = &derived.view.name;
    let path = format!("collections.{}", map::name_of_view(graph, names, view));
    let (name, from) = (
        notes.name(view),
        derived::sources(notes.catalogue, derived.view),
    );
    let from = notes.list(from);
    notes.add(
        &path,
        format!(
            "derived data: a materialised view that keeps rows made from {from}. An erasure cannot \
         write it, and the read-back finds the person in it until it is refreshed; after every \
         erasure: {}",
            refresh(view, &name)
        ),
    );
    if let Some(owner) = &derived.owner {
        let target = &graph.tables[owner.to].table.name;
        let looked_up = notes.looked_up(owner.share, target, &owner.key);
        let message = format!(
            "a guess: {} of a view is named like the key of {}{looked_up}",
            owner.column,
            notes.name(target)
        );
        notes.add(&format!("{path}.belongs_to"), message);
        if graph.role(owner.to) != Some(Role::Person) {
            let message = format!(
                "when the rows of {} are gone nothing leads here any more: the read-back cannot \
                 see what is left before it is refreshed",
                notes.name(target)
            );
            notes.add(&format!("{path}.belongs_to"), message);
        }
    }
    if derived.key_is_guessed {
        let key = derived.key.join(", ");
        let message = format!(
            "a guess: no unique index says that {key} names one row; rows with the same count as one"
        );
        notes.add(&format!("{path}.key"), message);
    }
    of_columns(
        derived.view,
        derived.meanings.iter(),
        |column| derived.parts.get(column).map_or(&[][..], Vec::as_slice),
        &path,
        notes,
    );
}

/// Names in quotes where PostgreSQL would take them for others.
fn refresh(view: &TableName, shown: &str) -> String {
    let plain = |name: &str| {
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        name.chars().all(known) && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    let named = if plain(&view.schema) && plain(&view.name) {
        shown.to_owned()
    } else {
        format!("{}.{}", quote(&view.schema), quote(&view.name))
    };
    format!("REFRESH MATERIALIZED VIEW {named}")
}
