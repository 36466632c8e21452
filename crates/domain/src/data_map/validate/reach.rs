//! Ownership must begin at a person and may not run in a circle: otherwise a collection would be
//! read or erased for nobody, or for ever.

use std::collections::{BTreeMap, BTreeSet};

use crate::data_map::{DataMap, fault::Faults};

pub(super) fn check(map: &DataMap, faults: &mut Faults) {
    let mut reached: BTreeSet<&str> = map.identities().map(|(name, _, _)| name).collect();
    if reached.is_empty() {
        let message = "no column has an 'identity', so nobody can be found";
        return faults.add("collections", message);
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
            let message = "no person leads to it; add an identity, belongs_to or held_by, or leave \
                           it out";
            faults.add(format!("collections.{name}"), message);
        }
    }
    let circle = circle(map);
    if let Some(first) = circle.first() {
        let message = format!(
            "its ownership runs in a circle ({}); one of these edges is a 'refers_to'",
            circle.join(", ")
        );
        faults.add(format!("collections.{first}"), message);
    }
}

/// The collections that own each other, in the order of the map.
fn circle(map: &DataMap) -> Vec<&str> {
    // Whoever has no owner left is outside; the same from the other end, for what only hangs below.
    let owners: BTreeMap<&str, BTreeSet<&str>> = map
        .collections
        .iter()
        .map(|(name, collection)| {
            let owners = collection.owners().map(|edge| edge.collection.as_str());
            (name.as_str(), owners.collect())
        })
        .collect();
    let mut inside: BTreeSet<&str> = owners.keys().copied().collect();
    loop {
        let is_owned = |name: &str| owners[name].iter().any(|owner| inside.contains(owner));
        let owns = |name: &str| inside.iter().any(|other| owners[other].contains(name));
        let rest: BTreeSet<&str> = inside
            .iter()
            .copied()
            .filter(|name| is_owned(name) && owns(name))
            .collect();
        if rest.len() == inside.len() {
            break;
        }
        inside = rest;
    }
    let names = map.collections.keys().map(String::as_str);
    names.filter(|name| inside.contains(name)).collect()
}
