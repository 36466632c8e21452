//! The rules that tie the parts of a data map together. All faults are found in one pass.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::{Collection, ColumnTreatment, DataMap, RowTreatment};

/// Every fault of the map, each with its path inside the file; empty when it is sound.
pub(super) fn faults(map: &DataMap) -> Vec<String> {
    let mut faults = Vec::new();
    if map.habeas != 1 {
        faults.push(format!("habeas: version {} is unknown; use 1", map.habeas));
    }
    if map.collections.is_empty() {
        faults.push("collections: at least one is needed".to_owned());
    }
    for (name, collection) in &map.collections {
        faults.extend(columns(name, collection));
        faults.extend(treatments(name, collection));
        faults.extend(edges(map, name, collection));
    }
    if faults.is_empty() {
        faults.extend(reachability(map));
    }
    faults
}

fn columns(name: &str, collection: &Collection) -> Vec<String> {
    let path = format!("collections.{name}");
    let mut faults = Vec::new();
    if collection.key.is_empty() {
        faults.push(format!("{path}.key: name the columns that identify a row"));
    }
    let unmapped = |column: &&String| !collection.columns.contains_key(*column);
    for column in collection.key.iter().filter(unmapped) {
        faults.push(format!("{path}.key: no column '{column}' in 'columns'"));
    }
    for column in collection.suppress.keys().filter(unmapped) {
        faults.push(format!(
            "{path}.suppress: no column '{column}' in 'columns'"
        ));
    }
    for (column, spec) in &collection.columns {
        if spec.category.is_empty() {
            faults.push(format!("{path}.columns.{column}.category: is empty"));
        }
        if spec.identity.is_some() && spec.withhold {
            faults.push(format!(
                "{path}.columns.{column}: an identity column cannot be withheld"
            ));
        }
    }
    faults
}

fn treatments(name: &str, collection: &Collection) -> Vec<String> {
    let path = format!("collections.{name}");
    let mut faults = Vec::new();
    if collection.erase == RowTreatment::Keep && collection.ground.is_none() {
        faults.push(format!(
            "{path}.ground: 'erase: keep' needs article and reason"
        ));
    }
    for (column, spec) in &collection.columns {
        let path = format!("{path}.columns.{column}");
        match (collection.erase, &spec.erase) {
            (RowTreatment::Columns, None) if spec.is_personal() => {
                faults.push(format!("{path}: say what 'erase' does to it"));
            }
            (RowTreatment::Columns, Some(ColumnTreatment::Keep)) if spec.ground.is_none() => {
                faults.push(format!(
                    "{path}.ground: 'erase: keep' needs article and reason"
                ));
            }
            (RowTreatment::Columns, Some(ColumnTreatment::Null | ColumnTreatment::Fixed(_)))
                if collection.key.contains(column) =>
            {
                faults.push(format!("{path}: a key column cannot be replaced"));
            }
            (RowTreatment::Delete | RowTreatment::Keep, Some(_)) => {
                faults.push(format!("{path}.erase: only with 'erase: columns' above it"));
            }
            (RowTreatment::Delete | RowTreatment::Keep | RowTreatment::Columns, _) => {}
        }
    }
    faults
}

fn edges(map: &DataMap, name: &str, here: &Collection) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |path: String, target: &str, on: &IndexMap<String, String>| {
        if on.is_empty() {
            faults.push(format!("{path}.on: name at least one pair of columns"));
        }
        let Some(there) = map.collections.get(target) else {
            faults.push(format!("{path}: no collection named '{target}'"));
            return;
        };
        for (ours, theirs) in on {
            if !here.columns.contains_key(ours) {
                faults.push(format!("{path}: no column '{ours}' in '{name}'"));
            }
            if !there.columns.contains_key(theirs) {
                faults.push(format!("{path}: no column '{theirs}' in '{target}'"));
            }
        }
    };
    let path = |part: &str| format!("collections.{name}.{part}");
    for edge in &here.belongs_to {
        check(path("belongs_to"), &edge.collection, &edge.on);
    }
    for edge in &here.held_by {
        check(path("held_by"), &edge.collection, &edge.on);
    }
    for reference in &here.refers_to {
        check(path("refers_to"), &reference.collection, &reference.on);
    }
    for pointer in &here.also_used_by {
        for ours in pointer.on.keys() {
            if !here.columns.contains_key(ours) {
                faults.push(format!(
                    "{}: no column '{ours}' in '{name}'",
                    path("also_used_by")
                ));
            }
        }
    }
    faults
}

/// Ownership must begin at a person and may not run in a circle: otherwise a collection would be
/// read or erased for nobody, or for ever.
fn reachability(map: &DataMap) -> Vec<String> {
    let mut faults = Vec::new();
    let mut reached: BTreeSet<&str> = map.identities().map(|(name, _, _)| name).collect();
    if reached.is_empty() {
        return vec!["collections: no column has an 'identity', so nobody can be found".to_owned()];
    }
    loop {
        let before = reached.len();
        for (name, collection) in &map.collections {
            if collection
                .owners()
                .any(|edge| reached.contains(edge.collection.as_str()))
            {
                reached.insert(name);
            }
        }
        if reached.len() == before {
            break;
        }
    }
    for name in map.collections.keys() {
        if !reached.contains(name.as_str()) {
            faults.push(format!(
                "collections.{name}: no person leads to it; add an identity, belongs_to or held_by, \
                 or leave it out"
            ));
        }
    }
    if let Some(name) = circle(map) {
        faults.push(format!(
            "collections.{name}: its ownership runs in a circle"
        ));
    }
    faults
}

fn circle(map: &DataMap) -> Option<&str> {
    let mut waiting: BTreeMap<&str, BTreeSet<&str>> = map
        .collections
        .iter()
        .map(|(name, collection)| {
            let owners = collection.owners().map(|edge| edge.collection.as_str());
            (name.as_str(), owners.collect())
        })
        .collect();
    loop {
        let free: Vec<&str> = waiting
            .iter()
            .filter(|(_, owners)| owners.is_empty())
            .map(|(name, _)| *name)
            .collect();
        if free.is_empty() {
            return waiting.keys().next().copied();
        }
        for name in free {
            waiting.remove(name);
            for owners in waiting.values_mut() {
                owners.remove(name);
            }
        }
    }
}
