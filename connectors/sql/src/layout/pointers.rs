//! Who points at a row, whether it says so in the map or only in a foreign key.

use habeas_domain::data_map::{Collection, ColumnTreatment, DataMap, RowTreatment, WhenErased};
use indexmap::IndexMap;

use super::{Owner, Place, Pointing, User, pairs};
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
        users.push(User {
            collections: within(&table),
            table,
            on,
            stays: false,
        });
    }
    users
}

/// Marks the collections whose rows may stay for others' sake, and with them the pointers that may
/// go on pointing when their row belongs to the subject. `order` has owners before what they own.
pub(super) fn what_stays(places: &mut [Place], order: &[usize]) {
    for n in order {
        let by_owner = |owner: &Owner| places[owner.at].is_shared;
        let shared = !places[*n].users.is_empty() || places[*n].owners.iter().any(by_owner);
        places[*n].is_shared = shared;
    }
    for n in 0..places.len() {
        let stays = |user: &User| {
            let mut holders = user.collections.iter().map(|at| &places[*at]);
            holders.any(|holder| holder.is_shared || !lets_go_any(&holder.spec, &user.on))
        };
        let stays: Vec<bool> = places[n].users.iter().map(stays).collect();
        for (user, stays) in places[n].users.iter_mut().zip(stays) {
            user.stays = stays;
        }
    }
}

/// Some user's rows may stay and are searched no sooner than what they use.
pub(super) fn is_used_backwards(places: &[Place], order: &[usize]) -> bool {
    let turn = |n: usize| order.iter().position(|at| *at == n);
    (0..places.len()).any(|n| {
        let users = places[n].users.iter();
        let mut users = users.flat_map(|user| &user.collections);
        users.any(|at| places[*at].is_shared && turn(*at) >= turn(n))
    })
}

/// An erasure removes what these columns point by; one of them is enough.
pub(crate) fn lets_go_any(holder: &Collection, on: &[(String, String)]) -> bool {
    on.iter().any(|(column, _)| lets_go(holder, column))
}

/// An erasure removes this column's value, with its row or without.
pub(super) fn lets_go(holder: &Collection, column: &str) -> bool {
    match holder.erase {
        RowTreatment::Delete => true,
        RowTreatment::Keep | RowTreatment::Derived => false,
        RowTreatment::Columns => holder
            .columns
            .get(column)
            .and_then(|spec| spec.erase.as_ref())
            .is_some_and(ColumnTreatment::replaces),
    }
}

pub(super) fn pointing(
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
    for (from, place) in places.iter().enumerate() {
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
                    declared: Some(from),
                    except: Vec::new(),
                });
            }
        }
    }
    for (table, key) in catalogue.pointing_at(&here.table.name) {
        let Some(except) = declaring(places, n, table, key) else {
            continue;
        };
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
            declared: None,
            except,
        });
    }
    found
}

/// The collections for whose rows the map says what a foreign key onto collection `n` means; `None`
/// when that is every row of the table.
fn declaring(places: &[Place], n: usize, table: &Table, key: &ForeignKey) -> Option<Vec<usize>> {
    let here = &places[n];
    let same = |on: &IndexMap<String, String>| same_pairs(&pairs(on), &key.on);
    let mut users = here.users.iter();
    if users.any(|user| user.table == table.name && same_pairs(&user.on, &key.on)) {
        return None;
    }
    let declares = |place: &Place| {
        let mut edges = place.spec.belongs_to.iter();
        let mut references = place.spec.refers_to.iter();
        // A row that belongs to the subject and stays all the same would hang in the air.
        !place.is_shared && edges.any(|edge| edge.collection == *here.name && same(&edge.on))
            || references.any(|to| to.collection == *here.name && same(&to.on))
    };
    let declaring: Vec<usize> = (0..places.len())
        .filter(|at| places[*at].table.name == table.name && declares(&places[*at]))
        .collect();
    let whole = declaring.iter().any(|at| places[*at].spec.only.is_empty());
    (!whole).then_some(declaring)
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
                    let loose = loose_columns(&place.table, &place.spec.key, &key.on);
                    let (bond, by) = match (loose.is_empty(), key.can_wait()) {
                        (false, _) => (Bond::Loose, loose),
                        (true, true) => (Bond::Late, key.columns()),
                        (true, false) => (Bond::Tight, key.columns()),
                    };
                    links.push(Link { from, to, bond, by });
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
            by: Vec::new(),
        }));
    }
    // Rows that stay wait for nobody.
    links.retain(|link| goes(&places[link.from]) && goes(&places[link.to]));
    links
}

fn turned(on: &IndexMap<String, String>) -> Vec<(String, String)> {
    on.iter().map(|(a, b)| (b.clone(), a.clone())).collect()
}
