//! From the graph to the proposed map.

use habeas_domain::{
    IdentifierKind, StoreId,
    data_map::{
        AnyOf, Collection, Column, Compare, DataMap, Edge, Field, Identity, Pointer, Reference,
        RowTreatment,
    },
};
use indexmap::IndexMap;

use super::{
    categories::{self, Kind},
    derived::Derived,
    graph::{self, Graph, Role},
    inside::Part,
    links::Link,
    meaning::Meaning,
    tables::Entry,
    words,
};
use crate::{Catalogue, LiveColumn, TableName};

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
    let views = graph.derived.iter().map(|derived| {
        let name = name_of_view(graph, names, &derived.view.name);
        (name, view(catalogue, graph, names, &store, derived))
    });
    DataMap {
        habeas: 1,
        title: words::title(store.as_str()),
        description: String::new(),
        withhold: Vec::new(),
        ignore_tables: ignored(graph)
            .map(|table| shown(catalogue, &graph.tables[table].table.name))
            .collect(),
        collections: collections.chain(views).collect(),
        store,
    }
}

/// Tables that nothing but a pointer's name would make somebody's, and the values refuted that.
pub(super) fn ignored(graph: &Graph<'_>) -> impl Iterator<Item = usize> {
    (0..graph.tables.len()).filter(|table| {
        let entry = &graph.tables[*table];
        let mut doubts = graph.doubts.iter().filter(|doubt| doubt.from == *table);
        let refuted = doubts.any(|doubt| doubt.is_refuted());
        refuted && !graph.has(*table) && entry.categories().next().is_none()
    })
}

/// A table's name as `ignore_tables` and a reader know it.
pub(super) fn shown(catalogue: &Catalogue, table: &TableName) -> String {
    if table.schema == catalogue.default_schema {
        table.name.clone()
    } else {
        table.to_string()
    }
}

/// A collection is named like its table, with the schema where two tables share a name, and with
/// the owner's name where the table belongs to several.
pub(super) fn names(graph: &Graph<'_>) -> Names {
    let name = |table: usize| &graph.tables[table].table.name;
    let members = || graph.members.iter().map(|member| member.table);
    let own = |table: usize| {
        let twice = members().any(|other| {
            name(other).name == name(table).name && name(other).schema != name(table).schema
        });
        match twice {
            true => name(table).to_string(),
            false => name(table).name.clone(),
        }
    };
    let owner = |table: usize| graph.tables[table].only.as_ref().map(|only| name(only.of));
    let full = |table: usize| {
        let Some(of) = owner(table) else {
            return own(table);
        };
        let twice = members().any(|other| {
            name(other) == name(table)
                && owner(other).is_some_and(|it| it.name == of.name && it.schema != of.schema)
        });
        let of = if twice {
            of.to_string()
        } else {
            of.name.clone()
        };
        format!("{}_of_{of}", own(table))
    };
    members().map(|table| (table, full(table))).collect()
}

pub(super) fn name_of_view(graph: &Graph<'_>, names: &Names, view: &TableName) -> String {
    let other = |derived: &Derived<'_>| {
        derived.view.name.name == view.name && derived.view.name.schema != view.schema
    };
    if names.values().any(|name| *name == view.name) || graph.derived.iter().any(other) {
        view.to_string()
    } else {
        view.name.clone()
    }
}

