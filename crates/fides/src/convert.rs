//! A dataset to a map: which collections, with which key, columns, edges and treatments.

use std::collections::{BTreeMap, BTreeSet};

use habeas_domain::data_map::{Collection as Mapped, Column, DataMap, Edge, Reference};
use indexmap::IndexMap;

use crate::{
    Options, Rows, Taken,
    columns::{self, Here},
    erase,
    format::{Collection, Dataset},
    graph::Graph,
    report::Notes,
};

/// A collection of the dataset with its path inside the file.
type Listed<'a> = (String, &'a Collection);

pub(crate) fn dataset(
    dataset: &Dataset,
    index: usize,
    options: &Options,
    notes: &mut Notes,
) -> (DataMap, Taken) {
    let root = format!("dataset[{index}]");
    if dataset.meta().is_some_and(|meta| meta.after.is_some()) {
        let message =
            "datasets have no order here: all stores are asked until nothing new is found";
        notes.tell(&root, &dataset.fides_key, message);
    }
    let collections = in_use(&root, dataset, notes);
    let mut columns: BTreeMap<&str, IndexMap<String, Column>> = BTreeMap::new();
    for (path, collection) in &collections {
        columns.insert(
            &collection.name,
            of_collection(dataset, path, collection, options.rows, notes),
        );
    }
    let has_identity = |name: &str| {
        columns[name]
            .values()
            .any(|it| it.identities().next().is_some())
    };
    let roots: BTreeSet<String> = columns
        .keys()
        .filter(|name| has_identity(name))
        .map(|name| (*name).to_owned())
        .collect();
    let graph = Graph::of(dataset, &collections, roots, notes);
    let reached = graph.reached();
    let namespace = dataset.meta().and_then(|meta| meta.namespace.as_ref());
    let schema = namespace.and_then(|namespace| namespace.schema.clone());
    let mut map = DataMap {
        habeas: 1,
        store: options.store.clone(),
        title: dataset
            .name
            .clone()
            .unwrap_or_else(|| dataset.fides_key.clone()),
        description: dataset.description.clone().unwrap_or_default(),
        withhold: Vec::new(),
        ignore_tables: Vec::new(),
        collections: IndexMap::new(),
    };
    let mut kept: Vec<&Listed<'_>> = Vec::new();
    for listed in &collections {
        let (path, collection) = listed;
        let name = &collection.name;
        let personal = erase::is_personal(&columns[name.as_str()]);
        let leads_on = graph
            .edges
            .iter()
            .any(|edge| edge.owner == *name && reached.contains(name));
        if !personal && !leads_on && !graph.roots.contains(name) {
            notes.tell(
                path,
                name,
                "no field of it is personal; it is listed in 'ignore_tables'",
            );
            map.ignore_tables.push(match &schema {
                Some(schema) => format!("{schema}.{name}"),
                None => name.clone(),
            });
        } else if !reached.contains(name) {
            let message = "no identity leads to it, so it is left out; say whose its rows are";
            notes.decide(path, name, message);
        } else {
            kept.push(listed);
        }
    }
    for (path, collection) in &kept {
        let mut mapped = Mapped {
            schema: schema.clone(),
            description: collection.description.clone().unwrap_or_default(),
            key: key(path, collection, notes),
            columns: columns.remove(collection.name.as_str()).unwrap_or_default(),
            ..Mapped::default()
        };
        edges(&graph, &kept, collection, &mut mapped);
        erase::collection(path, collection, options.rows, &mut mapped, notes);
        map.collections.insert(collection.name.clone(), mapped);
    }
    let taken = count(&map);
    (map, taken)
}

