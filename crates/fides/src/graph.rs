//! References to ownership: which collection's rows belong to the rows of which.
//!
//! A reference of Fides says in which order values flow, not whose the rows are. What flows on from
//! the subject is taken as the subject's, except where that would reach another person or have no
//! end: such a reference becomes a pointer (`refers_to`), which is never followed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::format::{Collection, Dataset, Direction};
use crate::report::Notes;

/// Rows of `owned` whose `to` equals `from` of a row of `owner`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    pub owner: String,
    pub owned: String,
    /// Pairs of (column of the owner, column of the owned).
    pub on: Vec<(String, String)>,
    path: String,
    about: String,
}

#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub edges: Vec<Edge>,
    /// The same shape, never followed; the pointing row is the `owned` one when it holds the key.
    pub pointers: Vec<Edge>,
    /// Collections whose rows are found by an identity.
    pub roots: BTreeSet<String>,
}

impl Graph {
    /// `collections` of the dataset, each with its path inside the file.
    pub(crate) fn of(
        dataset: &Dataset,
        collections: &[(String, &Collection)],
        roots: BTreeSet<String>,
        notes: &mut Notes,
    ) -> Self {
        let mut found: Vec<(Edge, bool)> = Vec::new();
        for (path, collection) in collections {
            for (i, field) in collection.fields.iter().enumerate() {
                let references = field.meta().and_then(|meta| meta.references.as_deref());
                for (j, reference) in references.unwrap_or_default().iter().enumerate() {
                    if reference.dataset != dataset.fides_key {
                        continue; // An identity carries it from store to store.
                    }
                    let path = format!("{path}.fields[{i}].fides_meta.references[{j}]");
                    let about = format!("{}.{}", collection.name, field.name);
                    let Some((there, column)) = target(&reference.field, collections) else {
                        let message = format!(
                            "its reference to '{}' is left out: an edge ties two columns of \
                             collections in the map",
                            reference.field
                        );
                        notes.decide(&path, &about, message);
                        continue;
                    };
                    let here = (collection.name.clone(), field.name.clone());
                    let there = (there.to_owned(), column.to_owned());
                    let (owner, owned) = match reference.direction {
                        Some(Direction::To) => (here, there),
                        Some(Direction::From) | None => (there, here),
                    };
                    let edge = Edge {
                        owner: owner.0,
                        owned: owned.0,
                        on: vec![(owner.1, owned.1)],
                        path,
                        about,
                    };
                    let known = |(other, _): &(Edge, bool)| edge.same(other);
                    if !found.iter().any(known) {
                        found.push((edge, reference.direction.is_some()));
                    }
                }
            }
        }
        let mut graph = Graph {
            roots,
            ..Graph::default()
        };
        let by_name = |name: &str| find(collections, name);
        let found = joined(found, by_name, notes);
        let depths = depths(&found, &graph.roots);
        let mut edges = Vec::new();
        for (edge, directed) in found {
            edges.push(if directed {
                edge
            } else {
                oriented(edge, &depths, notes)
            });
        }
        // From the person outwards, so that the edge that closes a circle is the one that leads back.
        edges.sort_by_key(|edge| depths.get(&edge.owner).copied().unwrap_or(usize::MAX));
        for edge in edges {
            graph.take(edge, by_name, notes);
        }
        graph
    }

    fn take<'a>(
        &mut self,
        edge: Edge,
        by_name: impl Fn(&str) -> Option<&'a Collection>,
        notes: &mut Notes,
    ) {
        let Edge { owner, owned, .. } = &edge;
        let why = if owner == owned {
            "it points at a row of its own collection, mostly of another person"
        } else if self.roots.contains(owned) && edge.leads_to_key(&by_name) {
            "it leads to a row that is found by its own identity, mostly of another person"
        } else if self.leads(owned, owner) {
            "followed, it would lead in a circle"
        } else {
            self.edges.push(edge);
            return;
        };
        let message = format!(
            "{why}, so it is taken as a pointer and not followed; if those rows are the subject's, \
             say so with belongs_to or held_by"
        );
        notes.decide(&edge.path, &edge.about, message);
        self.pointers.push(edge);
    }

    /// Ownership leads from one collection to the other.
    fn leads(&self, from: &str, to: &str) -> bool {
        let next = self.edges.iter().filter(|edge| edge.owner == from);
        let mut owned = next.map(|edge| edge.owned.as_str());
        from == to || owned.any(|name| self.leads(name, to))
    }

    /// Collections that some person leads to.
    pub(crate) fn reached(&self) -> BTreeSet<String> {
        let mut reached = self.roots.clone();
        loop {
            let next: Vec<String> = self
                .edges
                .iter()
                .filter(|edge| reached.contains(&edge.owner) && !reached.contains(&edge.owned))
                .map(|edge| edge.owned.clone())
                .collect();
            if next.is_empty() {
                return reached;
            }
            reached.extend(next);
        }
    }
}

