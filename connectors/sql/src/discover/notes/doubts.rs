//! Questions: pointers that names suggest and nobody follows, and rows that belong to several tables.

use super::Notes;
use crate::{
    TableName,
    discover::{
        graph::Graph,
        kinds,
        links::Doubt,
        map::{self, Names},
    },
};

/// Tables whose rows belong to several others, as far as no collection was made for each.
pub(super) fn several_owners(graph: &Graph<'_>, notes: &mut Notes<'_>) {
    for table in &notes.catalogue.tables {
        let Some(pair) = kinds::pair(table) else {
            continue;
        };
        let parts = graph
            .tables
            .iter()
            .filter(|entry| entry.table.name == table.name);
        let divided = parts.filter(|entry| entry.only.is_some()).count();
        let kinds = notes.sample.and_then(|sample| sample.kinds(&table.name));
        let all = kinds.map_or(0, |kinds| kinds.named.len() + kinds.others);
        let name = notes.name(&table.name);
        let (kind, id) = (pair.kind, pair.id);
        if divided == 0 {
            let named: Vec<&TableName> = kinds
                .map_or(&[][..], |kinds| &kinds.named)
                .iter()
                .map(|(table, _)| table)
                .collect();
            let of = match &named[..] {
                [] => String::new(),
                tables => format!(" (there it names {})", notes.list(tables.iter().copied())),
            };
            notes.add("", format!(
                "rows of {name} belong to several tables, as '{kind}' says{of}: a collection for \
                 each, with 'where' on it and belongs_to on '{id}'"
            ));
        } else if divided < all {
            let lead = if divided == 1 { "leads" } else { "lead" };
            notes.add("", format!(
                "rows of {name} belong to several tables, as '{kind}' says: of {all} words there \
                 {divided} {lead} to a person; rows with the others are not mapped"
            ));
        }
    }
}

/// Pointers that names suggest, and why they are not followed.
pub(super) fn doubts(graph: &Graph<'_>, names: &Names, notes: &mut Notes<'_>) {
    let ignored: Vec<usize> = map::ignored(graph).collect();
    // What leads to nobody is no concern of the map.
    let about = |doubt: &&Doubt| doubt.targets.iter().any(|(to, ..)| graph.has(*to));
    for doubt in graph.doubts.iter().filter(about) {
        let from = notes.name(&graph.tables[doubt.from].table.name);
        let of = |to: &usize| &graph.tables[*to].table.name;
        let targets = notes.list(doubt.targets.iter().map(|(to, ..)| of(to)));
        let shares = doubt.targets.iter().filter_map(|(to, key, share)| {
            Some(share.as_ref()?.in_words(&notes.name(of(to)), key))
        });
        let shares: Vec<String> = shares.collect();
        let column = &doubt.column;
        let message = if doubt.is_refuted() {
            format!(
                "{from}.{column} is named like the key of {targets}, but only {}: not followed; \
                 does it mean something else?",
                shares.join(", ")
            )
        } else {
            let shares = match &shares[..] {
                [] => String::new(),
                shares => format!(" ({})", shares.join(", ")),
            };
            format!(
                "{from}.{column} is named like the key of each of {targets}{shares}: followed to \
                 none; which one does it mean?"
            )
        };
        let path = match names.get(&doubt.from) {
            Some(name) => format!("collections.{name}.columns.{column}"),
            None if ignored.contains(&doubt.from) => "ignore_tables".to_owned(),
            None => String::new(),
        };
        notes.add(&path, message);
    }
}