fn view(
    catalogue: &Catalogue,
    graph: &Graph<'_>,
    names: &Names,
    store: &StoreId,
    derived: &Derived<'_>,
) -> Collection {
    let table = &derived.view.name;
    let name = name_of_view(graph, names, table);
    let owner = derived.owner.as_ref();
    let columns = derived.view.columns.iter().map(|live| {
        let leads = owner.filter(|owner| owner.column == live.name);
        let column = match leads {
            Some(owner) if graph.role(owner.to) == Some(Role::Person) => Column {
                category: "user.unique_id".to_owned(),
                // A row that is not made anew yet is found when the person's own is gone.
                identity: row_identity(store, &graph.tables[owner.to], false),
                ..Column::default()
            },
            Some(_) => system(),
            None => {
                let parts = derived.parts.get(&live.name).map_or(&[][..], Vec::as_slice);
                let meaning = derived.meanings[&live.name];
                let identity = meaning.identity.filter(|_| owner.is_none());
                Column {
                    identity: identity.and_then(|kind| identity_by(store, kind, false)),
                    fields: fields(parts, false),
                    ..plain_column(live, meaning)
                }
            }
        };
        (live.name.clone(), column)
    });
    Collection {
        table: (name != table.name).then(|| table.name.clone()),
        schema: (table.schema != catalogue.default_schema).then(|| table.schema.clone()),
        title: words::title(&table.name),
        key: derived.key.clone(),
        columns: columns.collect(),
        belongs_to: owner
            .map(|owner| Edge {
                collection: names[&owner.to].clone(),
                on: [(owner.column.clone(), owner.key.clone())].into(),
            })
            .into_iter()
            .collect(),
        erase: RowTreatment::Derived,
        ..Collection::default()
    }
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
        only: entry
            .only
            .iter()
            .map(|only| (only.column.clone(), AnyOf(only.words.clone())))
            .collect(),
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
    let mut column = system();
    let is_person = |table: usize| graph.role(table) == Some(Role::Person);
    let tells_owner = entry
        .only
        .as_ref()
        .is_some_and(|only| only.column == live.name);
    // The key of preferences may be that of their owner.
    let borrowed = role == Role::Owned && entry.copy_of.is_none() && points_at(true).is_some();
    if alone(&entry.key) && !borrowed {
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
    } else if points_at(false).is_some() || tells_owner {
        // A pointer to somebody else, or nothing about the person.
    } else {
        let meaning = entry.meanings[&live.name];
        column = plain_column(live, meaning);
        if let Some(kind) = meaning.identity.filter(|_| role == Role::Person) {
            let unique = entry.table.is_unique(std::slice::from_ref(&live.name));
            column.identity = identity_by(store, kind, unique);
        }
        if let Some(parts) = entry.parts.get(&live.name) {
            // Whoever has an address of their own is found by that: another one may be anybody's.
            let is_found_inside = role == Role::Person && !graph::is_person(entry);
            column.fields = fields(parts, is_found_inside);
        }
    }
    column
}

fn system() -> Column {
    Column {
        category: "system".to_owned(),
        ..Column::default()
    }
}

/// A column that is neither key nor pointer.
fn plain_column(live: &LiveColumn, meaning: Meaning) -> Column {
    let event = || categories::of_an_event(&live.name, live.shape);
    let category = match meaning.category {
        _ if words::is_bookkeeping(&live.name) => return system(),
        Some(category) => category,
        None if words::is_id(&live.name) => return system(),
        None => event(),
    };
    Column {
        category: category.to_owned(),
        withhold: categories::is_secret(category),
        free_text: categories::is_free_text(category),
        ..Column::default()
    }
}

/// The parts of a JSON column, each with a category.
fn fields(parts: &[(Part, Meaning)], is_found_inside: bool) -> IndexMap<String, Field> {
    let field = |(part, meaning): &(Part, Meaning)| {
        let name = part.name().unwrap_or_default();
        let category = match meaning.category {
            _ if words::is_bookkeeping(name) => "system",
            Some(category) => category,
            None if words::is_id(name) => "system",
            None => categories::of_an_event(name, part.shape),
        };
        let is_address = meaning.identity == Some(Kind::Email) && part.is_ones_own();
        let field = Field {
            category: category.to_owned(),
            identity: (is_found_inside && is_address).then(email),
            withhold: categories::is_secret(category),
            ..Field::default()
        };
        (part.path.clone(), field)
    };
    parts.iter().map(field).collect()
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

fn identity_by(store: &StoreId, word: Kind, unique: bool) -> Option<Identity> {
    Some(match word {
        Kind::Email => email(),
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

fn email() -> Identity {
    Identity {
        kind: IdentifierKind::email(),
        compare: Compare::IgnoreCase,
        names_one_person: true,
    }
}

/// A name as part of an identifier kind.
fn plain(name: &str) -> String {
    words::split(name)
        .join("_")
        .replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "")
}
