//! Materialised views: rows that were made from others and are kept until somebody makes them anew.
//!
//! Such a view is proposed as derived where a column of it leads to a person. Which column of a view
//! comes from which column of a table no database says, so that is a guess by name, borne out by the
//! values where somebody looked. Plain views keep nothing and are only named, in `notes`.

use indexmap::IndexMap;

use super::{
    categories::Kind,
    contained::{Pointer, Share},
    graph::{Graph, Role},
    inside::Part,
    links,
    meaning::{self, Meaning},
    sample::Sample,
    tables::{self, Entry},
    words,
};
use crate::{Catalogue, Shape, Table, TableKind, TableName};

pub(super) struct Derived<'a> {
    pub view: &'a Table,
    pub key: Vec<String>,
    /// No index says that the key names one row.
    pub key_is_guessed: bool,
    /// Without one, a person is found by the view's own columns.
    pub owner: Option<Owner>,
    pub meanings: IndexMap<String, Meaning>,
    pub parts: IndexMap<String, Vec<(Part, Meaning)>>,
}

#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub column: String,
    /// Place in the list of tables.
    pub to: usize,
    pub key: String,
    pub share: Option<Share>,
    /// How well the name fits; more is better.
    fit: u8,
}

/// The materialised views of a catalogue.
pub(super) fn views(catalogue: &Catalogue) -> impl Iterator<Item = &Table> {
    let kept = |table: &&Table| match table.kind {
        TableKind::MaterialisedView => true,
        TableKind::Table | TableKind::Partitioned | TableKind::View | TableKind::Foreign => false,
    };
    catalogue.tables.iter().filter(kept)
}

/// The views that lead to a member of the graph.
pub(super) fn of<'a>(
    catalogue: &'a Catalogue,
    graph: &Graph<'a>,
    sample: &Sample,
) -> Vec<Derived<'a>> {
    views(catalogue)
        .filter_map(|view| {
            let meanings = meaning::of_table(view, sample);
            let owner = owner(catalogue, graph, sample, view);
            let mut addresses = meanings
                .iter()
                .filter(|(_, meaning)| meaning.identity == Some(Kind::Email));
            let by = match &owner {
                Some(owner) => owner.column.clone(),
                None => addresses.next()?.0.clone(),
            };
            let declared = tables::row_key(view).map(<[String]>::to_vec);
            Some(Derived {
                key_is_guessed: declared.is_none(),
                key: declared
                    .or_else(|| tables::guessed(view))
                    .unwrap_or_else(|| vec![by]),
                parts: meaning::of_parts(view, sample),
                view,
                owner,
                meanings,
            })
        })
        .collect()
}

/// The pointers that the columns of such views may be.
pub(super) fn guesses<'a>(
    catalogue: &'a Catalogue,
    tables: &'a [Entry<'_>],
) -> impl Iterator<Item = (Pointer, Shape)> + use<'a> {
    views(catalogue).flat_map(move |view| {
        candidates(catalogue, tables, view)
            .into_iter()
            .filter_map(move |owner| {
                let shape = view.column(&owner.column)?.shape;
                Some((pointer(tables, view, &owner), shape))
            })
    })
}

/// The tables below a view, however many views lie between.
pub(super) fn sources<'a>(catalogue: &'a Catalogue, view: &'a Table) -> Vec<&'a TableName> {
    let mut sources: Vec<&TableName> = Vec::new();
    let mut next = vec![view];
    let mut seen: Vec<&TableName> = vec![&view.name];
    while let Some(at) = next.pop() {
        for name in &at.derives_from {
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            match catalogue.table(name) {
                Some(table) if table.is_view() => next.push(table),
                Some(_) | None => sources.push(name),
            }
        }
    }
    sources.sort();
    sources
}

fn owner(catalogue: &Catalogue, graph: &Graph<'_>, sample: &Sample, view: &Table) -> Option<Owner> {
    let standing = candidates(catalogue, &graph.tables, view)
        .into_iter()
        .map(|owner| Owner {
            share: sample.share(&pointer(&graph.tables, view, &owner)),
            ..owner
        })
        .filter(|owner| !owner.share.is_some_and(Share::refutes));
    // A person's own key finds a row that has outlived everything else; and those who are served
    // come before those who serve.
    let rank = |owner: &Owner| match graph.role(owner.to)? {
        Role::Person => {
            let serves = words::serves(graph.tables[owner.to].name());
            Some((true, !serves, owner.fit))
        }
        Role::Owned => Some((false, true, owner.fit)),
        Role::Held => None,
    };
    let mut ranked: Vec<_> = standing
        .filter_map(|owner| Some((rank(&owner)?, owner)))
        .collect();
    let best = ranked.iter().map(|(rank, _)| *rank).max()?;
    ranked.retain(|(rank, _)| *rank == best);
    let one = ranked.iter().all(|(_, owner)| owner.to == ranked[0].1.to);
    one.then(|| ranked.swap_remove(0).1)
}

fn candidates(catalogue: &Catalogue, tables: &[Entry<'_>], view: &Table) -> Vec<Owner> {
    let sources = sources(catalogue, view);
    let columns_named = |name: &str| {
        let tables = sources.iter().filter_map(|source| catalogue.table(source));
        tables.filter(|table| table.column(name).is_some()).count()
    };
    let mut found = Vec::new();
    for column in &view.columns {
        for (to, entry) in tables.iter().enumerate() {
            let [key] = &entry.key[..] else { continue };
            let same = entry
                .table
                .column(key)
                .is_some_and(|key| key.shape == column.shape);
            let below = sources.contains(&&entry.table.name) && entry.copy_of.is_none();
            if !same || !below || links::means_somebody_else(&column.name, entry.name(), key) {
                continue;
            }
            let by_name = links::fit(&column.name, column.shape, entry.name(), key);
            // Plain `id`, which only one of the tables below has.
            let alone = || (column.name == *key && columns_named(key) == 1).then_some(1);
            if let Some(fit) = by_name.or_else(alone) {
                found.push(Owner {
                    column: column.name.clone(),
                    to,
                    key: key.clone(),
                    share: None,
                    fit,
                });
            }
        }
    }
    found
}

fn pointer(tables: &[Entry<'_>], view: &Table, owner: &Owner) -> Pointer {
    Pointer {
        from: view.name.clone(),
        column: owner.column.clone(),
        to: tables[owner.to].table.name.clone(),
        key: owner.key.clone(),
        only: None,
    }
}