impl Edge {
    /// Between the same columns, whichever side declared it.
    fn same(&self, other: &Edge) -> bool {
        (&self.owner, &self.owned, &self.on) == (&other.owner, &other.owned, &other.on)
    }

    /// A column of the owner holds the key of the owned row: many owners may hold the same.
    pub(crate) fn leads_to_key<'a>(
        &self,
        by_name: &impl Fn(&str) -> Option<&'a Collection>,
    ) -> bool {
        let is_key = |name: &str, column: &String| {
            by_name(name).is_some_and(|it| it.primary_key().any(|key| key == column))
        };
        let owner_key = self.on.iter().all(|(from, _)| is_key(&self.owner, from));
        let owned_key = self.on.iter().all(|(_, to)| is_key(&self.owned, to));
        owned_key && !owner_key
    }
}

pub(crate) fn find<'a>(
    collections: &[(String, &'a Collection)],
    name: &str,
) -> Option<&'a Collection> {
    let found = collections.iter().find(|(_, it)| it.name == name);
    found.map(|(_, collection)| *collection)
}

/// `customer.id`: a column of a collection that is here. Names may have dots of their own.
fn target<'a>(
    field: &'a str,
    collections: &[(String, &'a Collection)],
) -> Option<(&'a str, &'a str)> {
    collections.iter().find_map(|(_, collection)| {
        let column = field.strip_prefix(&collection.name)?.strip_prefix('.')?;
        let column = collection.field(column)?;
        Some((collection.name.as_str(), column.name.as_str()))
    })
}

/// References to every column of a composite key are one edge: a row that shares only a part of
/// the key is somebody else's.
fn joined<'a>(
    found: Vec<(Edge, bool)>,
    by_name: impl Fn(&str) -> Option<&'a Collection>,
    notes: &mut Notes,
) -> Vec<(Edge, bool)> {
    let mut rest: Vec<(Edge, bool)> = Vec::new();
    let mut groups: Vec<Vec<(Edge, bool)>> = Vec::new();
    for (edge, directed) in found {
        let alike = |group: &&mut Vec<(Edge, bool)>| {
            let (first, same_way) = &group[0];
            first.owner == edge.owner && first.owned == edge.owned && *same_way == directed
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.push((edge, directed)),
            None => groups.push(vec![(edge, directed)]),
        }
    }
    for group in groups {
        let (first, directed) = group[0].clone();
        let key: Vec<&str> = match by_name(&first.owner) {
            Some(owner) => owner.primary_key().collect(),
            None => Vec::new(),
        };
        let from: Vec<&str> = group
            .iter()
            .map(|(edge, _)| edge.on[0].0.as_str())
            .collect();
        let covers = key.len() > 1
            && from.len() == key.len()
            && key.iter().all(|column| from.contains(column));
        if !covers {
            rest.extend(group);
            continue;
        }
        let message = format!(
            "its {} references to the key of '{}' are one edge: all columns must agree",
            key.len(),
            first.owner
        );
        notes.tell(&first.path, &first.owned, message);
        let on = group.iter().flat_map(|(edge, _)| edge.on.clone()).collect();
        rest.push((Edge { on, ..first }, directed));
    }
    rest
}

/// Steps from a person, along edges in their direction and along the others both ways.
fn depths(edges: &[(Edge, bool)], roots: &BTreeSet<String>) -> BTreeMap<String, usize> {
    let mut depths: BTreeMap<String, usize> = roots.iter().map(|name| (name.clone(), 0)).collect();
    let mut waiting: VecDeque<String> = roots.iter().cloned().collect();
    while let Some(name) = waiting.pop_front() {
        let depth = depths[&name] + 1;
        for (edge, directed) in edges {
            let next = if edge.owner == name {
                &edge.owned
            } else if edge.owned == name && !directed {
                &edge.owner
            } else {
                continue;
            };
            if !depths.contains_key(next) {
                depths.insert(next.clone(), depth);
                waiting.push_back(next.clone());
            }
        }
    }
    depths
}

/// A reference without a direction leads away from the person.
fn oriented(edge: Edge, depths: &BTreeMap<String, usize>, notes: &mut Notes) -> Edge {
    let depth = |name: &String| depths.get(name).copied().unwrap_or(usize::MAX);
    let edge = if depth(&edge.owned) < depth(&edge.owner) {
        Edge {
            owner: edge.owned,
            owned: edge.owner,
            on: edge.on.into_iter().map(|(from, to)| (to, from)).collect(),
            ..edge
        }
    } else {
        edge
    };
    let message = format!(
        "the reference has no direction; taken so that rows of '{}' belong to rows of '{}'",
        edge.owned, edge.owner
    );
    notes.decide(&edge.path, &edge.about, message);
    edge
}
