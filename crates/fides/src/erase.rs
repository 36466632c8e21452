//! What becomes of the rows of a collection and, where they stay, of each column.

use std::collections::BTreeSet;

use habeas_domain::data_map::{Collection as Mapped, Column, RowTreatment, category};
use indexmap::IndexMap;

use crate::{format::Collection, report::Notes, treat};

/// What becomes of the rows that Fides would only have masked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rows {
    /// They stay, each personal value is treated: no more than Fides did.
    #[default]
    Stay,
    /// They go, where they say anything about a person.
    Delete,
}

/// The one strategy that Fides has for whole rows.
pub(crate) fn deletes(collection: &Collection) -> bool {
    let masking = collection
        .meta()
        .and_then(|it| it.masking_strategy_override.as_ref());
    masking.is_some_and(|it| it.strategy == "delete")
}

/// Some column or part of one is about a person.
pub(crate) fn is_personal(columns: &IndexMap<String, Column>) -> bool {
    columns.values().any(|column| {
        let parts = column.fields.values().map(|field| field.category.as_str());
        let mut all = parts.chain([column.category.as_str()]);
        all.any(|name| category::is_within(name, "user"))
    })
}

/// The treatments of a collection; those of JSON parts stand in its columns already.
pub(crate) fn collection(
    path: &str,
    collection: &Collection,
    rows: Rows,
    mapped: &mut Mapped,
    notes: &mut Notes,
) {
    let name = &collection.name;
    let masking = collection
        .meta()
        .and_then(|it| it.masking_strategy_override.as_ref());
    if let Some(other) = masking.filter(|_| !deletes(collection)) {
        let message = format!(
            "the collection's strategy '{}' is not known",
            other.strategy
        );
        notes.decide(path, name, message);
    }
    let personal = is_personal(&mapped.columns);
    if deletes(collection) {
        return gone(path, collection, notes);
    }
    if rows == Rows::Delete && personal {
        notes.decide(path, name, "Fides masks its rows, and here they go");
        return gone(path, collection, notes);
    }
    mapped.erase = RowTreatment::Columns;
    if personal {
        let message = "Fides masks its rows and so they stay here too; say 'erase: delete' and drop \
                       the treatments, if they may go";
        notes.decide(path, name, message);
    }
    columns(path, collection, mapped, notes);
}

fn columns(path: &str, collection: &Collection, mapped: &mut Mapped, notes: &mut Notes) {
    let owners = mapped.belongs_to.iter().map(|edge| &edge.on);
    let others = mapped.refers_to.iter().map(|reference| &reference.on);
    let pointers: BTreeSet<String> = owners
        .chain(others)
        .flat_map(|on| on.keys().cloned())
        .collect();
    for (i, field) in collection.fields.iter().enumerate() {
        let is_key = mapped.key.contains(&field.name);
        let masked = field
            .meta()
            .is_some_and(|it| it.masking_strategy_override.is_some());
        let Some(column) = mapped.columns.get_mut(&field.name) else {
            continue;
        };
        if column.fields.is_empty() && (column.is_personal() || (masked && !is_key)) {
            let treated = treat::value(field, is_key, pointers.contains(&field.name));
            column.erase = treated.treatment;
            if let Some(decision) = treated.decision {
                let about = format!("{}.{}", collection.name, field.name);
                notes.decide(&format!("{path}.fields[{i}]"), &about, decision);
            }
        }
    }
}

/// What a field says about masking means nothing when its row goes.
fn gone(path: &str, collection: &Collection, notes: &mut Notes) {
    for (i, field) in collection.fields.iter().enumerate() {
        let Some(meta) = field.meta() else { continue };
        let here = format!("{path}.fields[{i}]");
        let about = format!("{}.{}", collection.name, field.name);
        let masking = meta.masking_strategy_override.as_ref();
        if meta.read_only == Some(true) || masking.is_some_and(|it| it.strategy == "preserve") {
            notes.decide(
                &here,
                &about,
                "Fides leaves it as it is, and here it goes with its row",
            );
        } else if masking.is_some() {
            notes.tell(&here, &about, "its masking is not needed: the row goes");
        }
    }
}
