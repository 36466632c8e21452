//! From the graph to the proposed map.

use habeas_domain::{
    IdentifierKind, StoreId,
    data_map::{Collection, Column, Compare, DataMap, Edge, Identity, Pointer, Reference},
};
use indexmap::IndexMap;

use super::{
    categories::{self, Kind},
    graph::{Graph, Role},
    links::Link,
    tables::Entry,
    words,
};
use crate::{Catalogue, LiveColumn};

/// Names of the collections, by table.
pub(super) type Names = IndexMap<usize, String>;

pub(super) fn of(
    catalogue: &Catalogue,
    graph: &Graph<'_>,
    names: &Names,
    store: StoreId,
) -> DataMap {
    let collections = graph.members.iter().map(|member| {
        let collection = collection(catalogue, graph, names, &store, member.table, member.role);
        (names[&member.table].clone(), collection)
    });
    DataMap {
        habeas: 1,
        title: words::title(store.as_str()),
        description: String::new(),
        withhold: Vec::new(),
        ignore_tables: Vec::new(),
        collections: collections.collect(),
        store,
    }
}

/// A collection is named like its table, with the schema where two tables share a name.
pub(super) fn names(graph: &Graph<'_>) -> Names {
    let name = |table: usize| &graph.tables[table].table.name;
    let members = || graph.members.iter().map(|member| member.table);
    members()
        .map(|table| {
            let twice = members()
                .filter(|other| name(*other).name == name(table).name)
                .count()
                > 1;
            let full = format!("{}.{}", name(table).schema, name(table).name);
            (
                table,
                if twice {
                    full
                } else {
                    name(table).name.clone()
                },
            )
        })
        .collect()
}

fn collection(
    catalogue: &Catalogue,
    graph: &Graph<'_>,
    names: &Names,
    store: &StoreId,
    at: usize,
    role: Role,
) -> Collection {
    let entry = &graph.tables[at];
    let table = &entry.table.name;
    let on = |pairs: &[(String, String)]| pairs.iter().cloned().collect();
    let turned =
        |pairs: &[(String, String)]| pairs.iter().map(|(a, b)| (b.clone(), a.clone())).collect();
    let edges = |picked: &dyn Fn(&Link) -> bool| -> Vec<Edge> {
        let own = graph
            .links
            .iter()
            .filter(|link| link.from == at && picked(link));
        own.map(|link| Edge {
            collection: names[&link.to].clone(),
            on: on(&link.on),
        })
        .collect()
    };
    let mut collection = Collection {
        table: (names[&at] != table.name).then(|| table.name.clone()),
        schema: (table.schema != catalogue.default_schema).then(|| table.schema.clone()),
        title: words::title(&table.name),
        key: entry.key.clone(),
        belongs_to: edges(&|link| link.owns),
        refers_to: edges(&|link| !link.owns && !graph.is_held(link.to) && graph.has(link.to))
            .into_iter()
            .map(|edge| Reference {
                collection: edge.collection,
                on: edge.on,
                when_erased: Default::default(),
            })
            .collect(),
        ..Collection::default()
    };
    match role {
        Role::Person | Role::Owned => {}
        Role::Held => {
            for link in graph.links.iter().filter(|link| link.to == at) {
                if graph.holds(link.from) {
                    collection.held_by.push(Edge {
                        collection: names[&link.from].clone(),
                        on: turned(&link.on),
                    });
                } else {
                    let user = &graph.tables[link.from].table.name;
                    let elsewhere = user.schema != catalogue.default_schema;
                    collection.also_used_by.push(Pointer {
                        table: user.name.clone(),
                        schema: elsewhere.then(|| user.schema.clone()),
                        on: turned(&link.on),
                    });
                }
            }
        }
    }
    for live in &entry.table.columns {
        let column = column(graph, store, at, role, live);
        collection.columns.insert(live.name.clone(), column);
    }
    collection
}

fn column(graph: &Graph<'_>, store: &StoreId, at: usize, role: Role, live: &LiveColumn) -> Column {
    let entry = &graph.tables[at];
    let alone = |key: &[String]| key == [live.name.clone()];
    let points_at = |owns: bool| {
        graph.links.iter().find(|link| {
            link.from == at && link.owns == owns && link.on.len() == 1 && link.on[0].0 == live.name
        })
    };
    let mut column = Column {
        category: "system".to_owned(),
        ..Column::default()
    };
    let is_person = |table: usize| graph.role(table) == Some(Role::Person);
    if alone(&entry.key) {
        column.category = match role {
            Role::Person => "user.unique_id".to_owned(),
            Role::Owned | Role::Held => "system".to_owned(),
        };
        if let Some(original) = entry.copy_of.filter(|original| is_person(*original)) {
            // The copy of a person's row is found by the same key, long after the row changed.
            column.category = "user.unique_id".to_owned();
            column.identity = row_identity(store, &graph.tables[original], false);
        } else if is_person(at) {
            column.identity = row_identity(store, entry, true);
        }
    } else if let Some(owner) = points_at(true) {
        let owned_by_person = is_person(owner.to);
        column.category = if owned_by_person {
            "user.unique_id"
        } else {
            "system"
        }
        .to_owned();
        let target = &graph.tables[owner.to];
        if owned_by_person && target.key == [owner.on[0].1.clone()] {
            // So that rows are found whose owner's row is gone already.
            column.identity = row_identity(store, target, false);
        }
    } else if points_at(false).is_some() || words::is_bookkeeping(&live.name) {
        // A pointer to somebody else, or nothing about the person.
    } else if let Some(category) = entry.meanings[&live.name].category {
        column.category = category.to_owned();
        column.withhold = categories::is_secret(category);
        column.free_text = categories::is_free_text(category);
        if let Some(kind) = entry.meanings[&live.name]
            .identity
            .filter(|_| role == Role::Person)
        {
            let unique = entry.table.is_unique(std::slice::from_ref(&live.name));
            column.identity = identity(store, kind, unique);
        }
    } else if !words::is_id(&live.name) {
        column.category = categories::of_an_event(&live.name, live.shape).to_owned();
    }
    column
}

/// The row's own key as an identifier, such as `shop.customer_id`.
fn row_identity(store: &StoreId, entry: &Entry<'_>, names_one_person: bool) -> Option<Identity> {
    let kind = format!("{}.{}_id", plain(store.as_str()), plain(entry.name()));
    Some(Identity {
        kind: kind.parse().ok()?,
        compare: Compare::Exact,
        names_one_person,
    })
}

fn identity(store: &StoreId, word: Kind, unique: bool) -> Option<Identity> {
    Some(match word {
        Kind::Email => Identity {
            kind: IdentifierKind::email(),
            compare: Compare::IgnoreCase,
            names_one_person: true,
        },
        // A telephone is often shared by a household.
        Kind::Phone => Identity {
            kind: "phone".parse().ok()?,
            compare: Compare::Exact,
            names_one_person: false,
        },
        Kind::Username => Identity {
            kind: format!("{}.username", plain(store.as_str())).parse().ok()?,
            compare: Compare::Exact,
            names_one_person: unique,
        },
    })
}

/// A name as part of an identifier kind.
fn plain(name: &str) -> String {
    words::split(name)
        .join("_")
        .replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "")
}
