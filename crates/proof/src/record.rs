//! What a store gave: records in a collection, and words that explain them.

use std::io;

use serde::Serialize;
use serde_json::Value;

/// A collection of one store, as the data map describes it.
#[derive(Debug, Clone)]
pub struct CollectionInfo {
    /// The store, as in the receipt.
    pub store: String,
    pub store_title: String,
    /// The collection, as in the receipt.
    pub name: String,
    pub title: String,
    /// What the collection is for, in words for the person. May be empty.
    pub description: String,
    /// In the order in which they are shown. A field that a record has and this list has not is
    /// shown after them: nothing is withheld because nobody described it.
    pub fields: Vec<FieldInfo>,
}

/// One field of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldInfo {
    pub name: String,
    /// Its data category, such as `user.contact.email`. May be empty.
    pub category: String,
    /// What it is, in words for the person. May be empty.
    pub explanation: String,
}

/// One record: its fields in order.
pub type Record = Vec<(String, Value)>;

/// Records in a stream.
pub type Records<'a> = Box<dyn Iterator<Item = io::Result<Record>> + 'a>;
