//! Discover: a first data map from the live schema, for a person to edit.
//!
//! Persons are tables that hold something to find a person by; what points at them belongs to them,
//! unless the column's name says that it means somebody else. Where in doubt it proposes the pointer
//! that is not followed: too little is seen by the person who edits the map, too much would be
//! somebody else's data. What is a guess says so, with its reason, in a note beside the line.
//!
//! With a look at the rows a guess is held against the data and dropped where the data refutes it.
//! Materialised views that lead to a person are proposed as derived; plain views are named and not
//! mapped: their rows are those of other tables, and would be exported twice.

mod categories;
mod contained;
mod derived;
mod graph;
mod inside;
mod kinds;
mod likeness;
mod links;
mod map;
mod meaning;
mod notes;
mod reader;
mod sample;
mod tables;
mod words;

use habeas_connector::{Look, Proposal, StoreError};
use habeas_domain::StoreId;
use tokio_util::sync::CancellationToken;

use self::{graph::Graph, sample::Sample};
use crate::{Catalogue, Mode, Options, Session, Store, TableName};

pub(crate) use meaning::personal_category;

/// Looks at a store and proposes a map of it. Blocking.
pub(crate) fn discover<S: Store>(
    store: &S,
    options: &Options,
    id: StoreId,
    look: Look,
    cancel: &CancellationToken,
) -> Result<Proposal, StoreError> {
    let catalogue = store.open(Mode::Read, options, cancel)?.catalogue()?;
    let sample = look.sample.then(|| {
        let hasty = Options {
            statement_timeout: options.statement_timeout.min(reader::STATEMENT),
            ..options.clone()
        };
        let mut session = store.open(Mode::Read, &hasty, cancel)?;
        Ok(sample::take(&mut session, &catalogue))
    });
    let sample = sample.transpose()?;
    propose(&catalogue, sample.as_ref(), id)
}

/// The proposal for a catalogue; without a sample nobody looked at a row.
pub(crate) fn propose(
    catalogue: &Catalogue,
    sample: Option<&Sample>,
    store: StoreId,
) -> Result<Proposal, StoreError> {
    let nothing = Sample::default();
    let graph = Graph::of(catalogue, sample.unwrap_or(&nothing));
    if graph.members.is_empty() {
        let message = "no table holds an e-mail address or a user name, so nobody can be found";
        return Err(StoreError::permanent("nothing_found", message));
    }
    let names = map::names(&graph);
    Ok(Proposal {
        notes: notes::of(catalogue, &graph, &names, sample),
        map: map::of(catalogue, &graph, &names, store),
    })
}

/// Tables and materialised views that a map of this store should speak of, by names and keys alone.
pub(crate) fn tables_of_people(catalogue: &Catalogue) -> Vec<TableName> {
    let graph = Graph::of(catalogue, &Sample::default());
    let members = graph.members.iter();
    let tables = members.map(|member| graph.tables[member.table].table);
    let views = graph.derived.iter().map(|derived| derived.view);
    tables
        .chain(views)
        .map(|table| table.name.clone())
        .collect()
}

#[cfg(test)]
mod tests;
