//! How rows hang on rows: every edge leads from columns that are mapped to columns that are.

use indexmap::IndexMap;

use super::{columns::missing, did_you_mean, repeated};
use crate::data_map::{Collection, DataMap, WhenErased, fault::Faults};

pub(super) fn check(map: &DataMap, name: &str, here: &Collection, faults: &mut Faults) {
    let path = |part: &str, i: usize| format!("collections.{name}.{part}[{i}]");
    for (part, edges) in [("belongs_to", &here.belongs_to), ("held_by", &here.held_by)] {
        for (i, edge) in edges.iter().enumerate() {
            pairs(
                map,
                &path(part, i),
                here,
                &edge.collection,
                &edge.on,
                faults,
            );
            if edge.collection == name {
                let message = "a row that belongs to another row of its own collection has no end; \
                               a pointer between them is 'refers_to'";
                faults.add(path(part, i), message);
            }
        }
        for (i, edge) in repeated(edges) {
            let message = format!("the same way to '{}' is named twice", edge.collection);
            faults.add(path(part, i), message);
        }
    }
    for (i, reference) in here.refers_to.iter().enumerate() {
        let place = path("refers_to", i);
        pairs(
            map,
            &place,
            here,
            &reference.collection,
            &reference.on,
            faults,
        );
        let in_key = |column: &String| here.key.contains(column);
        let detaches = reference.when_erased == WhenErased::Detach;
        if detaches && !reference.on.is_empty() && reference.on.keys().all(in_key) {
            let message = "a key column cannot be emptied; use 'stop'";
            faults.add(format!("{place}.when_erased"), message);
        }
        let owns = |edge: &&crate::data_map::Edge| {
            edge.collection == reference.collection && edge.on == reference.on
        };
        if here.belongs_to.iter().any(|edge| owns(&edge)) {
            let message = format!(
                "these columns make the row belong to '{}'; it is one or the other",
                reference.collection
            );
            faults.add(place, message);
        }
    }
    for (i, reference) in repeated(&here.refers_to) {
        let message = format!("the same way to '{}' is named twice", reference.collection);
        faults.add(path("refers_to", i), message);
    }
    for (i, pointer) in here.also_used_by.iter().enumerate() {
        let place = path("also_used_by", i);
        ours(&place, here, &pointer.on, faults);
    }
    for (i, pointer) in repeated(&here.also_used_by) {
        let message = format!("the same use by '{}' is named twice", pointer.table);
        faults.add(path("also_used_by", i), message);
    }
}

fn pairs(
    map: &DataMap,
    path: &str,
    here: &Collection,
    target: &str,
    on: &IndexMap<String, String>,
    faults: &mut Faults,
) {
    ours(path, here, on, faults);
    let Some(there) = map.collections.get(target) else {
        let near = did_you_mean(target, map.collections.keys().map(String::as_str));
        let message = format!("no collection named '{target}'{near}");
        faults.add(format!("{path}.collection"), message);
        return;
    };
    for (ours, theirs) in on {
        if !there.columns.contains_key(theirs) {
            let message = format!("'{target}': {}", missing(theirs, there));
            faults.add(format!("{path}.on.{ours}"), message);
        }
    }
}

fn ours(path: &str, here: &Collection, on: &IndexMap<String, String>, faults: &mut Faults) {
    if on.is_empty() {
        faults.add(
            format!("{path}.on"),
            "name at least one pair of columns, here: there",
        );
    }
    for column in on.keys() {
        if !here.columns.contains_key(column) {
            faults.add(format!("{path}.on.{column}"), missing(column, here));
        }
    }
}