/// The collections that Fides works on.
fn in_use<'a>(root: &str, dataset: &'a Dataset, notes: &mut Notes) -> Vec<Listed<'a>> {
    let mut listed = Vec::new();
    for (i, collection) in dataset.collections.iter().enumerate() {
        let path = format!("{root}.collections[{i}]");
        let name = &collection.name;
        let meta = collection.meta();
        if meta.and_then(|meta| meta.skip_processing) == Some(true) {
            let message =
                "Fides skips it, so it is left out; map it, or list it in 'ignore_tables'";
            notes.decide(&path, name, message);
            continue;
        }
        let other = format!("{}.", dataset.fides_key);
        let abroad = |after: &&String| !after.starts_with(&other);
        if let Some(after) = meta.and_then(|meta| meta.erase_after.as_ref()) {
            if let Some(foreign) = after.iter().find(abroad) {
                let message = format!(
                    "'erase_after: {foreign}' is not taken: no store waits for another here"
                );
                notes.decide(&path, name, message);
            } else {
                let message =
                    "'erase_after' is not needed: rows go in the order of their foreign keys";
                notes.tell(&path, name, message);
            }
        }
        if meta.is_some_and(|meta| meta.after.is_some()) {
            notes.tell(
                &path,
                name,
                "'after' is not needed: rows are found along the edges",
            );
        }
        if meta.is_some_and(|meta| meta.partitioning.is_some()) {
            notes.tell(
                &path,
                name,
                "'partitioning' is not needed: the store reads its partitions",
            );
        }
        listed.push((path, collection));
    }
    listed
}

fn of_collection(
    dataset: &Dataset,
    path: &str,
    collection: &Collection,
    rows: Rows,
    notes: &mut Notes,
) -> IndexMap<String, Column> {
    let above = [&collection.data_categories, &dataset.data_categories];
    let above = above.into_iter().flatten().find(|all| !all.is_empty());
    let mut columns = IndexMap::new();
    for (i, field) in collection.fields.iter().enumerate() {
        let here = Here {
            path: format!("{path}.fields[{i}]"),
            about: format!("{}.{}", collection.name, field.name),
            dataset: &dataset.fides_key,
            above: above.map_or(&[], Vec::as_slice),
            rows_stay: rows == Rows::Stay && !erase::deletes(collection),
        };
        columns.insert(field.name.clone(), columns::column(field, &here, notes));
    }
    columns
}

/// The primary key, or the column that is called as one.
fn key(path: &str, collection: &Collection, notes: &mut Notes) -> Vec<String> {
    let key: Vec<String> = collection.primary_key().map(str::to_owned).collect();
    if !key.is_empty() {
        return key;
    }
    let name = &collection.name;
    let usual = ["id".to_owned(), format!("{name}_id"), "uuid".to_owned()];
    let guess = usual
        .iter()
        .find(|column| collection.field(column).is_some());
    match guess {
        Some(column) => {
            let message = format!("it names no primary key; '{column}' is taken");
            notes.decide(path, name, message);
            vec![column.clone()]
        }
        None => {
            notes.decide(
                path,
                name,
                "it names no primary key; say which columns name one row",
            );
            Vec::new()
        }
    }
}

fn edges(graph: &Graph, kept: &[&Listed<'_>], collection: &Collection, mapped: &mut Mapped) {
    let by_name = |name: &str| {
        let found = kept.iter().find(|(_, it)| it.name == name);
        found.map(|(_, collection)| *collection)
    };
    let is_kept = |name: &str| by_name(name).is_some();
    for edge in graph
        .edges
        .iter()
        .filter(|edge| edge.owned == collection.name)
    {
        if !is_kept(&edge.owner) {
            continue;
        }
        let owner = Edge {
            collection: edge.owner.clone(),
            on: turned(&edge.on),
        };
        if edge.leads_to_key(&by_name) {
            mapped.held_by.push(owner);
        } else {
            mapped.belongs_to.push(owner);
        }
    }
    for pointer in &graph.pointers {
        // Whoever holds the key of the other points at it.
        let (here, there, on) = if pointer.leads_to_key(&by_name) {
            let on = pointer.on.iter().cloned().collect();
            (&pointer.owner, &pointer.owned, on)
        } else {
            (&pointer.owned, &pointer.owner, turned(&pointer.on))
        };
        if *here == collection.name && is_kept(there) {
            mapped.refers_to.push(Reference {
                collection: there.clone(),
                on,
                when_erased: Default::default(),
            });
        }
    }
}

fn turned(on: &[(String, String)]) -> IndexMap<String, String> {
    on.iter()
        .map(|(from, to)| (to.clone(), from.clone()))
        .collect()
}

fn count(map: &DataMap) -> Taken {
    let mut taken = Taken {
        collections: map.collections.len(),
        identities: map.identities().count(),
        ..Taken::default()
    };
    for collection in map.collections.values() {
        taken.columns += collection.columns.len();
        taken.fields += collection
            .columns
            .values()
            .map(|it| it.fields.len())
            .sum::<usize>();
        taken.edges += collection.owners().count() + collection.refers_to.len();
    }
    taken
}
