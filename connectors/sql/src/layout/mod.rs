//! A data map laid over the live catalogue: every name checked, every pointer found.
//!
//! Pure. What the map names and the store lacks comes back as findings and no layout is made; what
//! would make an erasure fail is kept in `faults`, since reading can go on without it.

mod faults;
mod pointers;
mod treatments;

use std::sync::Arc;

use habeas_connector::Finding;
use habeas_domain::data_map::{Collection, ColumnTreatment, DataMap, RowTreatment, WhenErased};
use indexmap::IndexMap;

use crate::{
    Catalogue, ForeignKey, LiveColumn, Table, TableName,
    order::{self, Erasure},
};
use faults::{circle_fault, faults_of, missing};
pub(crate) use pointers::lets_go_any;
use pointers::{is_used_backwards, links, loose_columns, pointing, users, what_stays};
use treatments::treatment_faults;

pub(crate) struct Layout {
    pub places: Vec<Place>,
    /// Owners before what they own.
    pub search_order: Vec<usize>,
    /// A row that stays may use one whose collection is searched before its own.
    pub is_used_backwards: bool,
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
    /// Some of the subject's rows may stay for others' sake.
    pub is_shared: bool,
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
    /// The collection whose `refers_to` says what to do; otherwise only the foreign key is known.
    pub declared: Option<usize>,
    /// Collections of that table for whose rows the map says it elsewhere.
    pub except: Vec<usize>,
}

pub(crate) struct User {
    pub table: TableName,
    pub collections: Vec<usize>,
    /// Column of the user, column here.
    pub on: Vec<(String, String)>,
    /// Some of the subject's own rows there may stay, and go on pointing here.
    pub stays: bool,
}

impl Place {
    pub fn column(&self, name: &str) -> &LiveColumn {
        self.table
            .column(name)
            .expect("a layout is only made when every mapped column exists")
    }

    /// Foreign keys that lead from rows here to rows here and cannot be emptied.
    pub fn within(&self) -> impl Iterator<Item = &ForeignKey> {
        self.table.foreign_keys.iter().filter(|key| {
            key.to == self.table.name
                && self.spec.erase == RowTreatment::Delete
                && loose_columns(&self.table, &self.spec.key, &key.on).is_empty()
        })
    }

    /// Some value of a row becomes a pseudonym, so a key is needed.
    pub fn pseudonymises(&self) -> bool {
        let columns = self.spec.columns.values();
        columns
            .flat_map(|column| {
                let parts = column.fields.values().map(|field| &field.erase);
                std::iter::once(&column.erase).chain(parts)
            })
            .any(|erase| *erase == Some(ColumnTreatment::Pseudonymise))
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
                is_shared: false,
            })
            .collect();
        let owners: Vec<Vec<usize>> = places
            .iter()
            .map(|place| place.owners.iter().map(|owner| owner.at).collect())
            .collect();
        let search_order = order::ownership(&owners);
        what_stays(&mut places, &search_order);
        for n in 0..places.len() {
            places[n].pointing = pointing(catalogue, &places, n, &within);
        }
        let (erasure, mut faults) = match order::erasure(places.len(), &links(&places)) {
            Ok(erasure) => (erasure, Vec::new()),
            Err(circle) => (Erasure::default(), vec![circle_fault(&places, &circle)]),
        };
        for place in &places {
            faults.extend(treatment_faults(place, catalogue));
            faults.extend(faults_of(place, &places));
        }
        Ok(Layout {
            is_used_backwards: is_used_backwards(&places, &search_order),
            search_order,
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
