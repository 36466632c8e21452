//! Who points at a row, whether it says so in the map or only in a foreign key.

use habeas_domain::data_map::{Collection, ColumnTreatment, DataMap, RowTreatment, WhenErased};
use indexmap::IndexMap;

use super::{Place, Pointing, User, pairs};
use crate::{
    Catalogue, ForeignKey, Table, TableName,
    order::{Bond, Link},
};

pub(super) fn users(
    map: &DataMap,
    catalogue: &Catalogue,
    spec: &Collection,
    within: &dyn Fn(&TableName) -> Vec<usize>,
    at: &dyn Fn(&str) -> usize,
) -> Vec<User> {
    let named = spec.also_used_by.iter().map(|pointer| {
        let table = catalogue.place(pointer.schema.as_deref(), &pointer.table);
        (table, turned(&pointer.on))
    });
    let holders = spec.held_by.iter().map(|edge| {
        let (name, holder) = map
            .collections
            .get_index(at(&edge.collection))
            .expect("an index of this map");
        let table = catalogue.place(holder.schema.as_deref(), holder.table(name));
        (table, turned(&edge.on))
    });
    let mut users: Vec<User> = Vec::new();
    for (table, on) in holders.chain(named) {
        if users
            .iter()
            .any(|user| user.table == table && user.on == on)
        {
            continue;
        }
        let collections = within(&table);
        let stays = collections.iter().any(|n| {
            let holder = &map.collections[*n];
            on.iter().any(|(column, _)| !lets_go(holder, column))
        });
        users.push(User {
            table,
            collections,
            on,
            stays,
        });
    }
    users
}

/// An erasure removes this column's value, with its row or without.
pub(super) fn lets_go(holder: &Collection, column: &str) -> bool {
    match holder.erase {
        RowTreatment::Delete => true,
        RowTreatment::Keep => false,
        RowTreatment::Columns => holder.columns.get(column).is_some_and(|spec| {
            matches!(
                spec.erase,
                Some(ColumnTreatment::Null | ColumnTreatment::Fixed(_))
            )
        }),
    }
}

pub(super) fn pointing(
    map: &DataMap,
    catalogue: &Catalogue,
    places: &[Place],
    n: usize,
    within: &dyn Fn(&TableName) -> Vec<usize>,
) -> Vec<Pointing> {
    let here = &places[n];
    if here.spec.erase != RowTreatment::Delete {
        return Vec::new();
    }
    let mut found: Vec<Pointing> = Vec::new();
    for place in places {
        for reference in &place.spec.refers_to {
            if reference.collection == *here.name {
                let on = pairs(&reference.on);
                found.push(Pointing {
                    table: place.table.name.clone(),
                    name: place.name.to_string(),
                    collections: within(&place.table.name),
                    detach: loose_columns(&place.table, &place.spec.key, &on),
                    on,
                    when_erased: reference.when_erased,
                    declared: true,
                });
            }
        }
    }
    for (table, key) in catalogue.pointing_at(&here.table.name) {
        if !is_declared(map, places, n, table, key) {
            let collections = within(&table.name);
            found.push(Pointing {
                table: table.name.clone(),
                name: match collections.first() {
                    Some(first) => places[*first].name.to_string(),
                    None => table.name.name.clone(),
                },
                collections,
                on: key.on.clone(),
                // Nobody said what to do, and a cascade would do something in silence.
                when_erased: WhenErased::Stop,
                detach: Vec::new(),
                declared: false,
            });
        }
    }
    found
}

/// The map already says what a foreign key onto a collection means.
fn is_declared(map: &DataMap, places: &[Place], n: usize, table: &Table, key: &ForeignKey) -> bool {
    let here = &places[n];
    let same = |on: &IndexMap<String, String>| same_pairs(&pairs(on), &key.on);
    let by_its_own = places.iter().any(|place| {
        place.table.name == table.name
            && (place
                .spec
                .belongs_to
                .iter()
                .any(|edge| same(&edge.on) && is_at(map, places, &edge.collection, here))
                || place
                    .spec
                    .refers_to
                    .iter()
                    .any(|to| same(&to.on) && is_at(map, places, &to.collection, here)))
    });
    let as_user = here
        .users
        .iter()
        .any(|user| user.table == table.name && same_pairs(&user.on, &key.on));
    by_its_own || as_user
}

fn is_at(map: &DataMap, places: &[Place], collection: &str, here: &Place) -> bool {
    map.collections
        .get_index_of(collection)
        .is_some_and(|at| places[at].table.name == here.table.name)
}

fn same_pairs(a: &[(String, String)], b: &[(String, String)]) -> bool {
    a.len() == b.len() && a.iter().all(|pair| b.contains(pair))
}

/// Columns of a pointer that may be emptied: nullable, and no part of the row's own key.
pub(super) fn loose_columns(table: &Table, key: &[String], on: &[(String, String)]) -> Vec<String> {
    on.iter()
        .map(|(column, _)| column)
        .filter(|column| !key.contains(column))
        .filter(|column| table.column(column).is_some_and(|live| live.nullable))
        .cloned()
        .collect()
}

pub(super) fn links(places: &[Place]) -> Vec<Link> {
    let goes = |place: &Place| place.spec.erase == RowTreatment::Delete;
    let mut links = Vec::new();
    for (from, place) in places.iter().enumerate().filter(|(_, place)| goes(place)) {
        for (to, target) in places.iter().enumerate().filter(|(_, place)| goes(place)) {
            for key in &place.table.foreign_keys {
                if key.to == target.table.name {
                    let columns = loose_columns(&place.table, &place.spec.key, &key.on);
                    let bond = if columns.is_empty() {
                        Bond::Tight
                    } else {
                        Bond::Loose(columns)
                    };
                    links.push(Link { from, to, bond });
                }
            }
        }
        let at = |name: &str| places.iter().position(|place| *place.name == *name);
        let belongs = place.spec.belongs_to.iter();
        let held = place.spec.held_by.iter();
        let soft = belongs
            .filter_map(|edge| Some((from, at(&edge.collection)?)))
            .chain(held.filter_map(|edge| Some((at(&edge.collection)?, from))));
        links.extend(soft.map(|(from, to)| Link {
            from,
            to,
            bond: Bond::Soft,
        }));
    }
    // Rows that stay wait for nobody.
    links.retain(|link| goes(&places[link.from]) && goes(&places[link.to]));
    links
}

fn turned(on: &IndexMap<String, String>) -> Vec<(String, String)> {
    on.iter().map(|(a, b)| (b.clone(), a.clone())).collect()
}
