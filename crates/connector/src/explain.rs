//! How a connector would go about a person, for people who wonder. Counts and statements, never a
//! value.

use serde::Serialize;

/// How one subject is found in a store, and what an erasure would run there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// In the order in which they are searched.
    pub collections: Vec<Explained>,
    /// What an erasure would run, in its order; values are placeholders.
    pub erasure: Vec<Run>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    pub collection: String,
    /// Rows of the table, whoever's they are.
    pub table_rows: u64,
    pub ways: Vec<Way>,
    /// Rows of the subject, each counted once.
    pub rows: u64,
    /// Rows of the subject that an erasure leaves because others use them.
    pub kept: u64,
}

/// One way that leads to rows of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// Such as `by email, ignoring case, in the column 'email'`.
    pub how: String,
    pub statement: String,
    /// Rows that it leads to before the `where` of the map, and after it.
    pub before_filter: u64,
    pub rows: u64,
    /// Why it leads nowhere, where that can be told.
    pub why_empty: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    pub collection: String,
    /// Such as `delete`.
    pub what: String,
    pub statement: String,
    /// Rows that it would change.
    pub rows: u64,
}
