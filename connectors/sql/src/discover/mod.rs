//! Discover: a first data map from the live schema, for a person to edit.
//!
//! Pure guesses by names, types, keys and foreign keys; no row is read. Persons are tables that hold
//! something to find a person by; what points at them belongs to them, unless the column's name
//! says that it means somebody else. Where in doubt it proposes the pointer that is not followed:
//! too little is seen by the person who edits the map, too much would be somebody else's data.
//! Views are left out.

mod graph;
mod words;

use habeas_connector::StoreError;
use habeas_domain::{
    IdentifierKind, StoreId,
    data_map::{Collection, Column, Compare, DataMap, Edge, Identity, Pointer, Reference},
};
use indexmap::IndexMap;

use self::graph::{Graph, Role};
use crate::{Catalogue, LiveColumn, Shape, Table};

/// The category that a column's name and type suggest, when it is about a person.
pub(crate) fn personal_category(name: &str, shape: Shape) -> Option<&'static str> {
    words::category(name, shape)
}

pub(crate) fn propose(catalogue: &Catalogue, store: StoreId) -> Result<DataMap, StoreError> {
    let graph = Graph::of(catalogue);
    if graph.members.is_empty() {
        let message = "no table holds an e-mail address or a user name, so nobody can be found";
        return Err(StoreError::permanent("nothing_found", message));
    }
    let names = names(&graph);
    let collections = graph.members.iter().map(|member| {
        let collection = collection(
            catalogue,
            &graph,
            &names,
            &store,
            member.table,
            &member.role,
        );
        (names[&member.table].clone(), collection)
    });
    Ok(DataMap {
        habeas: 1,
        title: words::title(store.as_str()),
        description: description(catalogue, &graph),
        collections: collections.collect(),
        store,
    })
}

/// A collection is named like its table, with the schema where two tables share a name.
fn names(graph: &Graph) -> IndexMap<usize, String> {
    let name = |table: usize| &graph.tables[table].name;
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

/// What a person should look at, because the guess left it out.
fn description(catalogue: &Catalogue, graph: &Graph) -> String {
    let out = catalogue.tables.iter().filter(|table| {
        !table.is_view
            && !graph
                .members
                .iter()
                .any(|member| graph.tables[member.table].name == table.name)
            && table
                .columns
                .iter()
                .any(|column| words::names_someone(&column.name, column.shape))
    });
    let out: Vec<&str> = out.map(|table| table.name.name.as_str()).collect();
    let found = "Proposed from names and keys: read every line before it is used.";
    if out.is_empty() {
        return found.to_owned();
    }
    format!(
        "{found} Left out, though a column looks like the name or contact of a person whom nothing \
         else leads to: {}.",
        out.join(", ")
    )
}

fn collection(
    catalogue: &Catalogue,
    graph: &Graph,
    names: &IndexMap<usize, String>,
    store: &StoreId,
    at: usize,
    role: &Role,
) -> Collection {
    let table = graph.tables[at];
    let on = |pairs: &[(String, String)]| pairs.iter().cloned().collect();
    let turned =
        |pairs: &[(String, String)]| pairs.iter().map(|(a, b)| (b.clone(), a.clone())).collect();
    let edges = |picked: &dyn Fn(&graph::Link) -> bool| -> Vec<Edge> {
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
        table: (names[&at] != table.name.name).then(|| table.name.name.clone()),
        schema: (table.name.schema != catalogue.default_schema).then(|| table.name.schema.clone()),
        title: words::title(&table.name.name),
        key: graph::row_key(table).unwrap_or_default().to_vec(),
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
                    let user = graph.tables[link.from];
                    let elsewhere = user.name.schema != catalogue.default_schema;
                    collection.also_used_by.push(Pointer {
                        table: user.name.name.clone(),
                        schema: elsewhere.then(|| user.name.schema.clone()),
                        on: turned(&link.on),
                    });
                }
            }
        }
    }
    for live in &table.columns {
        let column = column(graph, store, at, role, live);
        collection.columns.insert(live.name.clone(), column);
    }
    collection
}

fn column(graph: &Graph, store: &StoreId, at: usize, role: &Role, live: &LiveColumn) -> Column {
    let table = graph.tables[at];
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
    let is_person = |table: usize| graph.role(table) == Some(&Role::Person);
    if graph::row_key(table).is_some_and(alone) {
        column.category = match role {
            Role::Person => "user.unique_id".to_owned(),
            Role::Owned | Role::Held => "system".to_owned(),
        };
        if is_person(at) {
            column.identity = row_identity(store, table, true);
        }
    } else if let Some(owner) = points_at(true) {
        let owned_by_person = is_person(owner.to);
        column.category = if owned_by_person {
            "user.unique_id"
        } else {
            "system"
        }
        .to_owned();
        let target = graph.tables[owner.to];
        if owned_by_person
            && graph::row_key(target).is_some_and(|key| key == [owner.on[0].1.clone()])
        {
            // So that rows are found whose owner's row is gone already.
            column.identity = row_identity(store, target, false);
        }
    } else if points_at(false).is_some() || words::is_bookkeeping(&live.name) {
        // A pointer to somebody else, or nothing about the person.
    } else if let Some(category) = words::category(&live.name, live.shape) {
        column.category = category.to_owned();
        column.withhold = words::is_secret(category);
        column.free_text = words::is_free_text(category);
        if let Some(kind) = words::identity(category, &live.name).filter(|_| *role == Role::Person)
        {
            column.identity = identity(
                store,
                kind,
                table.is_unique(std::slice::from_ref(&live.name)),
            );
        }
    } else if !words::is_id(&live.name) {
        column.category = words::of_an_event(&live.name, live.shape).to_owned();
    }
    column
}

/// The row's own key as an identifier, such as `shop.customer_id`.
fn row_identity(store: &StoreId, table: &Table, names_one_person: bool) -> Option<Identity> {
    let kind = format!("{}.{}_id", plain(store.as_str()), plain(&table.name.name));
    Some(Identity {
        kind: kind.parse().ok()?,
        compare: Compare::Exact,
        names_one_person,
    })
}

fn identity(store: &StoreId, word: words::Kind, unique: bool) -> Option<Identity> {
    Some(match word {
        words::Kind::Email => Identity {
            kind: IdentifierKind::email(),
            compare: Compare::IgnoreCase,
            names_one_person: true,
        },
        // A telephone is often shared by a household.
        words::Kind::Phone => Identity {
            kind: "phone".parse().ok()?,
            compare: Compare::Exact,
            names_one_person: false,
        },
        words::Kind::Username => Identity {
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
