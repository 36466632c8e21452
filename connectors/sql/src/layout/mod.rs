//! A data map laid over the live catalogue: every name checked, every pointer found.
//!
//! Pure. What the map names and the store lacks comes back as findings and no layout is made; what
//! would make an erasure fail is kept in `faults`, since reading can go on without it.

mod faults;
mod pointers;

use std::sync::Arc;

use habeas_connector::Finding;
use habeas_domain::data_map::{Collection, DataMap, WhenErased};
use indexmap::IndexMap;

use crate::{
    Catalogue, LiveColumn, Table, TableName,
    order::{self, Erasure},
};
use faults::{faults_of, missing};
use pointers::{links, pointing, users};

pub(crate) struct Layout {
    pub places: Vec<Place>,
    /// Owners before what they own.
    pub search_order: Vec<usize>,
    pub erasure: Erasure,
    pub default_schema: String,
    /// What must be mended before anything can be erased.
    pub faults: Vec<Finding>,
}

/// A collection and the table in which it lives.
pub(crate) struct Place {
    pub name: Arc<str>,
    pub spec: Collection,
    pub table: Table,
    pub owners: Vec<Owner>,
    /// Who may point at a row here without belonging to the same person.
    pub pointing: Vec<Pointing>,
    /// Who may use the same row; empty when a row here is nobody else's.
    pub users: Vec<User>,
}

pub(crate) struct Owner {
    pub at: usize,
    /// Column here, column of the owner.
    pub on: Vec<(String, String)>,
}

pub(crate) struct Pointing {
    pub table: TableName,
    /// The collection's name, or the table's when it is not mapped.
    pub name: String,
    /// Collections of that table: a row in one of them belongs to the subject.
    pub collections: Vec<usize>,
    /// Column of the pointing row, column here.
    pub on: Vec<(String, String)>,
    pub when_erased: WhenErased,
    /// Columns that are emptied to detach the row.
    pub detach: Vec<String>,
    /// The data map says what to do; otherwise only the foreign key is known.
    pub declared: bool,
}

pub(crate) struct User {
    pub table: TableName,
    pub collections: Vec<usize>,
    /// Column of the user, column here.
    pub on: Vec<(String, String)>,
    /// The subject's own rows there stay, and go on pointing here.
    pub stays: bool,
}

impl Place {
    pub fn column(&self, name: &str) -> &LiveColumn {
        self.table
            .column(name)
            .expect("a layout is only made when every mapped column exists")
    }

    pub fn path(&self) -> String {
        format!("collections.{}", self.name)
    }
}

impl Layout {
    /// Lays the map over the catalogue, or says what the map names that is not there.
    pub fn of(map: &DataMap, catalogue: &Catalogue) -> Result<Layout, Vec<Finding>> {
        let missing = missing(map, catalogue);
        if !missing.is_empty() {
            return Err(missing);
        }
        let tables: Vec<TableName> = map
            .collections
            .iter()
            .map(|(name, spec)| catalogue.place(spec.schema.as_deref(), spec.table(name)))
            .collect();
        let at = |name: &str| {
            map.collections
                .get_index_of(name)
                .expect("validation refuses an edge to nowhere")
        };
        let within = |table: &TableName| -> Vec<usize> {
            (0..tables.len()).filter(|n| tables[*n] == *table).collect()
        };
        let mut places: Vec<Place> = map
            .collections
            .iter()
            .zip(&tables)
            .map(|((name, spec), table)| Place {
                name: name.as_str().into(),
                spec: spec.clone(),
                table: catalogue.table(table).expect("looked for above").clone(),
                owners: spec
                    .owners()
                    .map(|edge| Owner {
                        at: at(&edge.collection),
                        on: pairs(&edge.on),
                    })
                    .collect(),
                pointing: Vec::new(),
                users: users(map, catalogue, spec, &within, &at),
            })
            .collect();
        for n in 0..places.len() {
            places[n].pointing = pointing(map, catalogue, &places, n, &within);
        }
        let owners: Vec<Vec<usize>> = places
            .iter()
            .map(|place| place.owners.iter().map(|owner| owner.at).collect())
            .collect();
        let (erasure, mut faults) = match order::erasure(places.len(), &links(&places)) {
            Ok(erasure) => (erasure, Vec::new()),
            Err(circle) => {
                let names: Vec<&str> = circle.iter().map(|n| &*places[*n].name).collect();
                let message = format!(
                    "the foreign keys of {} run in a circle and none of them can be null",
                    names.join(", ")
                );
                (
                    Erasure::default(),
                    vec![fatal("collections".into(), message)],
                )
            }
        };
        faults.extend(places.iter().flat_map(|place| faults_of(place, &places)));
        Ok(Layout {
            search_order: order::ownership(&owners),
            places,
            erasure,
            default_schema: catalogue.default_schema.clone(),
            faults,
        })
    }
}

pub(crate) fn fatal(path: String, message: String) -> Finding {
    Finding {
        fatal: true,
        path,
        message,
    }
}

pub(crate) fn pairs(on: &IndexMap<String, String>) -> Vec<(String, String)> {
    on.iter().map(|(a, b)| (a.clone(), b.clone())).collect()
}
