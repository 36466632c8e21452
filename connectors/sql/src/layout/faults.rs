//! What does not fit: names that are not there, and what would fail in the middle of an erasure.

use habeas_connector::Finding;
use habeas_domain::data_map::{DataMap, RowTreatment, WhenErased};

use super::{
    Place, fatal, pairs,
    pointers::{lets_go, loose_columns},
};
use crate::{Catalogue, order::Link};

pub(super) fn missing(map: &DataMap, catalogue: &Catalogue) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, spec) in &map.collections {
        let path = format!("collections.{name}");
        let wanted = catalogue.place(spec.schema.as_deref(), spec.table(name));
        let Some(table) = catalogue.table(&wanted) else {
            let known = catalogue
                .tables
                .iter()
                .map(|table| table.name.name.as_str());
            let hint = alike(&wanted.name, known);
            let message = format!("no table '{}' in '{}'{hint}", wanted.name, wanted.schema);
            findings.push(fatal(path, message));
            continue;
        };
        let known = || table.columns.iter().map(|column| column.name.as_str());
        for column in spec
            .columns
            .keys()
            .filter(|name| table.column(name).is_none())
        {
            let message = format!(
                "no column '{column}' in table '{}'{}",
                wanted.name,
                alike(column, known())
            );
            findings.push(fatal(format!("{path}.columns.{column}"), message));
        }
        let lookback = spec.lookback.iter().map(|it| ("lookback", &it.column));
        let only = spec.only.keys().map(|column| ("where", column));
        let absent = only
            .chain(lookback)
            .filter(|(_, column)| table.column(column).is_none());
        for (part, column) in absent {
            let message = format!(
                "no column '{column}' in table '{}'{}",
                wanted.name,
                alike(column, known())
            );
            findings.push(fatal(format!("{path}.{part}.{column}"), message));
        }
        for pointer in &spec.also_used_by {
            let user = catalogue.place(pointer.schema.as_deref(), &pointer.table);
            let absent = match catalogue.table(&user) {
                None => vec![format!("no table '{}' in '{}'", user.name, user.schema)],
                Some(table) => pointer
                    .on
                    .values()
                    .filter(|column| table.column(column).is_none())
                    .map(|column| format!("no column '{column}' in table '{}'", user.name))
                    .collect(),
            };
            let path = format!("{path}.also_used_by");
            findings.extend(
                absent
                    .into_iter()
                    .map(|message| fatal(path.clone(), message)),
            );
        }
    }
    findings
}

/// Names differ in case only: that is worth saying, and not worth guessing.
fn alike<'a>(wanted: &str, mut known: impl Iterator<Item = &'a str>) -> String {
    match known.find(|name| name.to_lowercase() == wanted.to_lowercase()) {
        Some(name) => format!("; there is '{name}'"),
        None => String::new(),
    }
}

/// Keys of which each wants its own row gone first.
pub(super) fn circle_fault(places: &[Place], circle: &[Link]) -> Finding {
    let keys: Vec<String> = circle
        .iter()
        .map(|link| {
            let (from, to) = (&places[link.from].name, &places[link.to].name);
            format!("'{from}' on '{to}' by {}", link.by.join(", "))
        })
        .collect();
    let message = format!(
        "the foreign keys of {} run in a circle, and none of them can be null or be put off to the \
         end of a transaction; let a column of one be null or, where the store can, make one \
         'on delete no action deferrable'",
        keys.join(", ")
    );
    fatal("collections".to_owned(), message)
}

/// What would make an erasure fail in the middle, found before it begins.
pub(super) fn faults_of(place: &Place, places: &[Place]) -> Vec<Finding> {
    let mut faults = Vec::new();
    for reference in &place.spec.refers_to {
        let columns = loose_columns(&place.table, &place.spec.key, &pairs(&reference.on));
        if reference.when_erased == WhenErased::Detach && columns.is_empty() {
            faults.push(fatal(
                format!("{}.refers_to", place.path()),
                format!(
                    "the pointer to '{}' cannot be null in the store, so it cannot be detached; \
                     use 'when_erased: stop'",
                    reference.collection
                ),
            ));
        }
    }
    for key in &place.table.foreign_keys {
        let stays = place.spec.erase != RowTreatment::Delete
            && key
                .on
                .iter()
                .all(|(column, _)| !lets_go(&place.spec, column));
        let owner_goes = |target: &&Place| {
            target.table.name == key.to
                && target.spec.erase == RowTreatment::Delete
                && place
                    .owners
                    .iter()
                    .any(|owner| *places[owner.at].name == *target.name)
        };
        if let Some(owner) = places.iter().find(owner_goes).filter(|_| stays) {
            faults.push(fatal(
                format!("{}.erase", place.path()),
                format!(
                    "rows stay here and hold a foreign key on '{}', whose rows are deleted; keep \
                     those too, with 'erase: columns'",
                    owner.name
                ),
            ));
        }
    }
    faults
}
